"""Repetitions: movements like squats and push-ups, counted where the angle of a joint closes and opens again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tracking.answers.jumps import Jump
from tracking.answers.motion import Motion, stretches
from tracking.answers.turns import crossing, turns

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

LEAST_DEG = 35.0
"""Who bends by less makes no repetition."""
EDGE = 0.1
"""It begins and ends at this share of its range from the top, and is at the bottom within the same share of it."""
DROP = 0.15
"""In a squat the hips come down by so much, in lengths of a leg, over the feet and in the picture; a step bends the
knees too, and where both legs are read on the lifted one the feet come up instead."""
LEAST_WAY_S = 0.12
"""Nobody gets down or up faster: joints that jump to somebody else's do."""
NEAR_JUMP_S = 0.3
LYING_DEG = 45.0
"""In a push-up the trunk leans by more."""


@dataclass(frozen=True, slots=True)
class Repetition:
    """Down and up again. kind: of one of `EXERCISES`.

    From start_s down to low_s, up again from rise_s to end_s, seconds; angles in degrees.
    """

    kind: str
    start_s: float
    low_s: float
    rise_s: float
    end_s: float
    top_deg: float
    bottom_deg: float

    @property
    def range_deg(self) -> float:
        """How far it goes."""
        return self.top_deg - self.bottom_deg

    @property
    def down_s(self) -> float:
        """Time on the way down."""
        return self.low_s - self.start_s

    @property
    def pause_s(self) -> float:
        """Time at the bottom."""
        return self.rise_s - self.low_s

    @property
    def up_s(self) -> float:
        """Time on the way up."""
        return self.end_s - self.rise_s

    @property
    def bottom_s(self) -> float:
        """The middle of the time at the bottom."""
        return (self.low_s + self.rise_s) / 2


@dataclass(frozen=True, slots=True)
class Exercise:
    """A movement that is repeated. joint: whose straighter side closes and opens again; is_done(motion, inside):
    whether the rest of the body does it too, in the frames (F,) of a repetition."""

    kind: str
    joint: str
    is_done: Callable[[Motion, Bools], bool]


def _hips_come_down(motion: Motion, inside: Bools) -> bool:
    lower = np.fmax(motion.joint("left_ankle")[:, 1], motion.joint("right_ankle")[:, 1])  # who runs lifts one foot
    hips = motion.middle("hip")[:, 1]
    height, depth = (lower - hips)[inside], hips[inside]
    if not (np.isfinite(height).any() and np.isfinite(depth).any()):
        return False
    drop = min(np.nanmax(height) - np.nanmin(height), np.nanmax(depth) - np.nanmin(depth))
    return bool(drop >= DROP * motion.leg_px)


def _trunk_lies(motion: Motion, inside: Bools) -> bool:
    lean = np.abs(motion.angle("trunk_lean")[inside])
    return bool(np.isfinite(lean).any() and np.nanmedian(lean) > LYING_DEG)


EXERCISES = (Exercise("squat", "knee", _hips_come_down), Exercise("push-up", "elbow", _trunk_lies))


def repetitions_of(motion: Motion, jumps: Sequence[Jump] = ()) -> tuple[Repetition, ...]:
    """All repetitions of a person, by time. jumps: going down for one, or after it, is no repetition."""
    found = []
    for exercise in EXERCISES:
        straighter = np.fmax(motion.angle(f"left_{exercise.joint}"), motion.angle(f"right_{exercise.joint}"))
        for where, curve in stretches(motion.times, straighter):
            for repetition in _repetitions(exercise.kind, motion.times[where], curve):
                if any(
                    jump.take_off_s < repetition.end_s + NEAR_JUMP_S
                    and jump.landing_s > repetition.start_s - NEAR_JUMP_S
                    for jump in jumps
                ):
                    continue
                inside = (motion.times >= repetition.start_s) & (motion.times <= repetition.end_s)
                if exercise.is_done(motion, inside):
                    found.append(repetition)
    return tuple(sorted(found, key=lambda repetition: repetition.start_s))


def _repetitions(kind: str, times: Floats, curve: Floats) -> list[Repetition]:
    """Every low between two highs, or between a high and an end of the curve that is as high."""
    found = []
    events = turns(times, curve, LEAST_DEG)
    for number, event in enumerate(events):
        if event.is_high:
            continue
        first = events[number - 1].index if number else 0
        last = events[number + 1].index if number + 1 < len(events) else len(curve) - 1
        top = min(float(curve[first : event.index].max()), float(curve[event.index : last + 1].max()))
        if top - event.value < LEAST_DEG:
            continue
        low, edge = event.value + EDGE * (top - event.value), top - EDGE * (top - event.value)
        # Outwards from the lowest frame the angle opens, so its mirror image falls.
        start_s, low_s = (crossing(times, -curve, -level, event.index, -1) for level in (edge, low))
        rise_s, end_s = (crossing(times, -curve, -level, event.index, 1) for level in (low, edge))
        if start_s is not None and low_s is not None and rise_s is not None and end_s is not None:
            repetition = Repetition(kind, start_s, low_s, rise_s, end_s, top, event.value)
            if min(repetition.down_s, repetition.up_s) >= LEAST_WAY_S:
                found.append(repetition)
    return found
