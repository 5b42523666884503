"""Where each person is seen best, and who may be one person under two numbers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tracking.boxes import iou_matrix
from tracking.types import FrameResult, TrackState

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


class People:
    """Collects frames in their order; `views` and `stays` say what is known of everybody so far."""

    def __init__(self) -> None:
        self.views: dict[int, BestView] = {}
        self.stays: dict[int, Stay] = {}

    def add(self, result: FrameResult) -> None:
        """Takes the next frame."""
        seen = np.flatnonzero(result.tracks.states == TrackState.TRACKED)
        qualities = _qualities(result)
        for row in seen.tolist():
            track_id, box = int(result.tracks.ids[row]), result.tracks.boxes[row].astype(np.float64)
            before, known = self.views.get(track_id), self.stays.get(track_id)
            if before is None or qualities[row] > before.quality:
                x1, y1, x2, y2 = box.tolist()
                self.views[track_id] = BestView(
                    result.frame_index, result.time_s, (x1, y1, x2, y2), float(qualities[row])
                )
            first_s, first, frames = (known.first_s, known.first, known.frames) if known else (result.time_s, box, 0)
            self.stays[track_id] = Stay(first_s, result.time_s, first, box, frames + 1)

    @classmethod
    def of(cls, results: Iterable[FrameResult]) -> "People":
        """Everybody in some results."""
        people = cls()
        for result in results:
            people.add(result)
        return people


def _qualities(result: FrameResult) -> Floats:
    """(N,) how well each is seen: sure joints, large, whole, and not covered by others."""
    boxes, (width, height) = result.tracks.boxes.astype(np.float64), result.size_wh
    sure = result.raw.scores.mean(axis=1) if len(result) else np.zeros(0)
    large = np.sqrt(np.clip((boxes[:, 3] - boxes[:, 1]) / height, 0, 1))
    low, high = np.array([EDGE_PX, EDGE_PX]), np.array([width, height]) - 1 - EDGE_PX
    whole = (boxes[:, :2] >= low).all(axis=1) & (boxes[:, 2:] <= high).all(axis=1)
    overlap = iou_matrix(result.tracks.boxes, result.tracks.boxes)
    np.fill_diagonal(overlap, 0)
    alone = 1 - overlap.max(axis=1, initial=0)
    return np.asarray(sure * large * np.where(whole, 1.0, 0.6) * alone, np.float64)


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
