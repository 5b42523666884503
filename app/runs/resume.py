"""Where pieces of a session meet: people keep their numbers when one is gone on from, and get one number when two join.

Before a piece that goes on from a stored one its last second is computed once more, to warm the tracker up; on the last
stored frame the new ids are matched with the stored ones by their boxes. Whoever is not recognised gets an id that was
never used. Where a piece reaches one that is stored, the first frame of that is computed too, and whoever stands in the
same place in both is one person.
"""

import numpy as np
from scipy.optimize import linear_sum_assignment

from tracking.boxes import iou_matrix
from tracking.session.edit_plan import EditPlan, select_rows
from tracking.session.edits import MergeIds
from tracking.session.session import Session
from tracking.types import FrameResult, Tracks

WARM_UP_S = 1.0
SAME_PERSON_IOU = 0.5


class IdContinuation:
    """Translates the ids of a processor that starts anew to those of the session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._offset = session.last_track_id
        self._last: FrameResult | None = None
        self._same: dict[int, int] = {}

    def begin(self, after: int | None) -> None:
        """A piece begins; after: the stored frame that it goes on from. The processor knows nobody, and has given none
        of its ids to anybody else."""
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
    pairs = zip(*linear_sum_assignment(-overlap), strict=True)
    return [(int(one.ids[a]), int(other.ids[b])) for a, b in pairs if overlap[a, b] >= SAME_PERSON_IOU]


def merges_at(session: Session, arrived: FrameResult) -> list[MergeIds]:
    """Who is one person where a piece has arrived at a stored frame. The number that somebody has edited stays, else
    the lower one. arrived: that frame as the piece sees it, with the session's ids."""
    stored, plan = session.result(arrived.frame_index), EditPlan(session.edits())
    if stored is None:
        return []
    known = np.flatnonzero(arrived.tracks.ids <= session.last_track_id)  # others were in no frame of the piece
    here = plan.identified(select_rows(arrived, known.tolist()))[0].result.tracks
    there = plan.identified(stored)[0].result.tracks
    edited = {*plan.names, *plan.hidden} | ({plan.only} if plan.only is not None else set())
    pairs = (sorted(pair, key=lambda i: (i not in edited, i)) for pair in same_people(here, there))
    return [MergeIds(keep, other) for keep, other in pairs if keep != other]
