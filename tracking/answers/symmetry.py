"""Left against right: the symmetry index of Robinson, Herzog and Nigg (Use of force platform variables to quantify the
effects of chiropractic manipulation on gait symmetry, Journal of Manipulative and Physiological Therapeutics 10, 1987).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from tracking.answers.motion import Motion
from tracking.answers.steps import Step

RANGES = ("knee", "hip", "elbow")


@dataclass(frozen=True, slots=True)
class Sides:
    """The same quantity on the left and the right; each the median over all steps."""

    quantity: str
    left: float
    right: float
    unit: str

    @property
    def index_percent(self) -> float:
        """The difference as a share of the mean: 0 is even, positive is more on the left."""
        mean = (self.left + self.right) / 2
        return 100 * (self.left - self.right) / mean if mean else 0.0


def sides_of(motion: Motion, steps: Sequence[Step]) -> tuple[Sides, ...]:
    """What can be compared of somebody who walks or runs: times of the steps, and ranges of joints in each stride."""
    found = []
    for words, value in (("step time", "step_s"), ("contact time", "contact_time_s")):
        left, right = ([getattr(s, value) for s in steps if s.side == side] for side in ("left", "right"))
        found += _sides(words, [v for v in left if v is not None], [v for v in right if v is not None], "s")
    for joint in RANGES:
        left, right = (_ranges(motion, steps, side, f"{side}_{joint}") for side in ("left", "right"))
        found += _sides(f"{joint} range", left, right, "deg")
    return tuple(found)


def _ranges(motion: Motion, steps: Sequence[Step], side: str, name: str) -> list[float]:
    """Range of an angle in each stride: from one contact of a foot to its next."""
    degrees, ranges = motion.angle(name), []
    for before, after in pairwise(step.contact_s for step in steps if step.side == side):
        inside = degrees[(motion.times >= before) & (motion.times < after)]
        if after - before < 3.0 and np.isfinite(inside).sum() > 0.8 * len(inside) > 2:
            ranges.append(float(np.nanmax(inside) - np.nanmin(inside)))
    return ranges


def _sides(quantity: str, left: Sequence[float], right: Sequence[float], unit: str) -> list[Sides]:
    return [Sides(quantity, float(np.median(left)), float(np.median(right)), unit)] if left and right else []
