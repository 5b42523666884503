"""Where segments of a session meet: people keep their numbers when one is gone on from, and get one number when two
join.

Before a segment that goes on from a stored one its last second is computed once more, to warm the tracker up; on the
last stored frame the new ids are matched with the stored ones by their boxes. Whoever is not recognised gets an id that
was never used. Where a segment reaches one that is stored, the first half second of that is computed too, and whoever
stands in the same place in both is one person.
"""

from collections.abc import Sequence

import numpy as np

from tracking.assignment import cheapest_pairs
from tracking.boxes import iou_matrix
from tracking.session.edit_plan import EditPlan, select_rows
from tracking.session.edits import MergeIds
from tracking.session.session import Session
from tracking.types import FrameResult, Tracks, TrackState

WARM_UP_S = 1.0
SAME_PERSON_IOU = 0.5


class IdContinuation:
    """Translates the ids of a processor that starts again to those of the session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._offset = session.last_track_id
        self._last: FrameResult | None = None
        self._same: dict[int, int] = {}

    def begin(self, after: int | None) -> None:
        """A segment begins; after: the stored frame that it goes on from. The processor knows nobody, and has given
        none of its ids to anybody else."""
        self._last = None if after is None else self._session.result(after)
        self._same = {}

    def continued(self, result: FrameResult) -> FrameResult | None:
        """The result with the session's ids; None for frames that the session holds already."""
        if self._last is not None and result.frame_index <= self._last.frame_index:
            if result.frame_index == self._last.frame_index:
                self._same = dict(same_people(result.tracks, self._last.tracks))
            return None
        ids = [self._same.get(int(i), int(i) + self._offset) for i in result.tracks.ids]
        return select_rows(result, range(len(result)), ids=np.array(ids, np.int64))


def same_people(one: Tracks, other: Tracks) -> list[tuple[int, int]]:
    """Pairs of ids of those who stand in the same place in two results of one frame."""
    overlap = iou_matrix(one.boxes, other.boxes)
    pairs = zip(*cheapest_pairs(-overlap), strict=True)
    return [(int(one.ids[a]), int(other.ids[b])) for a, b in pairs if overlap[a, b] >= SAME_PERSON_IOU]


def merges_at(session: Session, arrived: Sequence[FrameResult]) -> list[MergeIds]:
    """Who is one person where a segment has arrived at a stored part. The number that somebody has edited stays, else
    the lower one. arrived: frames of that part, in order, as the segment sees them, with the session's ids."""
    plan, last_id = EditPlan(session.edits()), session.last_track_id
    edited = {*plan.names, *plan.hidden, plan.only}
    merges: list[MergeIds] = []
    found: set[int] = set()
    for result in arrived:
        if (stored := session.result(result.frame_index)) is None:
            break
        here, there = (_seen(plan.identified(one)[0].result.tracks) for one in (_up_to(last_id, result), stored))
        for pair in same_people(here, there):
            keep, other = sorted(pair, key=lambda track_id: (track_id not in edited, track_id))
            if not found & set(pair):
                found |= set(pair)
                if keep != other:
                    merges.append(MergeIds(keep, other))
    return merges


def _up_to(last_id: int, result: FrameResult) -> FrameResult:
    """Without people who are in no frame of the session."""
    return select_rows(result, np.flatnonzero(result.tracks.ids <= last_id).tolist())


def _seen(tracks: Tracks) -> Tracks:
    """Without those who are only guessed."""
    return tracks.take(np.flatnonzero(tracks.states == TrackState.TRACKED))
