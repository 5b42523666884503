"""Left and right: in which of the network's answers they are exchanged (legs in side view, above all), limb by limb.

The likeliest series of decisions (Viterbi, 1967), where the filters that say what fits follow the decisions
themselves (per-survivor processing: Raheli, Polydoros and Tzou, IEEE Transactions on Communications 43, 1995). For each
limb a few ways through the track are kept, half of which take the newest answer as it is and half exchanged, each with
Kalman filters of its own. These count against a way: joints far from where its filters expect them; each answer it
takes exchanged, more so where the network was sure; each change between as-is and exchanged. While legs pass each
other several ways fit, and only what follows shows which was right: with one way on either side the right one is often
given up too early. A way may also find that it has had left and right exchanged for long, and continue with its filters
exchanged.
"""

from dataclasses import dataclass, fields
from typing import Any

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
PAST = 0b1111_1111  # of ways that agree in so many of their newest decisions only the best is kept
SURVIVORS, LATER_SURVIVORS = 2, 8  # ways kept on either side (as it is, exchanged): live, and over a whole track


@dataclass(frozen=True)
class Decision:
    """swap (N, G): in the newest answer left and right of a limb are exchanged. revised (N, G): the answers before were
    not as believed, either. came_from (N, W, G): by which way each way comes to the newest answer; W more where it goes
    on with its filters exchanged."""

    swap: Mask
    revised: Mask
    came_from: Ways


