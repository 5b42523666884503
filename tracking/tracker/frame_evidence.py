"""What one frame shows the tracker: the boxes that the estimator looks at, and its answers."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from ppnet.poses import Poses
from tracking import boxes as box_math
from tracking.tracker.appearance import describe
from tracking.types import Detections

Floats = npt.NDArray[np.floating]

KEYPOINT_SCORE = 0.1  # keypoints below say nothing about where a person is


@dataclass(frozen=True)
class Look:
    """What the estimator is asked to look at in one frame: M boxes, first of detections, then of tracks.

    scores: those of the detections. track_of: (M,) index of the track that predicted a box, -1 for detections.
    detected: whether the detector looked at this frame; first: whether it did so for the first time.
    """

    boxes: Floats
    scores: Floats
    track_of: npt.NDArray[np.int64]
    detected: bool
    first: bool

    @property
    def detections(self) -> int:
        return len(self.scores)


@dataclass(frozen=True)
class Seen:
    """A look with the estimator's answer: poses as they came, the keypoints that count, quality per person.

    image: the picture, if there is one, for what people wear.
    """

    look: Look
    poses: Poses
    keypoints: Floats
    quality: Floats
    image: npt.NDArray[np.uint8] | None

    @classmethod
    def of(cls, look: Look, poses: Poses, image: npt.NDArray[np.uint8] | None) -> "Seen":
        if len(poses) != len(look.boxes):
            raise ValueError(f"{len(look.boxes)} poses wanted, got {len(poses)}")
        clear = (poses.scores >= KEYPOINT_SCORE) & np.isfinite(poses.keypoints).all(axis=2)
        keypoints = np.where(clear[..., None], poses.keypoints.astype(np.float64), np.nan)
        quality = [pose_quality(np.where(clear[i], poses.scores[i], 0)) for i in range(len(poses))]
        return cls(look, poses, keypoints, np.array(quality, np.float64), image)

    def denied(self, least: float) -> npt.NDArray[np.bool_]:
        """(M,) whether the network looked into the box and found nobody; False where it did not look."""
        looked = np.isfinite(self.poses.keypoints).any(axis=(1, 2))
        return np.asarray(looked & (self.quality < least))

    @cached_property
    def clothes(self) -> Floats | None:
        """(M, D) what the people in the boxes wear."""
        return None if self.image is None else describe(self.image, self.look.boxes, self.poses)


def pose_quality(scores: Floats) -> float:
    """Mean score of the better half of a person's keypoints (half a body may be outside the picture)."""
    if not len(scores):
        return 0.0
    best = np.sort(np.nan_to_num(scores, nan=0.0))[::-1]
    return float(best[: (len(best) + 1) // 2].mean())


def within(detections: Detections | None, size_wh: tuple[int, int]) -> tuple[Floats, Floats]:
    """Boxes and scores that can be used: finite, with area, at least partly inside; cut to the picture."""
    if detections is None:
        return np.zeros((0, 4)), np.zeros(0)
    keep = box_math.usable(detections.boxes, size_wh) & np.isfinite(detections.scores)
    boxes = box_math.clip(detections.boxes[keep].astype(np.float64), size_wh)
    return boxes, detections.scores[keep].astype(np.float64)
