"""The 1-euro filter (Casiez, Roussel and Vogel, CHI 2012): a low-pass whose cut-off rises with speed."""

import numpy as np
import numpy.typing as npt

from ppnet.poses import Poses
from ppnet.skeleton import Skeleton
from tracking import boxes as box_math
from tracking.smoothing.off import measured_mask
from tracking.smoothing.settings import SmoothingSettings
from tracking.types import KeypointState

Floats = npt.NDArray[np.float64]

BETA = 4.0  # hertz of cut-off per side per second of speed
SPEED_CUTOFF_HZ = 2.0  # the speed itself is low-passed here


class OneEuroSmoother:
    """One filter per person and keypoint. Unseen keypoints stand still for up to `max_gap_s`."""

    def __init__(self, settings: SmoothingSettings) -> None:
        self.settings = settings
        self.reset()

    def reset(self) -> None:
        """Forget everyone."""
        self._people: dict[int, _Joints] = {}
        self._time_s = 0.0

    def update(
        self,
        ids: npt.NDArray[np.int64],
        poses: Poses,
        boxes: npt.NDArray[np.float32],
        time_s: float,
        unread: npt.NDArray[np.bool_] | None = None,
    ) -> tuple[Poses, npt.NDArray[np.uint8]]:
        step_s, self._time_s = time_s - self._time_s, time_s
        if step_s < 0 or step_s > max(self.settings.max_gap_s, 0.25):
            self._people = {}
        count = poses.scores.shape[1]
        known = self._people
        self._people = {int(i): known.get(int(i)) or _Joints(count) for i in ids}
        measured = measured_mask(poses, self.settings.min_score)
        sides = np.nan_to_num(box_math.sizes(boxes.astype(np.float64))).max(axis=1, initial=1.0)
        for row, joints in enumerate(self._people.values()):
            found = poses.keypoints[row].astype(np.float64)
            joints.feed(found, poses.scores[row], measured[row], step_s=step_s, side=sides[row], settings=self.settings)
        return self._answer(measured, poses.skeleton)

    def _answer(self, measured: npt.NDArray[np.bool_], skeleton: Skeleton) -> tuple[Poses, npt.NDArray[np.uint8]]:
        people = list(self._people.values())
        keypoints = np.array([p.places for p in people], np.float32).reshape(-1, len(skeleton), 2)
        scores = np.array([p.scores for p in people], np.float32).reshape(-1, len(skeleton))
        states = np.where(np.isfinite(keypoints[..., 0]), KeypointState.PREDICTED, KeypointState.MISSING)
        return Poses(keypoints, scores, skeleton), np.where(measured, KeypointState.MEASURED, states).astype(np.uint8)


class _Joints:
    """Places (K, 2), velocities (K, 2) and time unseen (K,) of one person."""

    def __init__(self, count: int) -> None:
        self.places = np.full((count, 2), np.nan)
        self.scores = np.zeros(count)
        self._velocities = np.zeros((count, 2))
        self._unseen_s = np.zeros(count)

    def feed(
        self,
        found: Floats,
        scores: npt.NDArray[np.float32],
        measured: npt.NDArray[np.bool_],
        *,
        step_s: float,
        side: float,
        settings: SmoothingSettings,
    ) -> None:
        since_s = self._unseen_s + max(step_s, 0.0)  # each was fed; more than a frame after a gap
        self._unseen_s = np.where(measured, 0.0, since_s)
        fresh = measured & ~np.isfinite(self.places[:, 0])
        going = measured & ~fresh
        if step_s > 0:
            moved = (found - self.places) / since_s[:, None]
            speed_share = _share(np.full(len(found), SPEED_CUTOFF_HZ), since_s)[:, None]
            velocity = self._velocities + speed_share * (moved - self._velocities)
            self._velocities = np.where(going[:, None], velocity, self._velocities)
            speed = np.linalg.norm(self._velocities, axis=1) / side
            share = _share(settings.cutoff_hz + BETA * speed, since_s)[:, None]
            self.places = np.where(going[:, None], self.places + share * (found - self.places), self.places)
        self.places = np.where(fresh[:, None], found, self.places)
        self._velocities = np.where(fresh[:, None], 0.0, self._velocities)
        self.scores = np.where(measured, scores, self.scores)
        lost = self._unseen_s > settings.max_gap_s
        self.places = np.where(lost[:, None], np.nan, self.places)
        self.scores = np.where(lost, 0.0, self.scores)


def _share(cutoff_hz: Floats, step_s: Floats) -> Floats:
    """Weight of a new value in a first-order low-pass at that cut-off."""
    turn = 2 * np.pi * cutoff_hz * step_s
    return np.asarray(turn / (turn + 1))
