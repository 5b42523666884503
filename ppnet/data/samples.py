"""One person to learn from or to be judged on, and where its picture lies."""

import tarfile
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from ppnet.errors import DatasetError
from ppnet.skeleton import Skeleton


@dataclass(frozen=True, slots=True)
class ImageRef:
    """A picture: a file, or a member of a plain tar file."""

    path: Path
    member: str | None = None

    def __str__(self) -> str:
        return str(self.path) if self.member is None else f"{self.path}:{self.member}"

    def read_bytes(self) -> bytes:
        """The encoded picture. DatasetError when it is missing."""
        try:
            if self.member is None:
                return self.path.read_bytes()
            offset, size = _tar_index(self.path)[self.member]
            with self.path.open("rb") as file:
                file.seek(offset)
                return file.read(size)
        except (OSError, KeyError, tarfile.TarError) as error:
            raise DatasetError(f"The image {self} is missing or cannot be read; check --images or the json.") from error

    def read(self) -> npt.NDArray[np.uint8]:
        """The picture, (H, W, 3) uint8 RGB. DatasetError when it is missing or damaged."""
        image = cv2.imdecode(np.frombuffer(self.read_bytes(), np.uint8), cv2.IMREAD_COLOR_RGB)
        if image is None:
            raise DatasetError(f"The image {self} is damaged or of an unknown format.")
        return image


@lru_cache(maxsize=64)
def _tar_index(path: Path) -> dict[str, tuple[int, int]]:
    """Member name -> (offset, size): plain tar files are read in place."""
    with tarfile.open(path, "r:") as archive:
        return {member.name: (member.offset_data, member.size) for member in archive if member.isfile()}


@dataclass(frozen=True, slots=True)
class Sample:
    """One person.

    box: (4,) float32 xyxy, image pixels. keypoints: (K, 2) float32, image pixels (pixel centres at whole numbers).
    visibility: (K,) uint8, COCO's 0 not labelled, 1 covered, 2 visible. weights: (K,) float32, how far to trust each
    label, 0 where there is none. absent: (K,) bool, joints known to lie outside the picture (rendered people).
    area: square pixels. score: of a detected box, 1 for ground truth.
    """

    image: ImageRef
    box: npt.NDArray[np.float32] = field(repr=False)
    keypoints: npt.NDArray[np.float32] = field(repr=False)
    visibility: npt.NDArray[np.uint8] = field(repr=False)
    weights: npt.NDArray[np.float32] = field(repr=False)
    absent: npt.NDArray[np.bool_] = field(repr=False)
    area: float
    image_id: int | str
    annotation_id: int
    score: float = 1.0


@dataclass(frozen=True, slots=True)
class SampleSet:
    """People of one source with their joint set."""

    name: str
    skeleton: Skeleton
    samples: tuple[Sample, ...] = field(repr=False)

    def __len__(self) -> int:
        return len(self.samples)
