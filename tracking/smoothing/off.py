"""No smoothing: the network's keypoints, with those below the confidence limit missing.

Who was not read in a frame stays as they were in the one before.
"""

import numpy as np
import numpy.typing as npt

from ppnet.poses import Poses
from tracking.smoothing.settings import SmoothingSettings
from tracking.types import KeypointState


def measured_mask(poses: Poses, min_score: float) -> npt.NDArray[np.bool_]:
    """(N, K) True where a keypoint has a finite place and reaches the confidence limit."""
    return np.asarray(poses.placed & (poses.scores >= min_score))


class NoSmoother:
    """Passes keypoints on as they are; keeps those read in the last frame."""

    def __init__(self, settings: SmoothingSettings) -> None:
        self.settings = settings
        self.reset()

    def reset(self) -> None:
        """Forget everyone."""
        self._last: dict[int, tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]] = {}

    def update(
        self,
        ids: npt.NDArray[np.int64],
        poses: Poses,
        boxes: npt.NDArray[np.float32],
        time_s: float,
        unread: npt.NDArray[np.bool_] | None = None,
    ) -> tuple[Poses, npt.NDArray[np.uint8]]:
        measured = measured_mask(poses, self.settings.min_score)
        keypoints = np.where(measured[..., None], poses.keypoints, np.float32(np.nan))
        scores = np.where(measured, poses.scores, np.float32(0))
        skipped = np.zeros(len(ids), bool) if unread is None else unread
        for row in np.flatnonzero(skipped).tolist():
            keypoints[row], scores[row] = self._last.get(int(ids[row]), (keypoints[row], scores[row]))
        self._last = {int(ids[row]): (keypoints[row], scores[row]) for row in np.flatnonzero(~skipped)}
        states = np.where(np.isfinite(keypoints[..., 0]), KeypointState.PREDICTED, KeypointState.MISSING)
        return Poses(keypoints, scores, poses.skeleton), np.where(measured, KeypointState.MEASURED, states).astype(
            np.uint8
        )
