"""Going on with a session that stopped in the middle, so that people keep their ids.

The last second is computed once more to warm the tracker up; on the last frame that the session holds, the new ids are
matched with the stored ones by their boxes. Whoever is not recognised gets an id that was never used.
"""

from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment

from tracking.boxes import iou_matrix
from tracking.session.edit_plan import select_rows
from tracking.session.session import Session
from tracking.types import FrameResult
from tracking.video.source import VideoSource

WARM_UP_S = 1.0
SAME_PERSON_IOU = 0.5


def rewind(source: VideoSource, session: Session) -> None:
    """Brings a source that can seek to a second before the end of what the session holds."""
    seek: Any = getattr(source, "seek", None)
    if session.frame_count and seek is not None:
        seek(max(float(session.frame_times()[0]), float(session.frame_times()[-1]) - WARM_UP_S))


class IdContinuation:
    """Translates the ids of a processor that starts anew to those of the session."""

    def __init__(self, session: Session) -> None:
        self._last_index = session.last_frame_index
        self._last = session.result(self._last_index)
        self._offset = session.last_track_id
        self._same: dict[int, int] = {}

    def continued(self, result: FrameResult) -> FrameResult | None:
        """The result with the session's ids; None for frames that the session holds already."""
        if self._last is None:
            return result
        if result.frame_index <= self._last_index:
            if result.frame_index == self._last_index:
                self._recognise(self._last, result)
            return None
        ids = [self._same.get(int(i), int(i) + self._offset) for i in result.tracks.ids]
        return select_rows(result, range(len(result)), ids=np.array(ids, np.int64))

    def _recognise(self, stored: FrameResult, computed: FrameResult) -> None:
        overlap = iou_matrix(computed.tracks.boxes, stored.tracks.boxes)
        for new, old in zip(*linear_sum_assignment(-overlap), strict=True):
            if overlap[new, old] >= SAME_PERSON_IOU:
                self._same[int(computed.tracks.ids[new])] = int(stored.tracks.ids[old])
