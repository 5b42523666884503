"""Where each person is seen best, and who may be one person under two numbers."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tracking.sightings import Sightings

Floats = npt.NDArray[np.float64]

EDGE_PX = 3  # a box so near to the edge of the picture is cut off by it
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
class BestView:
    """A frame in which somebody is seen well. box: x1, y1, x2, y2 pixels; quality: 0 to 1."""

    frame_index: int
    time_s: float
    box: tuple[float, float, float, float]
    quality: float


@dataclass(frozen=True, slots=True)
class Stay:
    """When and where somebody came and went. first, last: boxes (4,); frames: in how many they were seen."""

    first_s: float
    last_s: float
    first: Floats
    last: Floats
    frames: int


@dataclass(frozen=True)
class People:
    """Everybody who was seen, by id: where best, and when they came and went."""

    views: Mapping[int, BestView]
    stays: Mapping[int, Stay]

    @classmethod
    def of(cls, sightings: Sightings) -> "People":
        """All of whom these tell."""
        views, stays, qualities = {}, {}, _qualities(sightings)
        times, boxes = sightings.times[sightings.at], sightings.boxes
        for person, rows in sightings.seen_rows.items():
            first, last, best = rows[0], rows[-1], rows[np.argmax(qualities[rows])]
            x1, y1, x2, y2 = boxes[best].tolist()
            frame_index = int(sightings.indices[sightings.at[best]])
            views[person] = BestView(frame_index, float(times[best]), (x1, y1, x2, y2), float(qualities[best]))
            ends = boxes[first].astype(np.float64), boxes[last].astype(np.float64)
            stays[person] = Stay(float(times[first]), float(times[last]), *ends, len(rows))
        return cls(views, stays)


def _qualities(sightings: Sightings) -> Floats:
    """(M,) how well each is seen: sure joints, large, whole, and not covered by others."""
    boxes, sizes_wh = sightings.boxes.astype(np.float64), sightings.sizes_wh[sightings.at]
    large = np.sqrt(np.clip((boxes[:, 3] - boxes[:, 1]) / sizes_wh[:, 1], 0, 1))
    whole = (boxes[:, :2] >= EDGE_PX).all(axis=1) & (boxes[:, 2:] <= sizes_wh - 1 - EDGE_PX).all(axis=1)
    covered, (pairs, ious) = np.zeros(len(boxes)), sightings.overlaps
    for side in (0, 1):
        np.maximum.at(covered, pairs[:, side], ious)
    return np.asarray(sightings.scores * large * np.where(whole, 1.0, 0.6) * (1 - covered), np.float64)


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
