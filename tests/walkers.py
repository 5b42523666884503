"""A detector and a network for made pictures: people are bright plates, every joint is known exactly."""

from dataclasses import dataclass, field

import numpy as np

from ppnet.poses import Poses
from ppnet.skeleton import COCO_17
from tracking.types import Detections

PLATE_WH = (24, 40)
JOINTS = np.stack([0.1 + 0.8 * np.linspace(0, 1, 17) ** 2, 0.05 + 0.9 * np.linspace(0, 1, 17)], axis=1)
"""(17, 2) places of the joints in a plate, as fractions of its width and height."""


def place_of(index: int, person: int = 0) -> tuple[int, int]:
    """Left and top of a person's plate in picture `index`: they walk to the right, side by side."""
    return 4 + 2 * index, 8 + 60 * person


def paint_walkers(index: int, size_wh: tuple[int, int], people: int = 1) -> np.ndarray:
    """A dark picture with a bright plate for each person."""
    image = np.full((size_wh[1], size_wh[0], 3), 30, np.uint8)
    for person in range(people):
        left, top = place_of(index, person)
        image[top : top + PLATE_WH[1], left : left + PLATE_WH[0]] = 230
    return image


@dataclass
class FakeDetector:
    """Finds the plates. `fails_at`: breaks at the n-th picture."""

    fails_at: int | None = None
    seen: int = 0
    closed: bool = False

    def detect(self, image: np.ndarray) -> Detections:
        self.seen += 1
        if self.fails_at is not None and self.seen > self.fails_at:
            raise RuntimeError("the detector broke")
        bright = image.min(axis=2) > 130
        rows = np.flatnonzero(bright.any(axis=1))
        if not rows.size:
            return Detections.empty()
        boxes = []
        for part in np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1):
            columns = np.flatnonzero(bright[part].any(axis=0))
            boxes.append((columns[0], part[0], columns[-1] + 1, part[-1] + 1))
        return Detections(np.array(boxes, np.float32), np.full(len(boxes), 0.9, np.float32))

    def close(self) -> None:
        self.closed = True


@dataclass
class FakeEstimator:
    """Puts the joints where `JOINTS` says, in the box that it is given."""

    device_name: str = "stand-in"
    precision: str = "exact"
    boxes: list = field(default_factory=list)

    def estimate(self, image: np.ndarray, boxes: np.ndarray) -> Poses:
        boxes = np.asarray(boxes, np.float32).reshape(-1, 4)
        self.boxes.append(boxes)
        sizes = boxes[:, None, 2:] - boxes[:, None, :2]
        keypoints = boxes[:, None, :2] + JOINTS * sizes
        return Poses(keypoints.astype(np.float32), np.full((len(boxes), 17), 0.8, np.float32), COCO_17)
