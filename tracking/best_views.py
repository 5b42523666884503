"""Where each person is seen best."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tracking.sightings import Sightings

Floats = npt.NDArray[np.float64]

EDGE_PX = 3  # a box so near to the edge of the picture is cut off by it


@dataclass(frozen=True, slots=True)
class BestView:
    """A frame in which somebody is seen well. box: x1, y1, x2, y2 pixels; quality: 0 to 1."""

    frame_index: int
    time_s: float
    box: tuple[float, float, float, float]
    quality: float


def best_views(sightings: Sightings) -> dict[int, BestView]:
    """Of everybody who was seen, by id."""
    views, qualities = {}, _qualities(sightings)
    for person, rows in sightings.seen_rows.items():
        best = rows[np.argmax(qualities[rows])]
        x1, y1, x2, y2 = sightings.boxes[best].tolist()
        at, quality = sightings.at[best], float(qualities[best])
        views[person] = BestView(int(sightings.indices[at]), float(sightings.times[at]), (x1, y1, x2, y2), quality)
    return views


def _qualities(sightings: Sightings) -> Floats:
    """(M,) how well each is seen: sure joints, large, whole, and not covered by others."""
    boxes, sizes_wh = sightings.boxes.astype(np.float64), sightings.sizes_wh[sightings.at]
    large = np.sqrt(np.clip((boxes[:, 3] - boxes[:, 1]) / sizes_wh[:, 1], 0, 1))
    whole = (boxes[:, :2] >= EDGE_PX).all(axis=1) & (boxes[:, 2:] <= sizes_wh - 1 - EDGE_PX).all(axis=1)
    covered, (pairs, ious) = np.zeros(len(boxes)), sightings.overlaps
    for side in (0, 1):
        np.maximum.at(covered, pairs[:, side], ious)
    return np.asarray(sightings.scores * large * np.where(whole, 1.0, 0.6) * (1 - covered), np.float64)
