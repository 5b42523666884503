"""COCO keypoint files -> samples.

Any file in COCO's format is taken as it is. Beyond COCO: `weights` of an annotation (trust per joint), `shard` of an
image (the picture is a member of that tar file), `missing_joints` (joints that the source never labels),
`absent_known` (unlabelled joints are known to be outside the picture); `absent` of an annotation (17 times 0 or 1: an
unlabelled joint that cannot be seen at all).
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ppnet.data.samples import ImageRef, Sample, SampleSet
from ppnet.errors import DatasetError
from ppnet.skeleton import COCO_17

Json = dict[str, Any]


def load_json(path: Path) -> Any:
    """A json file. DatasetError names file and line."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise DatasetError(f"{path}, line {error.lineno}: this is not json ({error.msg}).") from error
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{path} cannot be read; check the path.") from error


def read_coco(path: Path | str, *, images: Path | None = None, detections: Path | None = None) -> SampleSet:
    """People of a COCO keypoint file.

    images: folder of the pictures; by default the file's own folder, or the folder `images` beside it.
    detections: a COCO results file with person boxes to use instead of the ground-truth boxes; such samples have no
    keypoints. Crowd regions and persons without labelled keypoints are left out (the rule of COCO's training and of
    evaluation on ground-truth boxes). DatasetError when nobody is left.
    """
    path = Path(path)
    content = load_json(path)
    try:
        files = {image["id"]: _image_ref(image, path, images) for image in content["images"]}
        annotations, told = list(content["annotations"]), _absence_told(content)
    except NOT_COCO as error:
        raise DatasetError(f"{path} is not a COCO keypoint file ({error!r}).") from error
    if detections is None:
        samples = _samples(
            path,
            annotations,
            lambda entry, _: _labelled(entry, files[entry["image_id"]], told) if _is_learnable(entry) else None,
        )
    else:
        found = load_json(detections)
        if not isinstance(found, list):
            raise DatasetError(f"{detections} is not a COCO results file: it should hold a list of boxes.")
        samples = _samples(
            detections,
            found,
            lambda entry, number: _detected(entry, number, files) if _is_person(entry, files) else None,
        )
    if not samples:
        raise DatasetError(f"{detections or path} holds no person to use.")
    return SampleSet(path.stem, COCO_17, tuple(samples))


NOT_COCO = (KeyError, TypeError, ValueError, IndexError, AttributeError)


def _samples(path: Path, entries: list[Any], make: Callable[[Json, int], Sample | None]) -> list[Sample]:
    """What `make` gives for each entry and its place, less None. DatasetError names the entry that is no person."""
    samples = []
    for number, entry in enumerate(entries):
        try:
            sample = make(entry, number)
        except NOT_COCO as error:
            raise DatasetError(
                f"{path}, entry {number + 1}: this is not a person in COCO's format ({error!r})."
            ) from error
        if sample is not None:
            samples.append(sample)
    return samples


def _is_learnable(annotation: Json) -> bool:
    return not annotation.get("iscrowd") and any(annotation.get("keypoints", ())[2::3])


def _image_ref(image: Json, path: Path, images: Path | None) -> ImageRef:
    folder = images or path.parent
    if "shard" in image:
        return ImageRef(folder / image["shard"], image["file_name"])
    if images is None and not (folder / image["file_name"]).exists() and (folder / "images").is_dir():
        folder = folder / "images"
    return ImageRef(folder / image["file_name"])


def _box(xywh: list[float]) -> npt.NDArray[np.float32]:
    x, y, w, h = (float(value) for value in xywh)
    return np.array([x, y, x + w, y + h], np.float32)


def _absence_told(content: Json) -> npt.NDArray[np.bool_]:
    """(17,) joints that are outside the picture where the file has no label for them."""
    missing = np.isin(COCO_17.keypoints, content.get("missing_joints", []))
    return np.asarray(~missing & bool(content.get("absent_known")))


def _labelled(annotation: Json, image: ImageRef, absence_told: npt.NDArray[np.bool_]) -> Sample:
    table = np.array(annotation["keypoints"], np.float32).reshape(len(COCO_17), 3)
    visibility = table[:, 2].astype(np.uint8)
    labelled = visibility > 0
    weights = np.array(annotation.get("weights", labelled), np.float32).reshape(len(COCO_17)) * labelled
    unseen = np.array(annotation.get("absent", [0] * len(COCO_17)), bool).reshape(len(COCO_17))
    box = _box(annotation["bbox"])
    return Sample(
        image=image,
        box=box,
        keypoints=table[:, :2].copy(),
        visibility=visibility,
        weights=weights,
        absent=~labelled & (unseen | absence_told),
        area=float(annotation.get("area") or (box[2] - box[0]) * (box[3] - box[1])),
        image_id=annotation["image_id"],
        annotation_id=int(annotation["id"]),
    )


def _is_person(entry: Json, files: dict[Any, ImageRef]) -> bool:
    return entry.get("category_id", 1) == 1 and entry["image_id"] in files


def _detected(entry: Json, number: int, files: dict[Any, ImageRef]) -> Sample:
    count = len(COCO_17)
    box = _box(entry["bbox"])
    return Sample(
        image=files[entry["image_id"]],
        box=box,
        keypoints=np.zeros((count, 2), np.float32),
        visibility=np.zeros(count, np.uint8),
        weights=np.zeros(count, np.float32),
        absent=np.zeros(count, bool),
        area=float((box[2] - box[0]) * (box[3] - box[1])),
        image_id=entry["image_id"],
        annotation_id=number,
        score=float(entry.get("score", 1.0)),
    )
