"""Follows one person only: whoever stands at a chosen place at a chosen moment, and never somebody in their stead."""

import math
from dataclasses import dataclass
from typing import Self

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
"""Overlap with the selected person from which others are read too, so that nobody is mistaken for them."""
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

    @classmethod
    def parse(cls, text: str) -> "PersonAt":
        """The place and time of `320,240@2.5`; without a time the start. UserError when it is none."""
        place, _, time_s = text.partition("@")
        try:
            x, y = (float(number) for number in place.split(","))
            return cls(x, y, float(time_s or 0.0))
        except (ValueError, UserError):
            raise UserError(
                f"{text} is not a place in the picture.", option="write --only like 320,240 or 320,240@2.5"
            ) from None


@dataclass(frozen=True, slots=True)
class FocusPerson:
    """Whom a run is about: everyone, or one person, who is waited for at a place or followed by their number.

    place: where and when the person is or was seen; None for everyone, and where nobody need be looked for.
    track_id: who it is; None until they are found. is_waiting: somebody is still to be found at the place; with a
    track_id already, whoever is found there is that person under a new number.
    """

    place: PersonAt | None = None
    track_id: int | None = None
    is_waiting: bool = False

    @classmethod
    def waiting(cls, place: PersonAt | None, *, known_as: int | None = None) -> Self:
        """Somebody is to be found at a place; everyone where there is none."""
        return cls(place, known_as, place is not None)

    @property
    def is_everyone(self) -> bool:
        """Whether nobody is singled out."""
        return self.track_id is None and not self.is_waiting

    @property
    def is_missed(self) -> bool:
        """Whether nobody was found at the place in time; then everyone is followed."""
        return self.place is not None and self.is_everyone

    def after(self, tracks: Tracks, time_s: float, *, begun_s: float = -math.inf) -> "FocusPerson":
        """The focus once everybody in a frame is known; the same object where the frame changes nothing.

        begun_s: time of the first frame of the stream.
        """
        if not self.is_waiting or self.place is None:
            return self
        late_s = time_s - max(self.place.time_s, begun_s)
        if late_s < -SAME_TIME_S:
            return self
        if late_s > SOON_S:
            return FocusPerson(self.place if self.track_id is None else None, self.track_id)
        found = who_is_at(tracks, self.place)
        return self if found is None else FocusPerson(self.place, found)


EVERYONE = FocusPerson()


class FocusFilter:
    """What the pipeline reads and reports of each frame, for its focus.

    Until the person is found everybody is read and kept: nobody knows who it will be. When they are lost or hidden
    nobody takes their place: only the tracker's own finding again counts (same number), and after its `lost_life_s`
    there is nobody.
    """

    def __init__(self, place: PersonAt | None) -> None:
        self._place = place
        self._begun_s: float | None = None
        self._wait()

    def _wait(self) -> None:
        self.focus = FocusPerson.waiting(self._place)
        self._before = Tracks.empty()

    def reset(self) -> None:
        """The stream goes on elsewhere, and numbers are others: the person is waited for where their moment is still to
        come; where it is over nobody knows who they are, and everybody is read and kept."""
        self._wait()
        self._begun_s = -math.inf

    @property
    def is_calm(self) -> bool:
        """Whether the person is in view and no other needs the detector's attention for their sake."""
        return self.focus.track_id is not None and bool((self._before.ids == self.focus.track_id).any())

    def worth_reading(self, boxes: Floats) -> npt.NDArray[np.bool_]:
        """(M,) which boxes (M, 4) the network reads: the person's, those near them, and those of nobody known."""
        if self.focus.track_id is None:
            return np.ones(len(boxes), np.bool_)
        own = self._before.ids == self.focus.track_id
        overlap = box_math.iou_matrix(boxes, self._before.boxes)
        near = (overlap[:, own] > NEAR).any(axis=1)
        known = (overlap[:, ~own] >= KNOWN).any(axis=1)
        return np.asarray(near | ~known, np.bool_)

    def kept(self, tracks: Tracks, poses: Poses, time_s: float) -> tuple[Tracks, Poses]:
        """The person among everybody of a frame, alone; everybody until they are found."""
        self._before = tracks
        self._begun_s = time_s if self._begun_s is None else self._begun_s
        self.focus = self.focus.after(tracks, time_s, begun_s=self._begun_s)
        if self.focus.track_id is None:
            return tracks, poses
        rows = np.flatnonzero(tracks.ids == self.focus.track_id)
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
