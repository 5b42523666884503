"""MPII's json files, as the repositories of SimpleBaseline, HRNet and PPNet share them, -> samples.

A file is a list of persons: `image`, `center` and `scale` (person height / 200 pixels), `joints` and `joints_vis`.
Everything in it counts pixels from 1.
"""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ppnet.data.coco import load_json
from ppnet.data.samples import ImageRef, Sample, SampleSet
from ppnet.errors import DatasetError
from ppnet.skeleton import MPII_16

Doubles = npt.NDArray[np.float64]

SCALE_PX = 200.0
CENTER_DROP = 15.0  # the published code moves the centre down by this much times the scale
HEAD_BIAS = 0.6  # MPII's head size: this part of the head box's diagonal


def read_mpii(path: Path | str, *, images: Path | None = None) -> SampleSet:
    """People of an MPII json file who have at least one labelled joint.

    images: folder of the pictures; by default the file's own, or `images` in it or beside it. `box` is the square of
    `scale` x 200 pixels about the lowered centre, so that padding 1.25 gives the published crop; `annotation_id` is
    the person's place in the file. DatasetError names the entry that cannot be used.
    """
    path = Path(path)
    content = load_json(path)
    if not isinstance(content, list):
        raise DatasetError(f"{path} is not an MPII json file: it should hold a list of persons.")
    folder = images or _image_folder(path, content)
    samples = []
    for number, entry in enumerate(content):
        try:
            sample = _sample(entry, number, folder)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise DatasetError(
                f"{path}, person {number + 1}: this is not an MPII entry with 16 joints ({error!r})."
            ) from error
        if (sample.visibility > 0).any():
            samples.append(sample)
    if not samples:
        raise DatasetError(f"{path} holds no person with labelled joints (MPII's test file has none).")
    return SampleSet(path.stem, MPII_16, tuple(samples))


def read_head_sizes(path: Path | str) -> Doubles:
    """Head sizes (N,) in pixels from MPII's `gt_valid.mat`, in the order of `valid.json`.

    The size is 0.6 times the diagonal of the head box (MPII's own evaluation). DatasetError when the file is no such.
    """
    from scipy.io import loadmat

    try:
        corners = np.asarray(loadmat(str(path))["headboxes_src"], np.float64)
        sizes: Doubles = HEAD_BIAS * np.linalg.norm(corners[1] - corners[0], axis=0)
    except (OSError, KeyError, ValueError, TypeError, IndexError, NotImplementedError) as error:
        raise DatasetError(f"{path} is not MPII's gt_valid.mat: it holds no head boxes.") from error
    return sizes


def estimated_head_sizes(people: SampleSet) -> Doubles:
    """Head sizes (N,) in pixels where no head boxes are at hand: from the upper neck to the top of the head.

    NaN for persons without both joints. Close to MPII's head size, but not the same: say so beside the figures.
    """
    neck, top = MPII_16.index("upper_neck"), MPII_16.index("head_top")
    sizes = [
        np.linalg.norm(sample.keypoints[top] - sample.keypoints[neck])
        if sample.visibility[neck] and sample.visibility[top]
        else np.nan
        for sample in people.samples
    ]
    return np.array(sizes, np.float64)


def _image_folder(path: Path, content: list[Any]) -> Path:
    first = content[0].get("image", "") if content and isinstance(content[0], dict) else ""
    for folder in (path.parent, path.parent / "images", path.parent.parent / "images"):
        if first and (folder / str(first)).exists():
            return folder
    return path.parent


def _sample(entry: dict[str, Any], number: int, folder: Path) -> Sample:
    center, scale = np.array(entry["center"], np.float64).reshape(2), float(entry["scale"])
    side = SCALE_PX * scale
    if center[0] == -1:
        side /= 1.25  # the published code pads only persons whose centre is known
    else:
        center[1] += CENTER_DROP * scale
    center -= 1
    count = len(MPII_16)
    labelled = np.array(entry.get("joints_vis", np.zeros(count)), np.float64).reshape(count) > 0
    keypoints = np.array(entry.get("joints", np.zeros((count, 2))), np.float64).reshape(count, 2) - 1
    return Sample(
        image=ImageRef(folder / entry["image"]),
        box=np.concatenate([center - side / 2, center + side / 2]).astype(np.float32),
        keypoints=(keypoints * labelled[:, None]).astype(np.float32),
        visibility=np.where(labelled, 2, 0).astype(np.uint8),
        weights=labelled.astype(np.float32),
        absent=np.zeros(count, bool),
        area=side * side,
        image_id=str(entry["image"]),
        annotation_id=number,
    )
