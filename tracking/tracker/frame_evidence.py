"""What one frame shows the tracker: boxes for the pose network, and its poses."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from ppnet.poses import Poses
from tracking import boxes as box_math
from tracking.tracker.appearance import LENGTH, Descriptions, describe
from tracking.tracker.settings import TrackerSettings
from tracking.types import Detections

Floats = npt.NDArray[np.floating]


@dataclass(frozen=True)
class Candidates:
    """M boxes in which the pose network looks for people in one frame: D detections, then boxes predicted for tracks.

    boxes: (M, 4). scores: (D,) of the detections. iou: (T, D) of all tracks' predicted boxes with the detections.
    track_of: (M,) index of the track that predicted a box, -1 for detections. detected: the detector looked at this
    frame; first: for the first time.
    """

    boxes: Floats
    scores: Floats
    iou: Floats
    track_of: npt.NDArray[np.int64]
    detected: bool
    first: bool

    @property
    def detections(self) -> int:
        """D."""
        return len(self.scores)


@dataclass(frozen=True)
class FrameEvidence:
    """Candidates with their poses: keypoints (M, K, 2), NaN below `min_keypoint_score`, and (M,) `pose_scores`.

    image: the picture (H, W, 3), None when appearance is not to be used.
    """

    candidates: Candidates
    poses: Poses
    keypoints: Floats
    pose_scores: Floats
    image: npt.NDArray[np.uint8] | None
    settings: TrackerSettings

    @classmethod
    def of(
        cls, candidates: Candidates, poses: Poses, image: npt.NDArray[np.uint8] | None, settings: TrackerSettings
    ) -> "FrameEvidence":
        """ValueError unless there is one pose for each candidate."""
        if len(poses) != len(candidates.boxes):
            raise ValueError(f"{len(candidates.boxes)} poses wanted, got {len(poses)}")
        clear = (poses.scores >= settings.min_keypoint_score) & poses.placed
        keypoints = np.where(clear[..., None], poses.keypoints.astype(np.float64), np.nan)
        scores = pose_scores(np.where(clear, poses.scores, 0))
        return cls(candidates, poses, keypoints, scores, image, settings)

    def is_empty(self, least: float) -> npt.NDArray[np.bool_]:
        """(M,) True where the network looked and its pose scores less than `least`; False where it did not look."""
        return np.asarray(self._has_pose & (self.pose_scores < least))

    @cached_property
    def read(self) -> npt.NDArray[np.bool_]:
        """(M,) whether a pose is sure enough to say where somebody is."""
        return np.asarray(self.pose_scores >= self.settings.pose_score)

    @cached_property
    def counts(self) -> npt.NDArray[np.bool_]:
        """(D,) whether a detection is a hit: if it is sure, or unless the network finds nobody in it."""
        sure = self.candidates.scores >= self.settings.sure_score
        return np.asarray(sure | ~self.is_empty(self.settings.new_pose_score)[: len(sure)])

    @cached_property
    def _has_pose(self) -> npt.NDArray[np.bool_]:
        return np.asarray(np.isfinite(self.poses.keypoints).any(axis=(1, 2)))

    def colours(self, rows: npt.NDArray[np.intp]) -> Descriptions:
        """(R, D) appearance of some candidates (R,), described when they are first asked for; NaN without a picture."""
        found = self._colours
        if self.image is not None:
            wanted = np.zeros(len(found), np.bool_)
            wanted[rows] = np.isnan(found[rows, 0])
            new = np.flatnonzero(wanted)
            if len(new):
                boxes, poses = self.candidates.boxes[new], self.poses.take(new)
                found[new] = describe(self.image, boxes, poses, self.settings.appearance)
        return found[rows]

    @cached_property
    def _colours(self) -> Descriptions:
        return np.full((len(self.candidates.boxes), LENGTH), np.nan, np.float32)


def pose_scores(scores: Floats) -> Floats:
    """(M,) mean of the better half of finite scores (M, K): half a body may be outside the picture."""
    best = np.sort(scores, axis=1)[:, ::-1][:, : (scores.shape[1] + 1) // 2]
    return (best.sum(axis=1) / best.shape[1]).astype(np.float64) if best.size else np.zeros(len(scores))


def usable_detections(detections: Detections | None, size_wh: tuple[int, int]) -> tuple[Floats, Floats]:
    """Boxes and scores that can be used: finite, with area, at least partly inside; cut to the picture."""
    if detections is None:
        return np.zeros((0, 4)), np.zeros(0)
    keep = box_math.usable(detections.boxes, size_wh) & np.isfinite(detections.scores)
    boxes = box_math.clip(detections.boxes[keep].astype(np.float64), size_wh)
    return boxes, detections.scores[keep].astype(np.float64)
