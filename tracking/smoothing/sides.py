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
LABELS = np.array([[[0]], [[1]]], np.uint8)  # an answer is taken as it is, or exchanged
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

    x (2, 2, W, N, J), P (2, 2, W, N, J): filters as in `tracking.smoothing.bank` of the J joints that have a twin (all
    of one side, then those of the other in the same order). alive: (W, N, J) a filter runs. unseen_s: (W, N, J).
    against: (W, N, G) log-likelihood that speaks against each way. past: (W, N, G) its eight newest decisions, a bit
    each; of ways that agree in them only the best is kept. best: (N, G) the way believed.
    """

    twins: Twins
    x: Floats
    P: Floats
    alive: Mask
    unseen_s: Floats
    against: Floats
    past: npt.NDArray[np.uint8]
    best: Ways

    @classmethod
    def of(cls, people: int, skeleton: Skeleton, *, survivors: int = SURVIVORS) -> "SideWays":
        """Nothing seen yet. survivors: how many ways are kept of those that take the newest answer alike."""
        twins = twins_of(skeleton)
        joints, groups = (2 * survivors, people, len(twins.joints)), (2 * survivors, people, twins.groups)
        states = np.zeros((2, 2, *joints))
        return cls(
            twins, states, states, np.zeros(joints, bool), np.zeros(joints), np.zeros(groups),
            np.zeros(groups, np.uint8), np.zeros(groups[1:], np.int64),
        )  # fmt: skip

    def select(self, rows: npt.NDArray[np.int64]) -> "SideWays":
        """Those of these rows; blank where a row is -1."""
        arrays = (bank.picked(getattr(self, field.name), rows) for field in fields(self)[1:])
        return SideWays(self.twins, *arrays)

    def decide(
        self, found: Floats, scores: Floats, noise: Floats, *, step_s: Floats | float, sides: Floats
    ) -> Decision:  # fmt: skip
        """Takes in an answer, `step_s` after the last one (one number, or (N, 1)).

        found: (2, N, K) pixels, NaN where not seen; scores: (N, K), 0 there; noise: (N, K) its variances; sides: (N, 1)
        size of the person, pixels.
        """
        both_ways, members = self.twins.both_ways, self.twins.members
        found = found.take(both_ways, axis=2).swapaxes(1, 2)
        noise = noise.take(both_ways, axis=1).swapaxes(0, 1)
        measured = np.isfinite(found[0])
        found = np.where(measured, found, 0.0)
        count = measured[0] @ members
        seen = count > 0
        mean = scores.take(self.twins.joints, axis=1) @ members / np.maximum(count, 1)
        exchange = np.minimum(LOOKS * step_s, 1.0) * seen * (ODDS + ODDS_OF_SURE * np.maximum(mean - SURE, 0.0))
        self._predict(step_s, sides)
        came_from = self._choose(self._misfits(found, noise, measured), seen, exchange)
        self._follow(came_from)
        self._feed(found, noise, measured, sides)
        last, self.best = self.best, self.against.argmin(axis=0)
        return Decision(self.takes_exchanged(self.best), _of_ways(came_from, self.best) != last, came_from)

    def takes_exchanged(self, ways: Ways) -> Mask:
        """Which of these ways take the newest answer exchanged."""
        return ways >= len(self.against) // 2

    def believed(self) -> tuple[Floats, Mask]:
        """States (2, 2, N, J) of the joints that have a twin, by the way believed, and (N, J) which are known."""
        joint = np.arange(self.alive[0].size).reshape(self.alive[0].shape)
        at = self.twins.by_joint(self.best) * joint.size + joint
        return self.x.reshape(2, 2, -1).take(at, axis=2), self.alive.take(at)

    def _predict(self, step_s: Floats | float, sides: Floats) -> None:
        self.x, self.P = bank.predict(self.x, self.P, step_s, density=motion_density(sides, DENSITY))
        self.unseen_s = self.unseen_s + step_s
        self.alive = self.alive & (self.unseen_s <= MEMORY_S)

    def _misfits(self, found: Floats, noise: Floats, measured: Mask) -> Floats:
        """(W, 2, N, G) log-likelihood against coming by a way to the answer as it is or exchanged."""
        half = self.alive.shape[2] // 2
        both = self.alive[..., :half] & self.alive[..., half:]
        known = np.concatenate([both, both], axis=2)
        away = bank.squared_lengths(found[:, None] - self.x[0][:, :, None]) / (self.P[0, 0][:, None] + noise)
        counts = known[:, None] & measured
        return np.asarray(np.where(counts, np.minimum(away, MOST), 0.0) @ self.twins.members / 2)

    def _choose(self, misfits: Floats, seen: Mask, exchange: Floats) -> Ways:
        """(W, N, G) by which way each way comes to the newest answer. exchange: (N, G) counts against exchanging it."""
        ways, shape = len(self.against), self.against.shape
        going = self.against[:, None] + misfits
        revised = going[:, ::-1] + np.where(seen, REVISION, NEVER)
        change = np.where(seen, CHANGE, NEVER)
        going[: ways // 2, 1] += change
        going[ways // 2 :, 0] += change
        left = np.concatenate([going, revised])
        left[:, 1] += exchange
        left = left.reshape(2 * ways, -1)  # what may still be chosen
        past = (np.concatenate([self.past, ~self.past])[:, None] << 1 | LABELS).reshape(left.shape)
        columns, by_label = np.arange(left.shape[1]), (2, ways // 2, *shape[1:])
        came_from, against, kept = np.empty(by_label, np.int64), np.empty(by_label), np.empty(by_label, np.uint8)
        for survivor in range(ways // 2):
            chosen = left.argmin(axis=0)
            at = chosen * len(columns) + columns
            same = past.take(at)
            came_from[:, survivor] = chosen.reshape(2, *shape[1:])
            against[:, survivor] = left.take(at).reshape(2, *shape[1:])
            kept[:, survivor] = same.reshape(2, *shape[1:])
            left += NEVER * (past == same)
        against = against.reshape(shape)
        self.past, self.against = kept.reshape(shape), against - against.min(axis=0)
        return came_from.reshape(shape)

    def _follow(self, came_from: Ways) -> None:
        """Each way continues with the filters of the one it came by."""
        ways, (people, joints) = len(self.alive), self.alive[0].shape
        joint = np.arange(people * joints).reshape(people, joints)
        twin = joint.reshape(people, 2, joints // 2)[:, ::-1].reshape(joint.shape)
        came = self.twins.by_joint(came_from)
        at = came % ways * joint.size + np.where(came < ways, joint, twin)
        self.x, self.P = (states.reshape(2, 2, -1).take(at, axis=2) for states in (self.x, self.P))
        self.alive, self.unseen_s = self.alive.take(at), self.unseen_s.take(at)

    def _feed(self, found: Floats, noise: Floats, measured: Mask, sides: Floats) -> None:
        shape, split = self.alive.shape, (2, len(self.alive) // 2, *measured.shape[1:])
        found, noise, measured = found[:, :, None], noise[:, None], measured[:, None]
        x, P = self.x.reshape(2, 2, *split), self.P.reshape(2, 2, *split)
        alive, unseen_s = self.alive.reshape(split), self.unseen_s.reshape(split)
        y, S = bank.innovation(x, P, found, noise)
        R = doubted(noise, bank.squared_lengths(y), S)
        x, P = bank.update(x, P, found, R=R, where=measured & alive)
        begun = measured & ~alive
        if begun.any():
            *place, variance, size = (np.broadcast_to(part, begun.shape)[begun] for part in (*found, noise, sides))
            x[..., begun], P[..., begun] = bank.start(np.array(place), R=variance, spreads=spreads(size, 1))
        self.x, self.P = x.reshape(self.x.shape), P.reshape(self.P.shape)
        self.alive = (alive | measured).reshape(shape)
        self.unseen_s = np.where(measured, 0.0, unseen_s).reshape(shape)


def _of_ways(values: npt.NDArray[Any], ways: Ways) -> npt.NDArray[Any]:
    """(N, G) of values (W, N, G) that of each limb's way (N, G)."""
    return values.reshape(len(values), -1)[ways.ravel(), np.arange(ways.size)].reshape(ways.shape)


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

    steps_s: (T, N) seconds since the step before; found: (T, 2, N, K) pixels, NaN where not seen; scores: (T, N, K),
    which may be NaN there too; sides: (T, N) size of the person, pixels. G: the limbs of
    `tracking.smoothing.twins.twins_of`. survivors: see `SideWays.of`.
    """
    ways = SideWays.of(steps_s.shape[1], skeleton, survivors=survivors)
    steps_s, sides = steps_s[..., None], sides[..., None]
    came_from = np.zeros((len(steps_s), *ways.against.shape), np.int64)
    for t in range(len(steps_s)):
        sure = np.where(np.isfinite(found[t, 0]), scores[t], 0.0)
        noise = measurement_variance(sides[t], sure)
        came_from[t] = ways.decide(found[t], sure, noise, step_s=steps_s[t], sides=sides[t]).came_from
    decided, way = np.zeros((len(steps_s), *ways.best.shape), bool), ways.best
    for t in range(len(decided) - 1, -1, -1):
        decided[t] = ways.takes_exchanged(way)
        way = _of_ways(came_from[t], way) % len(ways.against)
    return decided
