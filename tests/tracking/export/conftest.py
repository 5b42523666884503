"""The session that exports are written from."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.results import made_header, made_result
from tests.tracking.export.walk import FRAMES, ids_of
from tracking.session.edited_session import EditedSession
from tracking.session.edits import MoveKeypoint, RenamePerson, SwapIds
from tracking.session.session import Session


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    """40 frames, three without people; ids swapped from 10, a joint moved on 12, person 3 named, hidden from none."""
    with Session.create(tmp_path / "walk_session.ppnet", made_header()) as session:
        for index in range(FRAMES):
            session.append(made_result(index, ids_of(index)))
        session.add_edit(SwapIds(1, 2, 10))
        session.add_edit(MoveKeypoint(1, 0, 12, 321.5, 123.25))
        session.add_edit(RenamePerson(3, 'Zoë "Zo", Köln'))
        session.finish()
        yield session


@pytest.fixture
def edited_session(session: Session) -> EditedSession:
    return EditedSession(session)
