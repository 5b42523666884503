"""The Kalman smoother: confidence-weighted, gated, filling short gaps with growing uncertainty."""

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from ppnet.poses import Poses
from tracking import boxes as box_math
from tracking.smoothing import bank
from tracking.smoothing.off import measured_mask
from tracking.smoothing.settings import SmoothingSettings
from tracking.smoothing.swaps import certain_swaps, exchanged, pairs_of
from tracking.types import KeypointState

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

NOISE = 0.012  # standard deviation of a keypoint with score 1, sides; it grows as the score falls
START_SPEED = 1.0  # standard deviations of an unknown velocity and acceleration, sides per s and s^2
START_ACCELERATION = 10.0
SIZE_MEMORY_S = 1.0  # boxes breathe with the pose; the size that scales all noise follows them slowly
COASTING_S = 0.25  # an unseen joint's own motion fades into the body's within about this time


@dataclass
class _State:
    """Filters of N people; row i belongs to `ids[i]`.

    alive: (N, K) a filter runs. unseen_s: time since it was last fed. distrusted_s, swapped_s: for how long
    answers have been refused as outliers, or exchanged. scores: of the last accepted answer.
    """

    ids: npt.NDArray[np.int64]
    x: Floats
    P: Floats
    sides: Floats
    alive: Mask
    unseen_s: Floats
    distrusted_s: Floats
    swapped_s: Floats
    scores: Floats

    @classmethod
    def empty(cls, keypoints: int, *, size: int) -> "_State":
        shape = (0, keypoints)
        return cls(
            ids=np.zeros(0, np.int64),
            x=np.zeros((*shape, size, 2)),
            P=np.zeros((*shape, size, size)),
            sides=np.zeros(0),
            alive=np.zeros(shape, bool),
            unseen_s=np.zeros(shape),
            distrusted_s=np.zeros(shape),
            swapped_s=np.zeros((0, len(pairs_of(keypoints)))),
            scores=np.zeros(shape),
        )

    def select(self, ids: npt.NDArray[np.int64]) -> "_State":
        """The same for these people in this order; blank for new ones."""
        if np.array_equal(ids, self.ids):
            return self
        row_of = {int(track_id): row for row, track_id in enumerate(self.ids)}
        rows = np.array([row_of.get(int(track_id), -1) for track_id in ids], np.int64)
        values = {}
        for field in fields(self):
            old = getattr(self, field.name)
            new = np.zeros((len(ids), *old.shape[1:]), old.dtype)
            new[rows >= 0] = old[rows[rows >= 0]]
            values[field.name] = new
        values["ids"] = np.array(ids, np.int64)
        return _State(**values)


