"""Left and right: in which of the network's answers they are exchanged (legs in side view, above all), limb by limb.

The likeliest series of decisions (Viterbi, 1967), where the filters that say what fits follow the decisions
themselves (per-survivor processing: Raheli, Polydoros and Tzou, IEEE Transactions on Communications 43, 1995): for each
limb two ways through the track are kept, the best that takes the newest answer as it is and the best that takes it
exchanged, each with Kalman filters of its own. Against a way speak joints far from where its filters expect them, every
answer that it takes exchanged, the more the surer the network was, and every change from one to the other. While legs
pass each other both ways fit; which was right is known from what comes after. A way may also find that it has had left
and right exchanged itself for long, and continue with exchanged filters.
"""

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from ppnet.skeleton import Skeleton
from tracking.smoothing import bank
from tracking.smoothing.noise import doubted, measurement_variance, motion_density, spreads
from tracking.smoothing.twins import Twins, twins_of

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Ways = npt.NDArray[np.int64]

DENSITY = 10.0  # of a joint's acceleration, sides^2 / s^3, whatever smooths the joints
MEMORY_S = 0.5  # a joint unseen for longer says nothing about sides
MOST = 16.0  # a single joint's squared distance (in variances) counts no more than this: it may be an outlier
LOOKS = 25.0  # the network's mistakes come in a row: a second's answers are worth so many independent ones,
# each no more than one, however long the pause before it
CHANGE = 2.0  # log-likelihood that speaks against a change from right to exchanged or back
ODDS = 0.8  # log odds that an answer of low scores has left and right in their places; measured for legs,
SURE, ODDS_OF_SURE = 0.7, 12.0  # and above this mean score so much more for each score
REVISION = 20.0  # log-likelihood that speaks against having had them exchanged all along
NEVER = 1e9
OTHER = 1 - np.eye(2)[..., None]  # (2, 2, 1) what a way comes by is not what it continues with


@dataclass(frozen=True)
class Decision:
    """swap (N, G): in the newest answer left and right of a limb are exchanged. revised (N, G): the answers before were
    not as believed, either. came_from (N, 2, G): by which way each way comes to the newest answer; 2 more where it goes
    on with its filters exchanged."""

    swap: Mask
    revised: Mask
    came_from: Ways


