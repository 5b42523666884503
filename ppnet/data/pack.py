"""Training people made small enough to carry elsewhere: one patch a person, in tar files of a given size.

A pack is a folder of plain tar files with WebP patches and one COCO file per source, so that training reads it as any
other data. A patch is large enough for every change that training makes to a crop.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from ppnet.crops import crop_regions
from ppnet.data.samples import Sample, SampleSet
from ppnet.data.shards import TarShards
from ppnet.errors import DatasetError
from ppnet.output_files import writing
from ppnet.skeleton import COCO_17

CROP_PADDING = 1.25  # of the crop that the network reads
PATCH_PADDING = 1.5 * CROP_PADDING  # room for scale, rotation and shift
ARGUMENTS = "train_data.txt"
Progress = Callable[[Sequence[Sample]], Iterable[Sample]]
"""Passes people on, one by one; `iter`, or a progress bar."""


@dataclass(frozen=True)
class PackSettings:
    """height: pixels of the crop's height in a patch; smaller people are never enlarged. quality: of WebP, 1 to 100.
    piece_bytes: a tar file is closed before it would grow beyond this."""

    height: int = 192
    quality: int = 65
    piece_bytes: int = 24 * 2**20

    def __post_init__(self) -> None:
        if self.height < 32 or not 1 <= self.quality <= 100 or self.piece_bytes < 2**16:
            raise DatasetError("A pack needs a height of at least 32, a quality from 1 to 100 and pieces of 64 KiB.")


@dataclass(frozen=True)
class Patch:
    """A person cut out: WebP bytes, and box (4,) xyxy and keypoints (K, 2) in pixels of the patch of that size."""

    webp: bytes
    size_wh: tuple[int, int]
    box: npt.NDArray[np.float64]
    keypoints: npt.NDArray[np.float64]
    area: float


def cut_patch(image: npt.NDArray[np.uint8], sample: Sample, settings: PackSettings) -> Patch:
    """The person of `sample` with its surroundings, clipped at the picture's edge; image (H, W, 3) uint8 RGB."""
    centers, sizes = crop_regions(sample.box[None], 0.75, PATCH_PADDING)
    limit = np.array(image.shape[1::-1])
    low = np.clip(np.floor(centers[0] - sizes[0] / 2), 0, limit - 1).astype(int)
    high = np.clip(np.ceil(centers[0] + sizes[0] / 2), low + 1, limit).astype(int)
    patch = image[low[1] : high[1], low[0] : high[0]]
    crop_height = sizes[0, 1] * CROP_PADDING / PATCH_PADDING
    factor = min(1.0, settings.height / crop_height)
    if factor < 1:
        size = tuple(int(side) for side in np.maximum(1, np.round((high - low) * factor)))
        patch = cv2.resize(patch, size, interpolation=cv2.INTER_AREA)
    scale = np.array(patch.shape[1::-1]) / (high - low)
    encoded = cv2.imencode(
        ".webp", cv2.cvtColor(patch, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_WEBP_QUALITY, settings.quality]
    )
    # Pixel centres lie at whole numbers: the edge of the picture is at -0.5.
    keypoints = (sample.keypoints.astype(np.float64) - low + 0.5) * scale - 0.5
    box = (sample.box.reshape(2, 2).astype(np.float64) - low + 0.5) * scale - 0.5
    return Patch(
        encoded[1].tobytes(),
        (patch.shape[1], patch.shape[0]),
        box.ravel(),
        keypoints,
        float(sample.area * scale.prod()),
    )


def write_pack(
    sources: Sequence[tuple[SampleSet, float]], folder: Path, settings: PackSettings, progress: Progress = iter
) -> tuple[str, ...]:
    """Writes all people of `sources` (with the share of each) into `folder`; returns the names of the tar files.

    `train_data.txt` in it holds the options that name them for training. DatasetError when the folder is not empty,
    or the people have other joints than COCO's.
    """
    if any(samples.skeleton != COCO_17 for samples, _ in sources):
        raise DatasetError("A pack holds COCO's joints only; leave out other sources.")
    arguments = []
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise DatasetError(f"{folder} is not empty; name another folder.")
        with TarShards(folder, "people", limit=settings.piece_bytes) as shards:
            for number, (samples, share) in enumerate(sources):
                name = f"{number:02d}-{samples.name}"
                content = _packed(name, progress(samples.samples), shards, settings)
                (folder / f"{name}.json").write_text(json.dumps(content, separators=(",", ":")), encoding="utf-8")
                arguments.append(f"--data coco:{folder / name}.json@{share:g}")
        (folder / ARGUMENTS).write_text("\n".join(arguments) + "\n", encoding="utf-8")
    return tuple(shards.names)


def _packed(name: str, samples: Iterable[Sample], shards: TarShards, settings: PackSettings) -> dict[str, Any]:
    images, annotations = [], []
    for number, sample in enumerate(samples, 1):
        patch = cut_patch(sample.image.read(), sample, settings)
        member = f"{name}/{number}.webp"
        width, height = patch.size_wh
        shard = shards.add(member, patch.webp)
        images.append({"id": number, "file_name": member, "shard": shard, "width": width, "height": height})
        x1, y1, x2, y2 = patch.box
        table = np.column_stack([patch.keypoints.round(1), sample.visibility])
        table[sample.visibility == 0] = 0
        annotations.append(
            {
                "id": number,
                "image_id": number,
                "category_id": 1,
                "bbox": [round(float(v), 1) for v in (x1, y1, x2 - x1, y2 - y1)],
                "area": round(patch.area, 1),
                "keypoints": table.ravel().tolist(),
                "num_keypoints": int((sample.visibility > 0).sum()),
                "weights": [round(float(weight), 3) for weight in sample.weights],
                "absent": sample.absent.astype(int).tolist(),
            }
        )
    return {"images": images, "annotations": annotations, "categories": [{"id": 1, "name": "person"}]}