@dataclass
class SideWays:
    """The W ways kept of every limb of N people: the first half take the newest answer as it is, the others exchanged.

    x (N, W J, 2, 2), P (N, W J, 2, 2): filters as in `tracking.smoothing.bank` of the J joints that have a twin (all of
    one side, then those of the other in the same order), way by way. alive: (N, W J) a filter runs. unseen_s: (N, W J).
    against: (N, W, G) log-likelihood that speaks against each way. past: (N, W, G) its newest decisions, bit by bit.
    best: (N, G) the way believed.
    """

    x: Floats
    P: Floats
    alive: Mask
    unseen_s: Floats
    against: Floats
    past: Ways
    best: Ways

    @classmethod
    def of(cls, people: int, skeleton: Skeleton, *, survivors: int = SURVIVORS) -> "SideWays":
        """Nothing seen yet. survivors: how many ways are kept of those that take the newest answer alike."""
        twins = twins_of(skeleton)
        ways = 2 * survivors
        shape = people, ways * len(twins.joints)
        states, groups = np.zeros((*shape, 2, 2)), (people, ways, twins.groups)
        against, best = np.zeros(groups), np.zeros((people, twins.groups), np.int64)
        return cls(states, states, np.zeros(shape, bool), np.zeros(shape), against, np.zeros(groups, np.int64), best)

    def select(self, rows: npt.NDArray[np.int64]) -> "SideWays":
        """Those of these rows; blank where a row is -1."""
        return SideWays(*(bank.picked(getattr(self, field.name), rows) for field in fields(self)))

    @property
    def _ways(self) -> int:
        return self.against.shape[1]

    def decide(self, found: Floats, scores: Floats, step_s: Floats | float, sides: Floats, twins: Twins) -> Decision:
        """Takes in an answer, `step_s` after the last one (one number, or one for each person).

        found: (N, K, 2) pixels, NaN where not seen; scores: (N, K), which may be NaN there too; sides: (N,) size of the
        person, pixels.
        """
        step, joints = np.reshape(step_s, (-1, 1)), len(twins.joints)
        found, scores = found[:, twins.both_ways], scores[:, twins.both_ways]
        measured = np.isfinite(found[..., 0])
        found, scores = np.where(measured[..., None], found, 0.0), np.where(measured, scores, 0.0)
        noise = measurement_variance(sides, scores)
        count = measured[:, :joints] @ twins.members
        seen = count > 0
        mean = scores[:, :joints] @ twins.members / np.maximum(count, 1)
        sure = np.maximum(mean - SURE, 0.0)
        self._predict(step_s, step, sides)
        exchange = np.minimum(LOOKS * step, 1.0) * seen * (ODDS + ODDS_OF_SURE * sure)
        came_from = self._choose(self._misfits(found, noise, measured, twins), seen, exchange)
        self._follow(came_from, twins)
        self._feed(found, noise, measured, sides)
        last, self.best = self.best, self.against.argmin(axis=1)
        came = np.take_along_axis(came_from, self.best[:, None], axis=1)[:, 0]
        return Decision(self.takes_exchanged(self.best), came != last, came_from)

    def takes_exchanged(self, ways: Ways) -> Mask:
        """Which of these ways take the newest answer exchanged."""
        return ways % self._ways >= self._ways // 2

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
        """(N, W, 2, G) log-likelihood against coming by a way to the answer as it is or exchanged."""
        people, joints = len(found), len(twins.joints)
        split = people, self._ways, 1, joints
        places, variances = self.x[:, :, 0].reshape(*split, 2), self.P[:, :, 0, 0].reshape(split)
        known = self.alive.reshape(people, self._ways, 1, 2, -1).all(axis=3, keepdims=True).repeat(2, axis=3)
        split = people, 1, 2, joints
        found = found.reshape(*split, 2)
        away = bank.squared_lengths(found - places) / np.maximum(variances + noise.reshape(split), 1e-12)
        counts = known.reshape(people, self._ways, 1, joints) & measured.reshape(split)
        return np.asarray(np.where(counts, np.minimum(away, MOST) / 2, 0.0) @ twins.members)

    def _choose(self, misfits: Floats, seen: Mask, exchange: Floats) -> Ways:
        """(N, W, G) by which way each way comes to the newest answer. exchange: (N, G) counts against exchanging it."""
        ways = self._ways
        changes = self.takes_exchanged(np.arange(ways))[:, None] != np.array([False, True])
        going = self.against[:, :, None] + misfits
        revised = going[:, :, ::-1] + np.where(seen, REVISION, NEVER)[:, None, None]
        going += changes[..., None] * np.where(seen, CHANGE, NEVER)[:, None, None]
        left = np.concatenate([going, revised], axis=1)  # (N, 2 W, 2, G), what may still be chosen
        left[:, :, 1] += exchange[:, None]
        past = np.concatenate([self.past, ~self.past], axis=1)[:, :, None] * 2 + np.array([0, 1])[:, None]
        past &= PAST
        came_from, against, kept = (np.empty((len(seen), ways, seen.shape[1]), kind) for kind in (int, float, int))
        person, label, limb = np.ogrid[: len(seen), :2, : seen.shape[1]]
        for survivor in range(ways // 2):
            chosen = left.argmin(axis=1)  # (N, 2, G)
            of_both = np.s_[:, survivor :: ways // 2]  # the way that takes the answer as it is, and the one exchanged
            came_from[of_both] = chosen
            against[of_both] = left[person, chosen, label, limb]
            kept[of_both] = same = past[person, chosen, label, limb]
            left += NEVER * (past == same[:, None])
        self.past, self.against = kept, against - against.min(axis=1, keepdims=True)
        return came_from

    def _follow(self, came_from: Ways, twins: Twins) -> None:
        """Each way continues with the filters of the one it came by."""
        joints = len(twins.joints)
        came = twins.by_joint(came_from)
        is_exchanged = came // self._ways
        columns = came % self._ways * joints + (np.arange(joints) + is_exchanged * (joints // 2)) % joints
        rows, columns = np.arange(len(came_from))[:, None], columns.reshape(len(came_from), -1)
        for name in ("x", "P", "alive", "unseen_s"):
            setattr(self, name, getattr(self, name)[rows, columns])

    def _feed(self, found: Floats, noise: Floats, measured: Mask, sides: Floats) -> None:
        found, noise, measured = (self._by_way(part) for part in (found, noise, measured))
        y, S = bank.innovation(self.x, self.P, found, noise)
        R = doubted(noise, bank.squared_lengths(y), S)
        self.x, self.P = bank.update(self.x, self.P, found, R=R, where=measured & self.alive)
        begun = measured & ~self.alive
        if begun.any():
            sizes = np.broadcast_to(sides[:, None], begun.shape)[begun]
            self.x[begun], self.P[begun] = bank.start(found[begun], R=noise[begun], spreads=spreads(sizes, 1))
        self.alive = self.alive | measured
        self.unseen_s = np.where(measured, 0.0, self.unseen_s)

    def _by_way(self, answer: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """(N, W J, ...) of an answer (N, 2 J, ...) as it is and exchanged: what each way takes."""
        people, rest = len(answer), answer.shape[2:]
        both = answer.reshape(people, 2, -1, *rest)
        return both.repeat(self._ways // 2, axis=1).reshape(people, -1, *rest)


def exchanges(
    steps_s: Floats,
    found: Floats,
    scores: Floats,
    sides: Floats,
    skeleton: Skeleton,
    *,
    survivors: int = LATER_SURVIVORS,
) -> Mask:
    """(T, N, G) in which answers of whole tracks, N of them side by side, left and right of which limbs are exchanged.

    steps_s: (T, N) seconds since the step before; found: (T, N, K, 2) pixels, NaN where not seen; scores: (T, N, K);
    sides: (T, N) size of the person, pixels. G: the limbs of `tracking.smoothing.twins.twins_of`. survivors: see
    `SideWays.of`.
    """
    twins = twins_of(skeleton)
    ways = SideWays.of(steps_s.shape[1], skeleton, survivors=survivors)
    came_from = np.zeros((len(steps_s), *ways.against.shape), np.int64)
    for t, step_s in enumerate(steps_s):
        came_from[t] = ways.decide(found[t], scores[t], step_s, sides[t], twins).came_from
    decided, way = np.zeros((*steps_s.shape, twins.groups), bool), ways.best
    for t in range(len(decided) - 1, -1, -1):
        decided[t] = ways.takes_exchanged(way)
        way = np.take_along_axis(came_from[t], way[:, None], axis=1)[:, 0] % ways.against.shape[1]
    return decided