@dataclass
class SideWays:
    """The two ways of every limb of N people: 0 takes the newest answer as it is, 1 takes it exchanged.

    x (N, 2 J, 2, 2), P (N, 2 J, 2, 2): filters as in `tracking.smoothing.bank` of the J joints that have a twin (all of
    one side, then those of the other in the same order), first those of way 0. alive: (N, 2 J) a filter runs.
    unseen_s: (N, 2 J). against: (N, 2, G) log-likelihood that speaks against each way. best: (N, G) the way believed.
    """

    x: Floats
    P: Floats
    alive: Mask
    unseen_s: Floats
    against: Floats
    best: Ways

    @classmethod
    def of(cls, people: int, skeleton: Skeleton) -> "SideWays":
        """Nothing seen yet."""
        twins = twins_of(skeleton)
        shape = people, 2 * len(twins.joints)
        states = np.zeros((*shape, 2, 2))
        against, best = np.zeros((people, 2, twins.groups)), np.zeros((people, twins.groups), np.int64)
        return cls(states, states, np.zeros(shape, bool), np.zeros(shape), against, best)

    def select(self, rows: npt.NDArray[np.int64]) -> "SideWays":
        """Those of these rows; blank where a row is -1."""
        return SideWays(*(bank.picked(getattr(self, field.name), rows) for field in fields(self)))

    def decide(self, found: Floats, scores: Floats, step_s: Floats | float, sides: Floats, twins: Twins) -> Decision:
        """Takes in an answer, `step_s` after the last one (one number, or one for each person).

        found: (N, K, 2) pixels, NaN where not seen; scores: (N, K); sides: (N,) size of the person, pixels.
        """
        step, joints = np.reshape(step_s, (-1, 1)), len(twins.joints)
        found, scores = found[:, twins.both_ways], scores[:, twins.both_ways]
        measured, noise = np.isfinite(found[..., 0]), measurement_variance(sides, scores)
        found = np.where(measured[..., None], found, 0.0)
        count = measured[:, :joints] @ twins.members
        seen = count > 0
        mean = np.where(measured, scores, 0.0)[:, :joints] @ twins.members / np.maximum(count, 1)
        sure = np.maximum(mean - SURE, 0.0)
        self._predict(step_s, step, sides)
        against = self.against[:, :, None] + self._misfits(found, noise, measured, twins)
        revised = against[:, :, ::-1] + np.where(seen, REVISION, NEVER)[:, None, None]
        against += OTHER * np.where(seen, CHANGE, NEVER)[:, None, None]
        against = np.concatenate([against, revised], axis=1)
        came_from = against.argmin(axis=1)
        self.against = against.min(axis=1)
        self.against[:, 1] += np.minimum(LOOKS * step, 1.0) * seen * (ODDS + ODDS_OF_SURE * sure)
        self.against -= self.against.min(axis=1, keepdims=True)
        self._follow(came_from, twins)
        self._feed(found, noise, measured, sides)
        last, self.best = self.best, self.against.argmin(axis=1)
        swap = self.best == 1
        return Decision(swap, np.where(swap, came_from[:, 1], came_from[:, 0]) != last, came_from)

    def believed(self, twins: Twins) -> tuple[Floats, Mask]:
        """States (N, J, 2, 2) of the joints that have a twin, by the way believed, and (N, J) which are known."""
        joints = len(twins.joints)
        columns = twins.by_joint(self.best) * joints + np.arange(joints)
        rows = np.arange(len(columns))[:, None]
        return self.x[rows, columns], self.alive[rows, columns]

    def _predict(self, step_s: Floats | float, step: Floats, sides: Floats) -> None:
        self.x, self.P = bank.predict(self.x, self.P, step_s, density=motion_density(sides, DENSITY))
        self.unseen_s = self.unseen_s + step
        self.alive = self.alive & (self.unseen_s <= MEMORY_S)

    def _misfits(self, found: Floats, noise: Floats, measured: Mask, twins: Twins) -> Floats:
        """(N, 2, 2, G) log-likelihood against coming by a way [second axis] to the answer as it is or exchanged."""
        people = len(found)
        places, variances, known = self.x[:, :, 0], self.P[:, :, 0, 0], self.alive
        split = people, 2, 1, len(twins.joints)
        places, variances = places.reshape(*split, 2), variances.reshape(split)
        known = known.reshape(people, 2, 1, 2, -1).all(axis=3, keepdims=True).repeat(2, axis=3).reshape(split)
        split = people, 1, 2, len(twins.joints)
        away = bank.squared_lengths(found.reshape(*split, 2) - places)
        away = away / np.maximum(variances + noise.reshape(split), 1e-12)
        counts = known & measured.reshape(split)
        return np.asarray(np.where(counts, np.minimum(away, MOST) / 2, 0.0) @ twins.members)

    def _follow(self, came_from: Ways, twins: Twins) -> None:
        """Each way continues with the filters of the one it came by."""
        columns = twins.sources[twins.by_joint(came_from), np.arange(len(twins.joints))]
        rows, columns = np.arange(len(came_from))[:, None], columns.reshape(len(came_from), -1)
        for name in ("x", "P", "alive", "unseen_s"):
            setattr(self, name, getattr(self, name)[rows, columns])

    def _feed(self, found: Floats, noise: Floats, measured: Mask, sides: Floats) -> None:
        y, S = bank.innovation(self.x, self.P, found, noise)
        R = doubted(noise, bank.squared_lengths(y), S)
        self.x, self.P = bank.update(self.x, self.P, found, R=R, where=measured & self.alive)
        begun = measured & ~self.alive
        if begun.any():
            sizes = np.broadcast_to(sides[:, None], begun.shape)[begun]
            self.x[begun], self.P[begun] = bank.start(found[begun], R=noise[begun], spreads=spreads(sizes, 1))
        self.alive = self.alive | measured
        self.unseen_s = np.where(measured, 0.0, self.unseen_s)


def exchanges(steps_s: Floats, found: Floats, scores: Floats, sides: Floats, skeleton: Skeleton) -> Mask:
    """(T, N, G) in which answers of whole tracks, N of them side by side, left and right of which limbs are exchanged.

    steps_s: (T, N) seconds since the step before; found: (T, N, K, 2) pixels, NaN where not seen; scores: (T, N, K);
    sides: (T, N) size of the person, pixels. G: the limbs of `tracking.smoothing.twins.twins_of`.
    """
    twins = twins_of(skeleton)
    ways = SideWays.of(steps_s.shape[1], skeleton)
    came_from = np.zeros((len(steps_s), steps_s.shape[1], 2, twins.groups), np.int64)
    for t, step_s in enumerate(steps_s):
        came_from[t] = ways.decide(found[t], scores[t], step_s, sides[t], twins).came_from
    decided, way = np.zeros((*steps_s.shape, twins.groups), bool), ways.best
    for t in range(len(decided) - 1, -1, -1):
        decided[t] = way == 1
        way = np.take_along_axis(came_from[t], way[:, None], axis=1)[:, 0] % 2
    return decided
