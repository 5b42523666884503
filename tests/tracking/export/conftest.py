"""The session that exports are written from."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.results import made_header, made_result
from tests.tracking.export.walk import FRAMES, edited_walk
from tracking.session.edited_session import EditedSession
from tracking.session.session import Session
from tracking.video.file import VideoFile
from tracking.video.writer import VideoWriter


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    """40 frames, three without people, and edits."""
    with edited_walk(tmp_path, range(FRAMES)) as session:
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
