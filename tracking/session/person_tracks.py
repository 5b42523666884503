"""One person over time, with all edits: only their rows are taken out of the session, as whole columns."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tracking.session.edit_plan import Indices, put_by_hand
from tracking.session.edited_session import EditedSession
from tracking.session.format import LIMIT
from tracking.session.reading import Rows
from tracking.session.resmoothing import SmoothedPerson
from tracking.sightings import in_order
from tracking.types import KeypointState

CHUNK_FRAMES = 4000  # others wait for the session so long


@dataclass(frozen=True)
class PersonTrack:
    """One person in the frames of a part of a session.

    times: (F,) seconds of all frames. at: (M,) which of these they are in, rising. boxes: (M, 4) xyxy pixels. raw,
    smoothed: (M, K, 2) pixels as the network gave them and after the filter; states: (M, K) `KeypointState`.
    """

    times: npt.NDArray[np.float64]
    at: Indices
    boxes: npt.NDArray[np.float32]
    raw: npt.NDArray[np.float32]
    smoothed: npt.NDArray[np.float32]
    states: npt.NDArray[np.uint8]

    @property
    def known(self) -> npt.NDArray[np.float32]:
        """(M, K, 2) the smoothed joints, NaN where missing."""
        return np.where((self.states == KeypointState.MISSING)[..., None], np.float32(np.nan), self.smoothed)

    def spread(self, points: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """(F, K, 2) of points (M, K, 2): NaN in frames without the person."""
        whole = np.full((len(self.times), *points.shape[1:]), np.nan, np.float32)
        whole[self.at] = points
        return whole

    @classmethod
    def joined(cls, parts: Sequence["PersonTrack"]) -> "PersonTrack":
        """Parts (at least one) that share no frame, in any order, as one."""
        before = np.cumsum([0, *(len(part.times) for part in parts)]).tolist()
        times = np.concatenate([part.times for part in parts])
        moved = np.concatenate([part.at + count for part, count in zip(parts, before, strict=False)])
        frames, at, rows = in_order(times, moved)
        names = ("boxes", "raw", "smoothed", "states")
        columns = (np.concatenate([getattr(part, name) for part in parts])[rows] for name in names)
        return cls(times[frames], at, *columns)


def person_track(
    edited: EditedSession, person: int, start: int = 0, end: int = LIMIT, *, keep_hidden: bool = False
) -> PersonTrack:
    """One person in frames with start <= frame_index < end, as `EditedSession.results` has them."""
    anew, chunks = edited.smoothed_anew(person), _chunks(edited, person, start, end)
    return PersonTrack.joined([_edited(edited, person, rows, anew, keep_hidden) for rows in chunks])


def exported_track(edited: EditedSession, person: int) -> PersonTrack:
    """One person as `EditedSession.exported` has them: between in and out point, nowhere when they are hidden."""
    return person_track(edited, person, *edited.exported_frames)


def exported_people(edited: EditedSession) -> Mapping[int, int]:
    """Everybody who is in what `EditedSession.exported` gives, by id: in how many frames."""
    start, end = edited.exported_frames
    sighted = edited.plan.sighted(edited.stored.sightings())
    frames = sighted.indices[sighted.at]
    people, counts = np.unique(sighted.ids[(frames >= start) & (frames < end)], return_counts=True)
    return {i: count for i, count in zip(people.tolist(), counts.tolist(), strict=True) if edited.plan.is_shown(i)}


def _chunks(edited: EditedSession, person: int, start: int, end: int) -> Iterator[Rows]:
    tracked_as, last = edited.plan.tracked_as(person), edited.stored.last_frame_index
    end = min(end, last + 1)
    for first in range(start, max(end, start + 1), CHUNK_FRAMES):
        yield edited.stored.rows_of(tracked_as, first, min(first + CHUNK_FRAMES, end))


def _edited(edited: EditedSession, person: int, rows: Rows, anew: SmoothedPerson, keep_hidden: bool) -> PersonTrack:
    ids, hands = edited.plan.renumbered(rows.frames, rows.tracks.ids)
    own = np.flatnonzero((ids == person) & edited.plan.is_shown(person, keep_hidden=keep_hidden))
    frames = rows.frames[own]
    smoothed, states = rows.smoothed.keypoints[own].copy(), rows.states[own].copy()
    _, mine, those = np.intersect1d(frames, anew.frames, assume_unique=True, return_indices=True)
    smoothed[mine], states[mine] = anew.keypoints[those], anew.states[those]
    at, boxes, raw = np.searchsorted(rows.indices, frames), rows.tracks.boxes[own], rows.raw.keypoints[own]
    hands = [(np.flatnonzero(np.isin(own, hand_rows)), edit) for hand_rows, edit in hands]
    put_by_hand(hands, rows.times[at], smoothed, states)
    return PersonTrack(rows.times, at, boxes, raw, smoothed, states)
