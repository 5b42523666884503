"""No smoothing: the network's keypoints, with those below the confidence limit missing."""

import numpy as np
import numpy.typing as npt

from ppnet.poses import Poses
from tracking.smoothing.settings import SmoothingSettings
from tracking.types import KeypointState


def measured_mask(poses: Poses, min_score: float) -> npt.NDArray[np.bool_]:
    """(N, K) True where a keypoint has a finite place and reaches the confidence limit."""
    with np.errstate(invalid="ignore"):
        return np.asarray(np.isfinite(poses.keypoints).all(axis=2) & (poses.scores >= min_score))


class NoSmoother:
    """Passes keypoints on as they are; keeps nothing."""

    def __init__(self, settings: SmoothingSettings) -> None:
        self.settings = settings

    def update(
        self, ids: npt.NDArray[np.int64], poses: Poses, boxes: npt.NDArray[np.float32], time_s: float
    ) -> tuple[Poses, npt.NDArray[np.uint8]]:
        measured = measured_mask(poses, self.settings.min_score)
        kept = Poses(
            np.where(measured[..., None], poses.keypoints, np.float32(np.nan)),
            np.where(measured, poses.scores, np.float32(0)),
            poses.skeleton,
        )
        states = np.where(measured, KeypointState.MEASURED, KeypointState.MISSING).astype(np.uint8)
        return kept, states

    def reset(self) -> None:
        """Nothing to forget."""
