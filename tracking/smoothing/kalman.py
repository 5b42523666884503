"""The Kalman smoother: confidence-weighted, gated, filling short gaps with growing uncertainty."""

import numpy as np
import numpy.typing as npt

from ppnet.poses import Poses
from ppnet.skeleton import Skeleton
from tracking import boxes as box_math
from tracking.smoothing.filters import JointFilters
from tracking.smoothing.settings import SmoothingSettings
from tracking.types import KeypointState

SIZE_MEMORY_S = 1.0  # boxes breathe with the pose; the size that scales all noise follows them slowly
LONGEST_STEP_S = 0.25  # after a longer pause than this (and than a gap may be) everyone begins again


class KalmanSmoother:
    """Constant velocity (or acceleration) for every joint; time steps as the file gives them."""

    def __init__(self, settings: SmoothingSettings) -> None:
        self.settings = settings
        self.reset()

    def reset(self) -> None:
        """Forget everyone."""
        self._filters: JointFilters | None = None
        self._time_s = 0.0

    def update(
        self,
        ids: npt.NDArray[np.int64],
        poses: Poses,
        boxes: npt.NDArray[np.float32],
        time_s: float,
        unread: npt.NDArray[np.bool_] | None = None,
    ) -> tuple[Poses, npt.NDArray[np.uint8]]:
        filters, step_s = self._continued(time_s, poses.skeleton)
        self._filters = filters = filters.select(ids)
        _resize(filters, boxes, step_s)
        filters.coast(step_s)
        filters.predict(step_s, self.settings)
        accepted = filters.feed(poses, step_s, self.settings)
        skipped_s = np.where(np.zeros(len(ids), bool) if unread is None else unread, step_s, 0.0)[:, None]
        fading = 1 - (filters.unseen_s - skipped_s) / max(self.settings.max_gap_s, 1e-9) / 2
        scores = np.where(filters.alive, filters.scores * fading, 0.0)
        states = np.where(filters.alive, np.uint8(KeypointState.PREDICTED), np.uint8(KeypointState.MISSING))
        states[accepted] = KeypointState.MEASURED.value
        # Half of what moves somebody who holds still is noise.
        places = filters.places - skipped_s / 2 * filters.x[1]
        keypoints = places.transpose(1, 2, 0).astype(np.float32, order="C")
        return Poses(keypoints, scores.astype(np.float32), poses.skeleton), states

    def _continued(self, time_s: float, skeleton: Skeleton) -> tuple[JointFilters, float]:
        """The filters to continue with, fresh ones after a jump in time, and the seconds since the last frame."""
        filters, step_s = self._filters, time_s - self._time_s
        self._time_s = time_s
        stale = step_s < 0 or step_s > max(self.settings.max_gap_s, LONGEST_STEP_S)
        if filters is None or stale or filters.alive.shape[1] != len(skeleton):
            return JointFilters.empty(skeleton, size=self.settings.state_size), 0.0
        return filters, step_s


def _resize(filters: JointFilters, boxes: npt.NDArray[np.float32], step_s: float) -> None:
    sizes = box_math.sizes(boxes.astype(np.float64))
    sides = np.where(np.isfinite(sizes), sizes, 0.0).max(axis=1, initial=1.0, keepdims=True)
    follow = 1 - np.exp(-step_s / SIZE_MEMORY_S)
    filters.sides = np.where(filters.sides > 0, filters.sides + follow * (sides - filters.sides), sides)
