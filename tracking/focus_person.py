"""Follows one person only: whoever stands at a chosen place at a chosen moment, and never somebody in their stead."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ppnet.errors import UserError
from ppnet.poses import Poses
from tracking import boxes as box_math
from tracking.time_span import SAME_TIME_S
from tracking.types import Tracks

Floats = npt.NDArray[np.floating]

SOON_S = 2.0
"""Somebody must be found at the place within so long after the moment."""
NEAR = 0.02
"""Overlap with the chosen person from which others are read too, so that nobody is mistaken for them."""
KNOWN = 0.5
"""Overlap with another person of the frame before from which a box is that person's and not read."""


@dataclass(frozen=True, slots=True)
class PersonAt:
    """Who is at (x, y), image pixels, at `time_s`, or is first found there within `SOON_S` after it.

    A time before the first frame means that frame: live streams and many files don't begin at 0.
    """

    x: float
    y: float
    time_s: float = 0.0

    def __post_init__(self) -> None:
        if not all(math.isfinite(value) for value in (self.x, self.y, self.time_s)):
            raise UserError("The place of a person is given as x and y in pixels and a time in seconds.")


class OnePerson:
    """Keeps to one person of a stream. Until they are found everybody is read and kept: nobody knows who it will be.

    track_id: who it is, None until found. When they are lost or hidden nobody takes their place: only the tracker's
    own finding again counts (same number), and after its `lost_life_s` there is nobody.
    """

    def __init__(self, wanted: PersonAt) -> None:
        self.wanted = wanted
        self.track_id: int | None = None
        self._before = Tracks.empty()
        self._late_s = -math.inf
        self._begun_s: float | None = None

    @property
    def is_missed(self) -> bool:
        """Whether nobody was found at the place in time; then everybody is followed."""
        return self.track_id is None and self._late_s > SOON_S

    @property
    def is_calm(self) -> bool:
        """Whether the person is in view and no other needs the detector's attention for their sake."""
        return self.track_id is not None and bool((self._before.ids == self.track_id).any())

    def worth_reading(self, boxes: Floats) -> npt.NDArray[np.bool_]:
        """(M,) which boxes (M, 4) the network reads: the person's, those near them, and those of nobody known."""
        if self.track_id is None:
            return np.ones(len(boxes), np.bool_)
        own = self._before.ids == self.track_id
        overlap = box_math.iou_matrix(boxes, self._before.boxes)
        near = (overlap[:, own] > NEAR).any(axis=1)
        known = (overlap[:, ~own] >= KNOWN).any(axis=1)
        return np.asarray(near | ~known, np.bool_)

    def kept(self, tracks: Tracks, poses: Poses, time_s: float) -> tuple[Tracks, Poses]:
        """The person among everybody of a frame, alone; everybody until they are found."""
        self._before = tracks
        self._begun_s = time_s if self._begun_s is None else self._begun_s
        self._late_s = time_s - max(self.wanted.time_s, self._begun_s)
        if self.track_id is None and -SAME_TIME_S <= self._late_s <= SOON_S:
            self.track_id = who_is_at(tracks, self.wanted)
        if self.track_id is None:
            return tracks, poses
        rows = np.flatnonzero(tracks.ids == self.track_id)
        return tracks.take(rows), poses.take(rows)


def who_is_at(tracks: Tracks, wanted: PersonAt) -> int | None:
    """Number of the person whose box holds the place; of several the one whose middle is nearest, for their size."""
    place = np.array([wanted.x, wanted.y])
    boxes = tracks.boxes.astype(np.float64)
    inside = ((boxes[:, :2] <= place) & (place <= boxes[:, 2:])).all(axis=1)
    if not inside.any():
        return None
    away = np.abs(box_math.centers(boxes) - place) / np.maximum(box_math.sizes(boxes), 1.0)
    return int(tracks.ids[np.argmin(np.where(inside, away.max(axis=1), np.inf))])
