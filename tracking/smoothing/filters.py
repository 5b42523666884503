"""The joints of several people as Kalman filters: weighting, gating, gaps, left and right. Live and whole-track
smoothing both stand on it."""

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from ppnet.poses import Poses
from ppnet.skeleton import Skeleton
from tracking.smoothing import bank
from tracking.smoothing.off import measured_mask
from tracking.smoothing.settings import SmoothingSettings
from tracking.smoothing.swaps import Twins, decide, evidence, exchanged, twins_of

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

NOISE = 0.012  # standard deviation of a keypoint with score 1, sides; it grows as the score falls
START_SPREADS = (1.0, 10.0)  # of an unknown velocity and acceleration, sides per s and s^2
DOUBTFUL = 1.5  # answers more standard deviations off than this are thought to be less exact than usual
DOUBT_S = 0.5  # after so much more time exchanged than not, it was the track that was wrong
GLIDE_S = 0.05  # left and right of a track that was wrong change places within about this time
HINDSIGHT = 4 / 3  # an answer is no more exact than this times its distance from where the whole track says it was
COASTING_S = 0.25  # an unseen joint's own motion fades into the body's within about this time


@dataclass
class JointFilters:
    """Filters of N people with K keypoints each; row i belongs to `ids[i]`.

    x (N, K, m, 2), P (N, K, m, m): see `tracking.smoothing.bank`. sides: (N,) size of the person, pixels, set by the
    owner before `predict`. alive: (N, K) a filter runs. begun: (N, K) it started in this frame.
    unseen_s: time since it was last fed. distrusted_s: for how long answers have been refused as outliers.
    swapped (N, G): whether left and right of a limb were exchanged in the last answer; doubt_s: how much longer they
    have been exchanged than not of late. glide (N, K, 2): what is left of the way, pixels, where left and right of the
    track itself were exchanged. scores: of the last accepted answer.
    """

    ids: npt.NDArray[np.int64]
    x: Floats
    P: Floats
    sides: Floats
    alive: Mask
    begun: Mask
    unseen_s: Floats
    distrusted_s: Floats
    swapped: Mask
    doubt_s: Floats
    glide: Floats
    scores: Floats

    @classmethod
    def empty(cls, skeleton: Skeleton, *, size: int) -> "JointFilters":
        """Nobody yet; `size` m is 2 for constant velocity, 3 for constant acceleration."""
        shape, groups = (0, len(skeleton)), twins_of(skeleton).groups
        return cls(
            ids=np.zeros(0, np.int64),
            x=np.zeros((*shape, size, 2)),
            P=np.zeros((*shape, size, size)),
            sides=np.zeros(0),
            alive=np.zeros(shape, bool),
            begun=np.zeros(shape, bool),
            unseen_s=np.zeros(shape),
            distrusted_s=np.zeros(shape),
            swapped=np.zeros((0, groups), bool),
            doubt_s=np.zeros((0, groups)),
            glide=np.zeros((*shape, 2)),
            scores=np.zeros(shape),
        )

    def select(self, ids: npt.NDArray[np.int64]) -> "JointFilters":
        """The same for these people in this order; blank for new ones, the others are forgotten."""
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
        return JointFilters(**values)

    @property
    def places(self) -> Floats:
        """(N, K, 2) where the joints are to be shown, pixels; NaN where no filter runs."""
        return np.where(self.alive[..., None], self.x[:, :, 0, :] + self.glide, np.nan)

    def predict(self, step_s: Floats | float, settings: SmoothingSettings) -> None:
        """Move on by `step_s` seconds, one number for all or one for each person."""
        self.x, self.P = bank.predict(self.x, self.P, step_s, density=motion_density(self.sides, settings))
        step = np.reshape(step_s, (-1, 1))
        self.unseen_s = self.unseen_s + step
        self.glide = self.glide * np.exp(-step / GLIDE_S)[..., None]
        self.alive = self.alive & (self.unseen_s <= settings.max_gap_s + 1e-9)

    def coast(self, step_s: float) -> None:
        """Let unseen joints go on with the body rather than on their own into the blue."""
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
        found, scores, R, measured = self._measured(poses, step, settings)
        if hindsight is not None:
            R = np.fmax(R, HINDSIGHT**2 * bank.squared_lengths(found - hindsight))
        y, S = bank.innovation(self.x, self.P, found, R)
        away = bank.squared_lengths(y)
        known = measured & self.alive
        wild = known & (away > settings.gate**2 * S)
        self.distrusted_s = np.where(wild, self.distrusted_s + step, 0.0)
        self.begun = measured & ~self.alive
        good = known & (~wild | (self.distrusted_s > settings.distrust_s))
        # The further off, the less it weighs: after a mistake of the network a joint glides, it doesn't jump.
        doubted = np.where(away > DOUBTFUL**2 * S, away / DOUBTFUL**2, R)
        self.x, self.P = bank.update(self.x, self.P, found, R=doubted, where=good)
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
            spreads = sides[:, None] * np.array(START_SPREADS)[: self.P.shape[-1] - 1]
            self.x[begun], self.P[begun] = bank.start(found[begun], R=R[begun], spreads=spreads)

    def _measured(
        self, poses: Poses, step: Floats, settings: SmoothingSettings
    ) -> tuple[Floats, Floats, Floats, Mask]:  # fmt: skip
        """Keypoints, scores, variances and mask of what the network saw, left and right put back where that is
        certain."""
        measured = measured_mask(poses, settings.min_score)
        found = np.where(measured[..., None], poses.keypoints, np.nan).astype(np.float64)
        scores = np.where(measured, poses.scores, 0.0).astype(np.float64)
        noise = measurement_variance(self.sides, scores)
        if settings.undo_swaps and self.alive.any():
            twins = twins_of(poses.skeleton)
            swap = self._swaps(found, noise, step, twins)
            if swap.any():
                found, scores, noise = exchanged(swap, twins, found, scores, noise)
                measured = np.isfinite(found[..., 0])
        return np.where(measured[..., None], found, 0.0), scores, noise, measured

    def _swaps(self, found: Floats, noise: Floats, step: Floats, twins: Twins) -> Mask:
        """(N, G) limbs whose left and right are to be exchanged in this answer."""
        expected = np.where(self.alive[..., None], self.x[:, :, 0, :], np.nan)
        likelihood = evidence(expected, self.P[..., 0, 0], found, noise, twins)
        swap = decide(likelihood, self.swapped)
        # Time spent exchanged counts against the track, time as it is for it.
        self.doubt_s = np.maximum(self.doubt_s + np.where(swap, step, -step), 0.0)
        wrong = self.doubt_s > DOUBT_S
        if wrong.any():
            shown = self.places
            self.x, self.P, self.alive, self.unseen_s, self.distrusted_s, self.scores = exchanged(
                wrong, twins, self.x, self.P, self.alive, self.unseen_s, self.distrusted_s, self.scores
            )
            self.glide = np.nan_to_num(shown - self.x[:, :, 0, :])
            self.doubt_s = np.where(wrong, 0.0, self.doubt_s)
            swap = swap & ~wrong
        self.swapped = swap
        return swap


def motion_density(sides: Floats, settings: SmoothingSettings) -> Floats:
    """(N, 1) spectral density, in square pixels, of what drives the joints of people of these sizes."""
    return np.asarray(settings.density * sides[:, None] ** 2)


def measurement_variance(sides: Floats, scores: Floats) -> Floats:
    """(N, K) variance in square pixels of keypoints with these scores on people of these sizes."""
    return np.asarray((NOISE * sides[:, None] / np.clip(scores, 0.2, 1.0)) ** 2)
