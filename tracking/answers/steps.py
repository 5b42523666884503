"""Steps: when each foot meets and leaves the ground, from how its ankle moves against the hips.

Steps are found where an ankle is farthest before the hips and farthest behind them, after Zeni, Richards and Higginson
(Two simple methods for determining gait events during treadmill and overground walking using kinematic data, Gait &
Posture 27, 2008). The moment itself is where the foot comes to rest on the ground, and where it hurries after the body,
after the same paper's method by velocity.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from tracking.answers.motion import Motion, stretches
from tracking.answers.turns import Turn, crossing, turns

Floats = npt.NDArray[np.float64]

SWING = 0.12
"""A foot that swings by less before and behind the hips, in lengths of a leg, makes no step."""
AHEAD = 0.25
"""When a foot meets the ground, it is so far before the other one ..."""
PASSED = 0.12
"""... and before its step or after it so near to it: the feet have passed each other."""
SIDEWAYS = 0.6
"""Whose ankles move less across the picture, against up and down, comes or goes."""
TRAVEL = 0.3
"""Who moves slower, in lengths of a leg a second, walks on the spot: the face tells the direction."""
RUNNING_STEP_S = 0.41
WALKED_OFF, RUN_OFF = 0.25, -0.15
"""Where a toe-off is looked for after the other foot's contact, in steps; half a step to both sides."""
AT_REST = 0.75
"""A foot has met the ground when it goes back under the hips with this share of the pace; at 1 it is at rest."""
HURRY = 0.2
"""A foot has left it when it comes forward under the hips with this share of the pace."""
NEAR_S = 0.15
PAUSE_S = 1.5
"""Steps farther apart belong to two walks."""


@dataclass(frozen=True, slots=True)
class Step:
    """One foot on the ground. contact_s: it meets it; toe_off_s: it leaves it; None where that was not seen.

    step_s: since the other foot's contact. flight_s: from toe-off to the other foot's next contact; negative where both
    are on the ground meanwhile, as in walking. None where the neighbouring event was not seen.
    """

    side: str
    contact_s: float
    toe_off_s: float | None = None
    step_s: float | None = None
    flight_s: float | None = None

    @property
    def contact_time_s(self) -> float | None:
        """How long the foot was on the ground."""
        return None if self.toe_off_s is None else self.toe_off_s - self.contact_s


def steps_of(motion: Motion) -> tuple[Step, ...]:
    """All steps of a person, by time of contact.

    The front one of both ankles and the rear one are looked at, whichever is left, so that a network which exchanges
    the legs for a moment makes no steps; which foot it was follows for a whole walk, as the feet take turns.
    """
    leg = motion.leg_px
    if not np.isfinite(leg) or len(motion.times) < 2:
        return ()
    hips = motion.middle("hip")
    left, right = (motion.joint(f"{side}_ankle") - hips for side in ("left", "right"))
    forward = _forward(motion, hips, left - right, leg)
    along = np.stack([way[:, 0] * forward for way in (left, right)])
    front, rear = along.max(axis=0), along.min(axis=0)
    steps: list[Step] = []
    for where, ahead in stretches(motion.times, front):
        times, apart = motion.times[where], along[0, where] - along[1, where]
        contacts, pace = _contacts(times, ahead, apart, leg)
        offs = _toe_offs(times, np.interp(times, *_known(times, rear[where])), pace, leg)
        for walk in _walks(_passing(contacts, apart, leg)):
            lead = sum((-1) ** number * apart[event.index] for number, event in enumerate(walk))
            sides = ("left", "right") if lead > 0 else ("right", "left")
            steps += _linked(walk, offs, sides)
    return tuple(steps)


def cadence_of(steps: Sequence[Step]) -> float | None:
    """Steps a minute: from the median time between the contacts of the two feet; None with fewer than three in turn,
    as one time alone may be anything."""
    between = [step.step_s for step in steps if step.step_s is not None]
    return 60 / float(np.median(between)) if len(between) > 1 else None


def _contacts(times: Floats, ahead: Floats, apart: Floats, leg: float) -> tuple[list[Turn], float]:
    """Contacts of the front foot, and the pace: how fast a foot on the ground goes back under the hips, in px/s.

    ahead (F,): of the front ankle before the hips. apart (F,): of the left one before the right one.
    """
    tops = [
        event for event in turns(times, ahead, SWING * leg) if event.is_high and abs(apart[event.index]) >= AHEAD * leg
    ]
    speed = np.gradient(ahead, times)
    pace = float(-np.median(speed[speed < 0])) if (speed < 0).any() else 0.0
    return [replace(top, time_s=_rises(times, -speed, AT_REST * pace, top.index) or top.time_s) for top in tops], pace


