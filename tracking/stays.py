"""When and where each person came and went, and who may be one person under two numbers by that alone."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tracking.sightings import Sightings

Floats = npt.NDArray[np.float64]

MOST_AWAY_S = 20.0
"""Who was lost for longer is not taken for somebody new."""
SPEED = 1.2
"""So many of their own heights a second somebody may have gone meanwhile; about two metres a second."""
SLACK = 0.5
"""And so many more, as boxes are not exact."""
HEIGHTS = 1.4
"""Their boxes differ by no more than this factor, ..."""
GROWTH = 0.15
"""... and by so much more for each second, as they may come nearer."""
LEAST_FRAMES = 5
"""Who is seen in fewer is a chance find."""


@dataclass(frozen=True, slots=True)
class Stay:
    """When and where somebody came and went. first, last: boxes (4,); frames: in how many they were seen."""

    first_s: float
    last_s: float
    first: Floats
    last: Floats
    frames: int


def stays_of(sightings: Sightings) -> dict[int, Stay]:
    """Of everybody who was seen, by id."""
    stays, times = {}, sightings.times[sightings.at]
    for person, rows in sightings.seen_rows.items():
        first, last = rows[0], rows[-1]
        ends = sightings.boxes[first].astype(np.float64), sightings.boxes[last].astype(np.float64)
        stays[person] = Stay(float(times[first]), float(times[last]), *ends, len(rows))
    return stays


def perhaps_the_same(stays: Mapping[int, Stay]) -> list[tuple[int, int]]:
    """Pairs (lost, new): the second came after the first was gone, where the first could have gone, as large as they
    were. Whether they look alike is to be seen yet."""
    pairs = []
    for lost, gone in stays.items():
        for new, come in stays.items():
            away_s = come.first_s - gone.last_s
            if not 0 < away_s <= MOST_AWAY_S or min(gone.frames, come.frames) < LEAST_FRAMES:
                continue
            heights = gone.last[3] - gone.last[1], come.first[3] - come.first[1]
            middles = (gone.last[:2] + gone.last[2:]) / 2, (come.first[:2] + come.first[2:]) / 2
            factor = max(heights) / max(min(heights), 1e-6)
            reach = (SLACK + SPEED * away_s) * max(heights)
            if factor <= HEIGHTS + GROWTH * away_s and np.hypot(*(middles[0] - middles[1])) <= reach:
                pairs.append((lost, new))
    return pairs
