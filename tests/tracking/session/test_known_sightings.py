"""Who is where in a session is read once, and then on from there."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.results import made_header, made_result
from tracking.session import session as module
from tracking.session.session import Session
from tracking.sightings import Sightings


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with Session.create(tmp_path / "a_session.ppnet", made_header()) as session:
        for index in range(40):
            session.append(made_result(index, (1, 2)))
        yield session


@pytest.fixture
def reads(session: Session, monkeypatch: pytest.MonkeyPatch) -> list[range]:
    """The frames that were asked of the file; 10 of them come at a time."""
    monkeypatch.setattr(module, "SIGHTED_FRAMES", 10)
    asked, read = list[range](), session._sightings._read

    def noted(start: int, end: int) -> Sightings:
        asked.append(range(start, end))
        return read(start, end)

    monkeypatch.setattr(session._sightings, "_read", noted)
    return asked


def test_they_are_read_once_and_on_from_there(session: Session, reads: list[range]) -> None:
    known = session.sightings()
    assert known.indices.tolist() == list(range(40)) and known.ids.tolist() == [1, 2] * 40
    del reads[:]
    assert session.sightings() is known and not reads
    session.append(made_result(40, (3,)))
    assert session.sightings().ids.tolist() == [*[1, 2] * 40, 3] and reads == [range(40, 41)]
    assert len(known.indices) == 40, "what was given stays as it was"


def test_parts_come_in_any_order(session: Session, reads: list[range]) -> None:
    session.append(made_result(100, (7,)), after=99)
    session.sightings()
    session.append(made_result(40, (1,)), after=39)
    session.append(made_result(101, (7,)), after=100)
    del reads[:]
    assert session.sightings().indices.tolist() == [*range(41), 100, 101]
    assert reads == [range(40, 41), range(101, 102)]


def test_what_was_read_before_it_was_given_up_is_not_read_again(session: Session, reads: list[range]) -> None:
    some = session.sightings(cancelled=lambda: len(reads) >= 2)
    assert some.indices.tolist() == list(range(20))
    assert session.sightings().indices.tolist() == list(range(40))
    assert [asked.start for asked in reads] == [0, 10, 20, 30]


def test_scores_and_sizes_are_those_of_the_results(session: Session) -> None:
    known, results = session.sightings(), list(session.results())
    np.testing.assert_allclose(
        known.scores, np.concatenate([one.raw.scores.mean(axis=1) for one in results]), rtol=1e-6
    )
    assert {tuple(size) for size in known.sizes_wh.tolist()} == {one.size_wh for one in results}
