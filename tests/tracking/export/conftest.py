"""The session that exports are written from."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.results import made_header, made_result
from tests.tracking.export.walk import FRAMES, ids_of
from tracking.session.edited_session import EditedSession
from tracking.session.edits import MoveKeypoint, RenamePerson, SwapIds
from tracking.session.session import Session
from tracking.types import KeypointState
from tracking.video.file import VideoFile
from tracking.video.writer import VideoWriter


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    """40 frames, three without people; ids swapped from 10, a joint moved on 12, person 3 named, hidden from none."""
    with Session.create(tmp_path / "walk_session.ppnet", made_header()) as session:
        for index in range(FRAMES):
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


@pytest.fixture
def edited_session(session: Session) -> EditedSession:
    return EditedSession(session)


@pytest.fixture
def filmed(tmp_path: Path) -> Session:
    """A session with its video beside it, uneven times, 20 frames from the fifth on."""
    writer = VideoWriter(tmp_path / "walk.mp4", (160, 120), frame_rate=30)
    times = [(i if i < 12 else i + 3) / 30 for i in range(30)]
    for index, time_s in enumerate(times):
        writer.write(np.full((120, 160, 3), 60 + 4 * index, np.uint8), time_s)
    writer.close()
    with VideoFile(tmp_path / "walk.mp4") as video:
        stored = video.frame_times()
        info = replace(video.info, path=Path("/nowhere/walk.mp4"))
    session = Session.create(tmp_path / "walk_session.ppnet", made_header(source=info))
    for index in range(5, 25):
        result = made_result(index, (1,), time_s=stored[index])
        session.append(replace(result, size_wh=(160, 120)))
    return session