def _toe_offs(times: Floats, behind: Floats, pace: float, leg: float) -> list[float]:
    """Toe-offs of the rear foot. behind (F,): of the rear ankle before the hips."""
    speed = np.gradient(behind, times)
    lows = [event for event in turns(times, behind, SWING * leg) if not event.is_high]
    return [_rises(times, speed, HURRY * pace, low.index) or low.time_s for low in lows]


def _rises(times: Floats, values: Floats, level: float, start: int) -> float | None:
    """When values rise over a level, near frame `start`: before it where they lie above there already."""
    step = -1 if values[start] > level else 1
    found = crossing(times, values if step < 0 else -values, level if step < 0 else -level, start, step)
    return found if found is not None and abs(found - times[start]) <= NEAR_S else None


def _known(times: Floats, values: Floats) -> tuple[Floats, Floats]:
    """The frames in which a value is known."""
    known = np.isfinite(values)
    return times[known], values[known]


def _forward(motion: Motion, hips: Floats, apart: Floats, leg: float) -> Floats:
    """(F,) 1 or -1: where forward is, across the picture; NaN where somebody mostly comes or goes, whose ankles tell
    little of their steps. hips, apart (F, 2): the place of the hips, and of the left ankle against the right one."""
    known = np.isfinite(apart).all(axis=1)
    if not known.any() or np.std(apart[known, 0]) < SIDEWAYS * np.std(apart[known, 1]):
        return np.full(len(hips), np.nan)
    way = _moving_mean(motion.times, np.gradient(hips[:, 0], motion.times))
    return np.where(np.abs(way) > TRAVEL * leg, np.sign(way), _facing(motion))


def _facing(motion: Motion) -> float:
    """1 or -1: on which side of the ears the nose is, most of the time."""
    sides = motion.joint("nose")[:, 0] - motion.middle("ear")[:, 0]
    return -1.0 if np.isfinite(sides).any() and np.nanmedian(sides) < 0 else 1.0


def _moving_mean(times: Floats, values: Floats, reach_s: float = 0.5) -> Floats:
    """(F,) mean of what is known within `reach_s` before and after."""
    known = np.isfinite(values)
    sums, counts = np.cumsum(np.r_[0.0, np.where(known, values, 0)]), np.cumsum(np.r_[0, known])
    first, end = np.searchsorted(times, times - reach_s), np.searchsorted(times, times + reach_s, side="right")
    count = counts[end] - counts[first]
    return np.where(count > 0, (sums[end] - sums[first]) / np.maximum(count, 1), np.nan)


def _passing(contacts: Sequence[Turn], apart: Floats, leg: float) -> list[Turn]:
    """Without those of feet that stand apart while the hips move over them."""

    def pass_by(first: Turn, second: Turn) -> bool:
        return bool(np.abs(apart[first.index : second.index + 1]).min() < PASSED * leg)

    passes = [pass_by(first, second) for first, second in pairwise(contacts)]
    return [contact for contact, *near in zip(contacts, [False, *passes], [*passes, False], strict=False) if any(near)]


def _walks(contacts: Sequence[Turn]) -> Iterator[Sequence[Turn]]:
    """Contacts that follow one another without a pause."""
    start = 0
    for number in range(1, len(contacts) + 1):
        if number == len(contacts) or contacts[number].time_s - contacts[number - 1].time_s > PAUSE_S:
            yield contacts[start:number]
            start = number


def _linked(walk: Sequence[Turn], offs: Sequence[float], sides: tuple[str, str]) -> Iterator[Step]:
    """The steps of one walk. A foot leaves the ground when the other one has met it, by walking, or before, by running;
    slower steps than `RUNNING_STEP_S` are taken as walked."""
    for number, event in enumerate(walk):
        before = event.time_s - walk[number - 1].time_s if number else None
        toe_off = flight = None
        if number + 1 < len(walk):
            after = walk[number + 1].time_s
            step_s = after - event.time_s
            wanted = after + (WALKED_OFF if step_s > RUNNING_STEP_S else RUN_OFF) * step_s
            nearest = min(offs, key=lambda off: abs(off - wanted), default=np.inf)
            if abs(nearest - wanted) <= step_s / 2:
                toe_off, flight = nearest, after - nearest
        yield Step(sides[number % 2], event.time_s, toe_off, before, flight)
