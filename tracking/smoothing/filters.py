"""The joints of several people as Kalman filters: weighting, gating, gaps, left and right. Live and whole-track
smoothing both stand on it."""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from ppnet.poses import Poses
from ppnet.skeleton import Skeleton
from tracking.smoothing import bank
from tracking.smoothing.noise import doubted, measurement_variance, motion_density, spreads
from tracking.smoothing.off import measured_mask
from tracking.smoothing.settings import SmoothingSettings
from tracking.smoothing.sides import SideWays
from tracking.smoothing.twins import Twins, exchanged, twins_of

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

GLIDE_S = 0.05  # left and right of a track that was wrong change places within about this time
HINDSIGHT = 4 / 3  # an answer is no more exact than this times its distance from where the whole track says it was
COASTING_S = 0.25  # an unseen joint's own motion fades into the body's within about this time


@dataclass
class JointFilters:
    """Filters of N people with K keypoints each; row i belongs to `ids[i]`.

    x (N, K, m, 2), P (N, K, m, m): see `tracking.smoothing.bank`. sides: (N,) size of the person, pixels, set by the
    owner before `predict`. alive: (N, K) a filter runs. begun: (N, K) it started in this frame.
    unseen_s: time since it was last fed. distrusted_s: for how long answers have been refused as outliers.
    ways: which answers have left and right exchanged. glide (N, K, 2): what is left of the way, pixels, where left and
    right of the track itself were exchanged. scores: of the last accepted answer.
    """

    ids: npt.NDArray[np.int64]
    x: Floats
    P: Floats
    sides: Floats
    alive: Mask
    begun: Mask
    unseen_s: Floats
    distrusted_s: Floats
    ways: SideWays
    glide: Floats
    scores: Floats

    @classmethod
    def empty(cls, skeleton: Skeleton, *, size: int) -> "JointFilters":
        """Nobody yet; `size` m is 2 for constant velocity, 3 for constant acceleration."""
        shape = 0, len(skeleton)
        return cls(
            ids=np.zeros(0, np.int64),
            x=np.zeros((*shape, size, 2)),
            P=np.zeros((*shape, size, size)),
            sides=np.zeros(0),
            alive=np.zeros(shape, bool),
            begun=np.zeros(shape, bool),
            unseen_s=np.zeros(shape),
            distrusted_s=np.zeros(shape),
            ways=SideWays.of(0, skeleton),
            glide=np.zeros((*shape, 2)),
            scores=np.zeros(shape),
        )

    def select(self, ids: npt.NDArray[np.int64]) -> "JointFilters":
        """The same for these people in this order; blank for new ones, the others are forgotten."""
        if np.array_equal(ids, self.ids):
            return self
        row_of = {int(track_id): row for row, track_id in enumerate(self.ids)}
        rows = np.array([row_of.get(int(track_id), -1) for track_id in ids], np.int64)
        values: dict[str, Any] = {}
        for field in fields(self):
            old = getattr(self, field.name)
            values[field.name] = old.select(rows) if isinstance(old, SideWays) else bank.picked(old, rows)
        values["ids"] = np.array(ids, np.int64)
        return JointFilters(**values)

    @property
    def places(self) -> Floats:
        """(N, K, 2) where the joints are to be shown, pixels; NaN where no filter runs."""
        return np.where(self.alive[..., None], self.x[:, :, 0, :] + self.glide, np.nan)

    def predict(self, step_s: Floats | float, settings: SmoothingSettings) -> None:
        """Move on by `step_s` seconds, one number for all or one for each person."""
        self.x, self.P = bank.predict(self.x, self.P, step_s, density=motion_density(self.sides, settings.density))
        step = np.reshape(step_s, (-1, 1))
        self.unseen_s = self.unseen_s + step
        self.glide = self.glide * np.exp(-step / GLIDE_S)[..., None]
        self.alive = self.alive & (self.unseen_s <= settings.max_gap_s + 1e-9)

    def coast(self, step_s: float) -> None:
        """Let unseen joints continue with the body rather than drift away on their own."""
        coasting = self.alive & (self.unseen_s > 0)
        if step_s <= 0 or not coasting.any():
            return
        seen = self.alive & ~coasting
        speeds = self.x[:, :, 1, :]
        body = (seen[:, None].astype(np.float64) @ speeds)[:, 0] / np.maximum(seen.sum(axis=1), 1)[:, None]
        own = np.exp(-step_s / COASTING_S)
        slowed = body[:, None] + (speeds - body[:, None]) * own
        self.x[:, :, 1, :] = np.where(coasting[..., None], slowed, speeds)
        if self.x.shape[2] > 2:
            self.x[:, :, 2:, :] *= np.where(coasting, own, 1.0)[..., None, None]

    def feed(
        self, poses: Poses, step_s: Floats | float, settings: SmoothingSettings, hindsight: Floats | None = None
    ) -> Mask:
        """Take in the network's answer, `step_s` after the last one; (N, K) True where it was believed.

        hindsight: (N, K, 2) where the joints are known to have been, NaN where that isn't known: answers weigh the
        less the further they are from there.
        """
        step = np.reshape(step_s, (-1, 1))
        found, scores, R, measured = self._measured(poses, step_s, settings)
        if hindsight is not None:
            R = np.fmax(R, HINDSIGHT**2 * bank.squared_lengths(found - hindsight))
        y, S = bank.innovation(self.x, self.P, found, R)
        away = bank.squared_lengths(y)
        known = measured & self.alive
        wild = known & (away > settings.gate**2 * S)
        self.distrusted_s = np.where(wild, self.distrusted_s + step, 0.0)
        self.begun = measured & ~self.alive
        good = known & (~wild | (self.distrusted_s > settings.distrust_s))
        self.x, self.P = bank.update(self.x, self.P, found, R=doubted(R, away, S), where=good)
        self._begin(found, R)
        accepted: Mask = good | self.begun
        self.alive = self.alive | accepted
        self.unseen_s = np.where(accepted, 0.0, self.unseen_s)
        self.scores = np.where(accepted, scores, self.scores)
        return accepted

    def _begin(self, found: Floats, R: Floats) -> None:
        begun = self.begun
        self.glide[begun] = 0.0
        if begun.any():
            sides = np.broadcast_to(self.sides[:, None], begun.shape)[begun]
            unknown = spreads(sides, self.P.shape[-1] - 1)
            self.x[begun], self.P[begun] = bank.start(found[begun], R=R[begun], spreads=unknown)

    def _measured(
        self, poses: Poses, step_s: Floats | float, settings: SmoothingSettings
    ) -> tuple[Floats, Floats, Floats, Mask]:  # fmt: skip
        """Keypoints, scores, variances and mask of what the network saw, left and right put back where that is
        likelier."""
        measured = measured_mask(poses, settings.min_score)
        found = np.where(measured[..., None], poses.keypoints, np.nan).astype(np.float64)
        scores = np.where(measured, poses.scores, 0.0).astype(np.float64)
        noise = measurement_variance(self.sides, scores)
        if settings.undo_swaps and len(found):
            twins = twins_of(poses.skeleton)
            swap = self._exchanged(found, scores, step_s, twins)
            if swap.any():
                found, scores, noise = exchanged(swap, twins, found, scores, noise)
                measured = np.isfinite(found[..., 0])
        return np.where(measured[..., None], found, 0.0), scores, noise, measured

    def _exchanged(self, found: Floats, scores: Floats, step_s: Floats | float, twins: Twins) -> Mask:
        """(N, G) limbs whose left and right are to be exchanged in this answer."""
        decision = self.ways.decide(found, scores, step_s, self.sides, twins)
        if decision.revised.any():
            shown = self.x[:, :, 0, :] + self.glide
            states, known = self.ways.believed(twins)
            revised = twins.by_joint(decision.revised) & known
            rows, columns = np.nonzero(revised)
            self.x[rows, twins.joints[columns], :2] = states[rows, columns]
            self.glide = np.where(self.alive[..., None], shown - self.x[:, :, 0, :], 0.0)
        return decision.swap