class KalmanSmoother:
    """Constant velocity (or acceleration) for every joint; time steps as the file gives them."""

    def __init__(self, settings: SmoothingSettings) -> None:
        self.settings = settings
        self._size = 3 if settings.use_acceleration else 2
        self.reset()

    def reset(self) -> None:
        """Forget everyone."""
        self._state: _State | None = None
        self._time_s = 0.0

    def update(
        self, ids: npt.NDArray[np.int64], poses: Poses, boxes: npt.NDArray[np.float32], time_s: float
    ) -> tuple[Poses, npt.NDArray[np.uint8]]:
        """See `Smoother.update`."""
        keypoints = poses.scores.shape[1]
        state, step_s = self._continued(time_s, keypoints)
        self._state = state = state.select(ids)
        self._resize(state, boxes, step_s)
        self._predict(state, step_s)
        found, scores, measured = self._measured(state, poses, step_s)
        accepted = self._accept(state, found, scores, measured=measured, step_s=step_s)
        self._give_up(state)
        return self._answer(state, accepted)

    def _continued(self, time_s: float, keypoints: int) -> tuple[_State, float]:
        """The filters to go on with, fresh ones after a jump in time, and the seconds since the last frame."""
        state, step_s = self._state, time_s - self._time_s
        self._time_s = time_s
        stale = step_s < 0 or step_s > max(self.settings.max_gap_s, 0.25)
        if state is None or stale or state.alive.shape[1] != keypoints:
            return _State.empty(keypoints, size=self._size), 0.0
        return state, step_s

    def _resize(self, state: _State, boxes: npt.NDArray[np.float32], step_s: float) -> None:
        sides = np.maximum(np.nan_to_num(box_math.sizes(boxes.astype(np.float64)).max(axis=1, initial=0)), 1.0)
        follow = 1 - np.exp(-step_s / SIZE_MEMORY_S)
        known = state.sides > 0
        state.sides = np.where(known, state.sides + follow * (sides - state.sides), sides)

    def _predict(self, state: _State, step_s: float) -> None:
        if step_s == 0:
            return
        # An unseen joint goes on with the body, not on its own into the blue.
        coasting = state.alive & (state.unseen_s > 0)
        if coasting.any():
            seen = state.alive & ~coasting
            count = np.maximum(seen.sum(axis=1), 1)[:, None]
            body = (state.x[:, :, 1, :] * seen[..., None]).sum(axis=1) / count
            own = np.exp(-step_s / COASTING_S)
            slowed = body[:, None] + (state.x[:, :, 1, :] - body[:, None]) * own
            state.x[:, :, 1, :] = np.where(coasting[..., None], slowed, state.x[:, :, 1, :])
            state.x[:, :, 2:, :] *= np.where(coasting, own, 1.0)[..., None, None]
        density = np.broadcast_to((self._agility * state.sides**2)[:, None], state.alive.shape)
        state.x, state.P = bank.predict(state.x, state.P, step_s, density=density)
        state.unseen_s = state.unseen_s + step_s

    @property
    def _agility(self) -> float:
        # One more integration: the same bandwidth needs the density of the jerk.
        return self.settings.agility * (30.0**2 if self.settings.use_acceleration else 1.0)

    def _measured(self, state: _State, poses: Poses, step_s: float) -> tuple[Floats, Floats, Mask]:
        """Keypoints, scores and mask of what the network saw, left and right put back where that is certain."""
        measured = measured_mask(poses, self.settings.min_score)
        found = np.where(measured[..., None], poses.keypoints, np.nan).astype(np.float64)
        scores = np.where(measured, poses.scores, 0.0).astype(np.float64)
        if self.settings.undo_swaps and state.alive.any():
            pairs = pairs_of(measured.shape[1])
            expected = np.where(state.alive[..., None], state.x[:, :, 0, :], np.nan)
            swap = certain_swaps(expected, found, state.sides, pairs)
            # Held for too long it was the track that was wrong.
            state.swapped_s = np.where(swap, state.swapped_s + step_s, 0.0)
            swap &= state.swapped_s <= self.settings.max_gap_s
            if swap.any():
                found, scores = exchanged(found, swap, pairs), exchanged(scores, swap, pairs)
                measured = np.isfinite(found[..., 0])
        return np.where(measured[..., None], found, 0.0), scores, measured

    def _accept(self, state: _State, found: Floats, scores: Floats, *, measured: Mask, step_s: float) -> Mask:
        """Feed the filters; (N, K) True where the answer was taken."""
        R = measurement_variance(state.sides, scores)
        y, S = bank.innovation(state.x, state.P, found, R)
        wild = measured & state.alive & ((y**2).sum(axis=-1) > self.settings.gate**2 * S)
        state.distrusted_s = np.where(wild, state.distrusted_s + step_s, 0.0)
        believed = wild & (state.distrusted_s > self.settings.distrust_s)
        begin = measured & (~state.alive | believed)
        feed = measured & state.alive & ~wild
        state.x, state.P = bank.update(state.x, state.P, found, R=R, where=feed)
        if begin.any():
            spreads = np.array([START_SPEED, START_ACCELERATION])[: self._size - 1]
            sides = np.broadcast_to(state.sides[:, None], begin.shape)
            state.x[begin], state.P[begin] = bank.start(
                found[begin], R=R[begin], spreads=sides[begin][:, None] * spreads
            )
        accepted: Mask = feed | begin
        state.alive |= accepted
        state.unseen_s = np.where(accepted, 0.0, state.unseen_s)
        state.distrusted_s = np.where(accepted, 0.0, state.distrusted_s)
        state.scores = np.where(accepted, scores, state.scores)
        return accepted

    def _give_up(self, state: _State) -> None:
        state.alive &= state.unseen_s <= self.settings.max_gap_s + 1e-9

    def _answer(self, state: _State, accepted: Mask) -> tuple[Poses, npt.NDArray[np.uint8]]:
        fading = 1 - state.unseen_s / max(self.settings.max_gap_s, 1e-9) / 2
        scores = np.where(state.alive, state.scores * np.where(accepted, 1.0, fading), 0.0)
        keypoints = np.where(state.alive[..., None], state.x[:, :, 0, :], np.nan)
        states = np.where(state.alive, KeypointState.PREDICTED, KeypointState.MISSING)
        states = np.where(accepted, KeypointState.MEASURED, states).astype(np.uint8)
        return Poses(keypoints.astype(np.float32), scores.astype(np.float32)), states


def measurement_variance(sides: Floats, scores: Floats) -> Floats:
    """(N, K) variance in square pixels of keypoints with these scores on people of these sizes."""
    return np.asarray((NOISE * sides[:, None] / np.clip(scores, 0.2, 1.0)) ** 2)
