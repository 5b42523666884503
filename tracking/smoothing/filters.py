"""The joints of several people as Kalman filters: weighting, gating, gaps, left and right. Live and whole-track
smoothing both stand on it."""

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from ppnet.poses import Poses
from ppnet.skeleton import Skeleton
from tracking.smoothing import bank
from tracking.smoothing.noise import doubted, measurement_variance, motion_density, spreads
from tracking.smoothing.off import measured_mask
from tracking.smoothing.settings import SmoothingSettings
from tracking.smoothing.sides import SideWays
from tracking.smoothing.twins import exchanged

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

GLIDE_S = 0.05  # left and right of a track that was wrong change places within about this time
HINDSIGHT = 4 / 3  # an answer is no more exact than this times its distance from where the whole track says it was
COASTING_S = 0.25  # an unseen joint's own motion fades into the body's within about this time


@dataclass
class JointFilters:
    """Filters of N people with K keypoints each; row i belongs to `ids[i]`.

    x (m, 2, N, K), P (m, m, N, K): see `tracking.smoothing.bank`. sides: (N, 1) size of the person, pixels, set by the
    owner before `predict`. alive: (N, K) a filter runs. begun: (N, K) it started in this frame.
    unseen_s: time since it was last fed. distrusted_s: for how long answers have been refused as outliers.
    ways: which answers have left and right exchanged. glide (2, N, K): what is left of the way, pixels, where left and
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
            x=np.zeros((size, 2, *shape)),
            P=np.zeros((size, size, *shape)),
            sides=np.zeros((0, 1)),
            alive=np.zeros(shape, bool),
            begun=np.zeros(shape, bool),
            unseen_s=np.zeros(shape),
            distrusted_s=np.zeros(shape),
            ways=SideWays.of(0, skeleton),
            glide=np.zeros((2, *shape)),
            scores=np.zeros(shape),
        )

    def select(self, ids: npt.NDArray[np.int64]) -> "JointFilters":
        """The same for these people in this order; blank for new ones, the others are forgotten."""
        if np.array_equal(ids, self.ids):
            return self
        row_of = {int(track_id): row for row, track_id in enumerate(self.ids)}
        rows = np.array([row_of.get(int(track_id), -1) for track_id in ids], np.int64)
        arrays = [field.name for field in fields(self) if field.name not in ("ids", "ways")]
        values = {name: bank.picked(getattr(self, name), rows) for name in arrays}
        return JointFilters(ids=np.array(ids, np.int64), ways=self.ways.select(rows), **values)

    @property
    def places(self) -> Floats:
        """(2, N, K) where the joints are to be shown, pixels; NaN where no filter runs."""
        return np.where(self.alive, self.x[0] + self.glide, np.nan)

    def predict(self, step_s: Floats | float, settings: SmoothingSettings) -> None:
        """Move on by `step_s` seconds, one number for all or one for each person (N, 1)."""
        self.x, self.P = bank.predict(self.x, self.P, step_s, density=motion_density(self.sides, settings.density))
        self.unseen_s = self.unseen_s + step_s
        self.glide = self.glide * np.exp(-step_s / GLIDE_S)
        self.alive = self.alive & (self.unseen_s <= settings.max_gap_s + 1e-9)

    def coast(self, step_s: float) -> None:
        """Let unseen joints continue with the body rather than drift away on their own."""
        coasting = self.alive & (self.unseen_s > 0)
        if step_s <= 0 or not coasting.any():
            return
        seen = self.alive & ~coasting
        speeds = self.x[1]
        body = (speeds * seen).sum(axis=2, keepdims=True) / np.maximum(seen.sum(axis=1, keepdims=True), 1)
        own = np.exp(-step_s / COASTING_S)
        self.x[1] = np.where(coasting, body + (speeds - body) * own, speeds)
        self.x[2:] *= np.where(coasting, own, 1.0)

    def feed(
        self, poses: Poses, step_s: Floats | float, settings: SmoothingSettings, hindsight: Floats | None = None
    ) -> Mask:
        """Take in the network's answer, `step_s` (or (N, 1)) after the last one; (N, K) True where it was believed.

        hindsight: (2, N, K) where the joints are known to have been, NaN where that isn't known: answers weigh the
        less the further they are from there.
        """
        found, scores, R, measured = self._measured(poses, step_s, settings)
        if hindsight is not None:
            R = np.fmax(R, HINDSIGHT**2 * bank.squared_lengths(found - hindsight))
        y, S = bank.innovation(self.x, self.P, found, R)
        away = bank.squared_lengths(y)
        known = measured & self.alive
        wild = known & (away > settings.gate**2 * S)
        self.distrusted_s = np.where(wild, self.distrusted_s + step_s, 0.0)
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
        if begun.any():
            self.glide[:, begun] = 0.0
            unknown = spreads(np.broadcast_to(self.sides, begun.shape)[begun], len(self.P) - 1)
            self.x[..., begun], self.P[..., begun] = bank.start(found[:, begun], R=R[begun], spreads=unknown)

    def _measured(
        self, poses: Poses, step_s: Floats | float, settings: SmoothingSettings
    ) -> tuple[Floats, Floats, Floats, Mask]:  # fmt: skip
        """Keypoints, scores, variances and mask of what the network saw, left and right put back where that is
        likelier."""
        measured = measured_mask(poses, settings.min_score)
        found = np.where(measured, poses.keypoints.transpose(2, 0, 1).astype(np.float64, order="C"), np.nan)
        scores = np.where(measured, poses.scores.astype(np.float64), 0.0)
        noise = measurement_variance(self.sides, scores)
        if settings.undo_swaps and len(found):
            swap = self._exchanged(found, scores, noise, step_s)
            if swap.any():
                found, scores, noise = exchanged(swap, self.ways.twins, found, scores, noise)
                measured = np.isfinite(found[0])
        return np.where(measured, found, 0.0), scores, noise, measured

    def _exchanged(self, found: Floats, scores: Floats, noise: Floats, step_s: Floats | float) -> Mask:
        """(N, G) limbs whose left and right are to be exchanged in this answer."""
        twins = self.ways.twins
        decision = self.ways.decide(found, scores, noise, step_s=step_s, sides=self.sides)
        if decision.revised.any():
            shown = self.x[0] + self.glide
            states, known = self.ways.believed()
            rows, columns = np.nonzero(twins.by_joint(decision.revised) & known)
            self.x[:2, :, rows, twins.joints[columns]] = states[..., rows, columns]
            self.glide = np.where(self.alive, shown - self.x[0], 0.0)
        return decision.swap
