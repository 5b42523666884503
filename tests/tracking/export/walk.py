"""A session that every export is written from: people who come, empty frames, and edits."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np

from tests.results import made_header, made_result
from tracking.session.edited_session import EditedSession
from tracking.session.edits import MoveKeypoint, RenamePerson, SwapIds
from tracking.session.session import Session
from tracking.types import KeypointState

FRAMES, EMPTY = 40, (0, 17, 39)


def ids_of(index: int) -> tuple[int, ...]:
    return () if index in EMPTY else (1, 2) if index < 30 else (3, 1, 2)


@contextmanager
def edited_walk(folder: Path, indices: Iterable[int]) -> Iterator[Session]:
    """Those frames; ids swapped from 10, a joint moved on 12, person 3 named, hidden from none."""
    with Session.create(folder / "walk_session.ppnet", made_header()) as session:
        for index in indices:
            result = made_result(index, ids_of(index))
            if index == 20:  # a joint that is missing although the filter still has a place for it
                states = result.states.copy()
                states[1, 14] = KeypointState.MISSING
                result = replace(result, states=states)
            session.append(result)
        session.add_edit(SwapIds(1, 2, 10))
        session.add_edit(MoveKeypoint(1, 0, 12, 321.5, 123.25))
        session.add_edit(RenamePerson(3, 'Zoë "Zo", Köln'))
        session.finish()
        yield session


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
