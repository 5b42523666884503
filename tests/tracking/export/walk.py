"""A session that every export is written from: people who come, empty frames, and edits."""

import numpy as np

from tracking.session.edited_session import EditedSession
from tracking.types import KeypointState

FRAMES, EMPTY = 40, (0, 17, 39)


def ids_of(index: int) -> tuple[int, ...]:
    return () if index in EMPTY else (1, 2) if index < 30 else (3, 1, 2)


def expected(edited_session: EditedSession) -> dict[tuple[int, int], tuple[np.ndarray, np.ndarray, bool]]:
    """(frame, id) -> steadied joints with NaN where missing, states, edited."""
    people = {}
    for edited in edited_session.results():
        result = edited.result
        for row, track_id in enumerate(result.tracks.ids.tolist()):
            missing = (result.states[row] == KeypointState.MISSING)[:, None]
            joints = np.where(missing, np.nan, result.smoothed.keypoints[row])
            people[result.frame_index, track_id] = joints, result.states[row], bool(edited.edited[row])
    return people
