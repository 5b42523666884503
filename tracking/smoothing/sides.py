"""Left and right over a whole track: which of the network's answers have them exchanged, limb by limb.

The likeliest series of decisions (Viterbi, 1967), where the filters that say what fits follow the decisions
themselves (per-survivor processing: Raheli, Polydoros and Tzou, IEEE Transactions on Communications 43, 1995): for each
limb two ways through the track are kept, the best that takes the newest answer as it is and the best that takes it
exchanged, each with Kalman filters of its own. Against a way speak joints far from where its filters expect them, every
answer that it takes exchanged, the more the surer the network was, and every change from one to the other. While legs
pass each other both ways fit; which was right is known from what comes after.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ppnet.skeleton import Skeleton
from tracking.smoothing import bank
from tracking.smoothing.filters import DOUBTFUL, START_SPREADS, measurement_variance
from tracking.smoothing.swaps import MOST, twins_of

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

AGILITY = 10.0  # spectral density of a joint's acceleration, sides^2 / s^3: what steadies the joints may be another one
MEMORY_S = 0.5  # a joint unseen for longer says nothing about sides
LOOKS = 25.0  # the network's mistakes come in a row: a second's answers are worth so many independent ones
CHANGE = 2.0  # log-likelihood that speaks against a change from right to exchanged or back
ODDS = 0.8  # log odds that an answer of low scores has left and right in their places; measured for legs,
SURE, ODDS_OF_SURE = 0.7, 12.0  # and above this mean score so much more for each score


@dataclass
class _Ways:
    """The two ways of every limb; the first axis says how they take the newest answer: 0 as it is, 1 exchanged.

    x (2, N, J, 2, 2), P (2, N, J, 2, 2): filters as in `tracking.smoothing.bank`, of J joints that have a twin.
    alive: (2, N, J) a filter runs. unseen_s: (2, N, J). against: (2, N, G) log-likelihood that speaks against each.
    """

    x: Floats
    P: Floats
    alive: Mask
    unseen_s: Floats
    against: Floats

    @classmethod
    def begun(cls, people: int, joints: int, groups: int) -> "_Ways":
        shape = 2, people, joints
        empty = np.zeros((*shape, 2, 2))
        return cls(empty, empty, np.zeros(shape, bool), np.zeros(shape), np.zeros((2, people, groups)))

    def predict(self, step_s: Floats, sides: Floats) -> None:
        density = np.broadcast_to(AGILITY * sides[:, None] ** 2, self.alive.shape)
        self.x, self.P = bank.predict(self.x, self.P, step_s, density=density)
        self.unseen_s = self.unseen_s + step_s[:, None]
        self.alive = self.alive & (self.unseen_s <= MEMORY_S)

    def misfits(self, found: Floats, noise: Floats, measured: Mask, members: Floats) -> Floats:
        """(2, 2, N, G) log-likelihood against coming by a way [first axis] to an answer, as it is or exchanged."""
        away = ((found[None] - self.x[:, None, ..., 0, :]) ** 2).sum(axis=-1)
        away = away / (self.P[:, None, ..., 0, 0] + noise[None])
        twins_known = self.alive & np.roll(self.alive, self.alive.shape[-1] // 2, axis=-1)
        counts = twins_known[:, None] & measured[None]
        return np.asarray(np.where(counts, np.minimum(away, MOST) / 2, 0.0) @ members)

    def follow(self, came_from: npt.NDArray[np.int64]) -> None:
        """Each way goes on with the filters of the one (2, N, J) it came by."""
        _, rows, joints = np.indices(came_from.shape)
        for name in ("x", "P", "alive", "unseen_s"):
            setattr(self, name, getattr(self, name)[came_from, rows, joints])

    def feed(self, found: Floats, noise: Floats, measured: Mask, sides: Floats) -> None:
        y, S = bank.innovation(self.x, self.P, found, noise)
        away = (y**2).sum(axis=-1)
        doubted = np.where(away > DOUBTFUL**2 * S, away / DOUBTFUL**2, noise)
        self.x, self.P = bank.update(self.x, self.P, found, R=doubted, where=measured & self.alive)
        begun = measured & ~self.alive
        if begun.any():
            spreads = np.broadcast_to(START_SPREADS[0] * sides[:, None, None], (*begun.shape, 1))
            self.x[begun], self.P[begun] = bank.start(found[begun], R=noise[begun], spreads=spreads[begun])
        self.alive = self.alive | measured
        self.unseen_s = np.where(measured, 0.0, self.unseen_s)


def exchanges(
    steps_s: Floats,
    keypoints: npt.NDArray[np.float32],
    scores: npt.NDArray[np.float32],
    sides: Floats,
    skeleton: Skeleton,
    *,
    min_score: float,
) -> Mask:
    """(T, N, G) in which answers left and right of which limbs are exchanged, of N tracks side by side.

    steps_s: (T, N) seconds since the step before; keypoints: (T, N, K, 2) pixels, NaN where missing; scores: (T, N, K),
    those below `min_score` don't count; sides: (T, N) size of the person, pixels. G: the limbs of
    `tracking.smoothing.swaps.twins_of`.
    """
    twins = twins_of(skeleton)
    joints = twins.pairs.T.ravel()  # all of one side, then those of the other in the same order
    pairs, members = len(twins.pairs), np.concatenate([twins.members, twins.members])
    decided = np.zeros((*steps_s.shape, twins.groups), bool)
    if not joints.size or not len(steps_s):
        return decided
    group_of = twins.group_of[joints]
    measured = (scores[..., joints] >= min_score) & np.isfinite(keypoints[..., joints, 0])
    found = np.where(measured[..., None], keypoints[..., joints, :], 0.0).astype(np.float64)
    seen, trust = _trust(np.where(measured, scores[..., joints], 0.0), measured, members)
    ways = _Ways.begun(steps_s.shape[1], len(joints), twins.groups)
    came_from = np.zeros((len(steps_s), 2, *decided.shape[1:]), np.int64)
    other = 1 - np.eye(2)[..., None, None]
    for t, step_s in enumerate(steps_s):
        ways.predict(step_s, sides[t])
        both = np.stack([found[t], np.roll(found[t], pairs, axis=1)])
        clear = np.stack([measured[t], np.roll(measured[t], pairs, axis=1)])
        noise = measurement_variance(sides[t], scores[t][:, joints])
        noise = np.stack([noise, np.roll(noise, pairs, axis=1)])
        against = ways.against[:, None] + ways.misfits(both, noise, clear, members) + CHANGE * other * seen[t]
        came_from[t] = against.argmin(axis=0)
        ways.against = against.min(axis=0)
        ways.against[1] += trust[t] * LOOKS * step_s[:, None]
        ways.against = ways.against - ways.against.min(axis=0)
        ways.follow(came_from[t][..., group_of])
        ways.feed(both, noise, clear, sides[t])
    way = ways.against.argmin(axis=0)
    for t in range(len(decided) - 1, -1, -1):
        decided[t] = way == 1
        way = np.take_along_axis(came_from[t], way[None], axis=0)[0]
    return decided


def _trust(scores: Floats, measured: Mask, members: Floats) -> tuple[Mask, Floats]:
    """(T, N, G) whether anything of a limb was seen, and the log odds that its left and right are in their places."""
    count = measured @ members
    mean = scores @ members / np.maximum(count, 1)
    seen = count > 0
    return seen, np.where(seen, ODDS + ODDS_OF_SURE * np.maximum(mean - SURE, 0.0), 0.0)
