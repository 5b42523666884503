"""Jumps: both feet off the ground. Height from the time in the air (Bosco and others), and from the hips with a scale.

Bosco, Luhtanen and Komi (A simple method for measurement of mechanical power in jumping, European Journal of Applied
Physiology 50, 1983): who is in the air for t seconds rises by g t² / 8.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tracking.answers.motion import Motion, stretches
from tracking.answers.steps import Step
from tracking.answers.turns import crossing

Floats = npt.NDArray[np.float64]

GRAVITY = 9.80665  # m/s²
LIFT = 0.05
"""The ankles are so high, in lengths of a leg, when toes leave the ground: the heel has risen before."""
LEG_M = 0.85
"""Length of a leg of somebody of middle height, to tell a free fall by."""
FALL = (0.6, 1.5)
"""In the air the hips fall with so many times the acceleration of free fall, as far as `LEG_M` is true."""
LEAST_FLIGHT_S, MOST_FLIGHT_S = 0.2, 1.2
GROUND_S = 1.5
"""The ground is where the lower ankle is most of the time, so long before and after."""


@dataclass(frozen=True, slots=True)
class Jump:
    """From take-off to landing. hip_rise_px: how far the hips rise after take-off, in pixels."""

    take_off_s: float
    landing_s: float
    hip_rise_px: float

    @property
    def flight_s(self) -> float:
        """Time in the air."""
        return self.landing_s - self.take_off_s

    @property
    def middle_s(self) -> float:
        """Halfway through the flight, where the body is highest."""
        return (self.take_off_s + self.landing_s) / 2

    @property
    def height_m(self) -> float:
        """From the time in the air."""
        return GRAVITY * self.flight_s**2 / 8


def jumps_of(motion: Motion, steps: Sequence[Step] = ()) -> tuple[Jump, ...]:
    """All jumps of a person. steps: what lies in or between them is walking or running, no jump."""
    leg = motion.leg_px
    if not np.isfinite(leg):
        return ()
    lower = np.fmax(motion.joint("left_ankle")[:, 1], motion.joint("right_ankle")[:, 1])  # y runs down
    hips = motion.middle("hip")[:, 1]
    walking = [
        (step.contact_s, step.toe_off_s + max(step.flight_s or 0.0, 0.0))
        for step in steps
        if step.toe_off_s is not None
    ]
    found = []
    for where, curve in stretches(motion.times, lower):
        times, hip = motion.times[where], hips[where]
        lift = _ground(times, curve) - curve
        at = 0
        while at < len(lift):
            if lift[at] <= LIFT * leg:
                at += 1
                continue
            end = at
            while end < len(lift) and lift[end] > LIFT * leg:
                end += 1
            top = at + int(np.argmax(lift[at:end]))
            start_s, end_s = crossing(times, lift, LIFT * leg, top, -1), crossing(times, lift, LIFT * leg, top, 1)
            first, last, at = at, end, end
            if start_s is None or end_s is None or not LEAST_FLIGHT_S <= end_s - start_s <= MOST_FLIGHT_S:
                continue
            if any(a < end_s and b > start_s for a, b in walking):
                continue
            if _falls(times[first:last], hip[first:last], leg):
                known = np.isfinite(hip)
                begun = float(np.interp(start_s, times[known], hip[known]))
                found.append(Jump(start_s, end_s, begun - float(np.nanmin(hip[first:last]))))
    return tuple(found)


def _falls(times: Floats, hip: Floats, leg: float) -> bool:
    """Whether the hips move as something thrown: feet that are drawn up, or seen from above, are no jump."""
    known = np.isfinite(hip)
    if known.sum() < 4:
        return False
    bend = 2 * float(np.polyfit(times[known] - times[known][0], hip[known], 2)[0])
    return FALL[0] <= bend * LEG_M / leg / GRAVITY <= FALL[1]


def _ground(times: Floats, lower: Floats) -> Floats:
    """(F,) height of the lower ankle of somebody who stands, in pixels from the top."""
    first = np.searchsorted(times, times - GROUND_S)
    end = np.searchsorted(times, times + GROUND_S, side="right")
    return np.array([np.percentile(lower[a:b], 70) for a, b in zip(first, end, strict=True)])
