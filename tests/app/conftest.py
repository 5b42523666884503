"""What the tests of runs and of what is open share."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes import wait_for
from tests.results import made_header
from tracking.session.session import Session


@pytest.fixture
def no_thread_left() -> Iterator[None]:
    """Every thread that the test began has ended with it."""
    before = set(threading.enumerate())
    yield
    wait_for(lambda: set(threading.enumerate()) <= before)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the session of a test lies."""
    return tmp_path / "a_session.ppnet"


@pytest.fixture
def session(path: Path) -> Iterator[Session]:
    """An empty one."""
    with Session.create(path, made_header()) as session:
        yield session
