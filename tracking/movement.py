"""How somebody moves where they are lost, or where they come: whether two people may be one (docs/people.md)."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tracking.answers.motion import Motion

Floats = npt.NDArray[np.float64]

WHOLE_S = 5.0
"""So much of somebody before they are lost, or after they come, says how they are built."""
END_S = 0.7
"""And so much where they were going."""
WAY, WAY_A_SECOND = 0.15, 0.35
"""Two ways that meet miss each other by about so much of the person's size, and by so much more for each second."""
PACE, PACE_A_SECOND = 0.3, 0.2
"""The same of how far they go in a second: people turn and stop."""
GROWTH, GROWTH_A_SECOND = 0.04, 0.08
"""And of the logarithm of their size."""
LIMBS = 0.04
"""And of those of their limbs' shares in it."""
FACE = ("nose", "left_eye", "right_eye", "left_ear", "right_ear")
MOST = 3.0
"""Nothing counts for more: who turned round while nobody looked is not yet somebody else."""
ALIKE = 1.75
"""Who differs by more moves otherwise."""


@dataclass(frozen=True, eq=False)
class Movement:
    """Somebody at one end of the time in which they are seen.

    time_s: of that end. place: (2,) pixels, the middle of the trunk; velocity: (2,) pixels a second. size: pixels,
    trunk, thigh and shank together. limbs: (4,) logarithms of what trunk, thigh, shank and neck are of it. All NaN
    where not known.
    """

    time_s: float
    place: Floats
    velocity: Floats
    size: float
    limbs: Floats

    @classmethod
    def of(cls, motion: Motion, *, at_start: bool) -> "Movement":
        """At the first or the last moment at which a joint is known."""
        there = np.flatnonzero(np.isfinite(motion.points).any(axis=(1, 2)))
        nothing = np.full(2, np.nan)
        if not len(there):
            return cls(np.nan, nothing, nothing, np.nan, np.full(4, np.nan))
        time_s = float(motion.times[there[0 if at_start else -1]])
        near = np.abs(motion.times - time_s) <= END_S
        shoulders, hips = motion.middle("shoulder"), motion.middle("hip")
        trunk, neck = np.hypot(*(shoulders - hips).T), np.hypot(*(_face(motion) - shoulders).T)
        thigh, shank = _longer(motion, "hip", "knee"), _longer(motion, "knee", "ankle")
        sizes = trunk + thigh + shank
        shares = [_median(limb / sizes) for limb in (trunk, thigh, shank, neck)]
        place, velocity = _way(motion.times[near], ((shoulders + hips) / 2)[near], time_s)
        return cls(time_s, place, velocity, _median(sizes[near]), np.log(shares))


def difference(lost: Movement, new: Movement) -> float:
    """How much otherwise somebody moves who came than somebody who was lost before; 1 is as much as the same person
    usually does, and what is taken where nothing is known."""
    away_s = new.time_s - lost.time_s
    size = np.sqrt(lost.size * new.size)
    missed = np.hypot(*(new.place - lost.place - (lost.velocity + new.velocity) / 2 * away_s)) / size
    limbs = np.abs(new.limbs - lost.limbs)
    parts = np.array([
        missed / (WAY + WAY_A_SECOND * away_s),
        np.hypot(*(new.velocity - lost.velocity)) / size / (PACE + PACE_A_SECOND * away_s),
        abs(np.log(new.size / lost.size)) / (GROWTH + GROWTH_A_SECOND * away_s),
        np.sqrt(np.mean(limbs[np.isfinite(limbs)] ** 2)) / LIMBS if np.isfinite(limbs).any() else np.nan,
    ])  # fmt: skip
    known = np.minimum(parts[np.isfinite(parts)], MOST)
    return float(np.sqrt(np.mean(known**2))) if len(known) else 1.0


def _face(motion: Motion) -> Floats:
    """(F, 2) pixels, the middle of what is known of the face."""
    parts = np.ma.masked_invalid([motion.joint(name) for name in FACE])
    return np.asarray(parts.mean(axis=0).filled(np.nan), np.float64)


def _longer(motion: Motion, start: str, end: str) -> Floats:
    """(F,) pixels of a limb: the longer side, as one that is turned away from the picture looks shorter than it is."""
    sides = (motion.joint(f"{side}_{start}") - motion.joint(f"{side}_{end}") for side in ("left", "right"))
    return np.fmax(*(np.hypot(*side.T) for side in sides))


def _way(times: Floats, points: Floats, time_s: float) -> tuple[Floats, Floats]:
    """(2,) place at a time and velocity of points (F, 2), by medians: a few wild ones don't count."""
    known = np.isfinite(points).all(axis=1)
    times, points = times[known], points[known]
    half = len(times) // 2
    if half < 2:
        return np.full(2, np.nan), np.full(2, np.nan)
    velocity = np.median((points[-half:] - points[:half]) / (times[-half:] - times[:half])[:, None], axis=0)
    return np.median(points, axis=0) + velocity * (time_s - np.median(times)), velocity


def _median(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else np.nan
