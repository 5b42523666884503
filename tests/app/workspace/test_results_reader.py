"""Results are read in a thread: all of them, as they come, and anew after an edit."""

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from app.workspace.person_history import drawn, value_at
from app.workspace.results_reader import ResultsReader
from tests.fakes import PATIENCE_S, wait_for
from tests.results import made_header, made_result
from tracking.events import events_of, lanes_of
from tracking.session.edit_plan import EditPlan
from tracking.session.edited_session import EditedSession
from tracking.session.edits import DeletePerson, MergeIds, SplitId, SwapIds
from tracking.session.person_tracks import person_track
from tracking.session.session import Session


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with Session.create(tmp_path / "a_session.ppnet", made_header()) as session:
        for index in range(1200):
            session.append(made_result(index, (1, 2)))
        yield session


@pytest.fixture
def reader() -> Iterator[ResultsReader]:
    reader = ResultsReader()
    yield reader
    assert reader.close(PATIENCE_S)


def whole(reader: ResultsReader, frames: int) -> bool:
    known = reader.known
    return not known.is_reading and known.history is not None and len(known.history.times) == frames


def test_everything_is_read_and_what_comes_later_too(session: Session, reader: ResultsReader) -> None:
    reader.read(EditedSession(session), person=2)
    wait_for(lambda: whole(reader, 1200))
    known = reader.known
    assert [(lane.track_id, lane.frame_count) for lane in known.lanes] == [(1, 1200), (2, 1200)]
    assert reader.known is known, "no news, no new object"
    session.append(made_result(1200, (1, 2)))
    wait_for(lambda: whole(reader, 1201))
    assert known.history is not None and len(known.history.times) == 1200, "what was given stays as it was"


def test_the_lanes_stay_until_as_much_is_read_anew(session: Session, reader: ResultsReader) -> None:
    reader.read(EditedSession(session), person=1)
    wait_for(lambda: whole(reader, 1200))
    session.add_edit(DeletePerson(2))
    reader.read(EditedSession(session), person=1)
    seen = []
    wait_for(lambda: seen.append(reader.known) or len(reader.known.lanes) == 1)
    assert {round(known.known_s, 3) for known in seen} == {round(1199 / 30, 3)}


def test_a_curve_counts_as_being_read_from_when_it_is_wanted(
    session: Session, reader: ResultsReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or it would be saved as a table before its first rows have come, or before an edit has."""
    waits = threading.Event()
    begin = ResultsReader._follow
    monkeypatch.setattr(ResultsReader, "_follow", lambda *about: waits.wait(PATIENCE_S) and begin(*about))
    reader.read(EditedSession(session), person=None)
    assert not reader.known.is_reading, "nobody is chosen"
    reader.read(EditedSession(session), person=1)
    assert reader.known.is_reading and reader.known.history is None
    waits.set()
    wait_for(lambda: whole(reader, 1200))
    waits.clear()
    reader.read(EditedSession(session), person=1)
    known = reader.known
    assert known.is_reading and known.history is not None and len(known.history.times) == 1200, "it stays in view"
    waits.set()
    wait_for(lambda: whole(reader, 1200))


def test_however_fast_edits_follow_each_other_the_last_counts(session: Session, reader: ResultsReader) -> None:
    """While it reads; also those that are taken back."""
    for step in (SplitId(1, 600, 3), SwapIds(1, 2, 300), None, None, MergeIds(1, 2), DeletePerson(1, 900)):
        session.undo() if step is None else session.add_edit(step)
        reader.read(EditedSession(session), person=1)
    plan, track = EditPlan(session.edits()), person_track(EditedSession(session), 1)
    sightings = plan.sighted(session.sightings())
    wait_for(lambda: whole(reader, 1200) and reader.known.lanes == lanes_of(sightings))
    known = reader.known
    assert [(lane.track_id, lane.seen[-1].end_frame) for lane in known.lanes] == [(1, 899)]
    assert known.events == events_of(sightings, known.lanes) and known.history is not None
    np.testing.assert_array_equal(known.history.smoothed, track.spread(track.known))


def test_a_closed_session_ends_the_reading_only(session: Session, reader: ResultsReader) -> None:
    reader.read(EditedSession(session), person=None)
    wait_for(lambda: reader.known.lanes)
    session.close()
    reader.forget()
    assert reader.known.lanes == ()


def test_a_value_is_that_of_the_frame_or_none() -> None:
    times, values = np.array([1.0, 1.1, 1.2]), np.array([5.0, np.nan, 7.0])
    assert value_at(times, values, 1.2) == 7.0 and value_at(times, values, 1.18) == 7.0
    assert value_at(times, values, 1.1) is None, "the person is not in that frame"
    assert value_at(times, values, 0.5) is None and value_at(times, values, 1.5) is None


def test_of_hours_no_more_is_drawn_than_can_be_seen() -> None:
    times = np.arange(90_000) / 25
    values = np.sin(times)
    values[40_000], values[40_100] = 9.0, -9.0
    values[60_000:60_500] = np.nan
    some_s, some = drawn(times, values, -10.0, 4000.0, 800)
    assert len(some) <= 2 * 800 + 2 and (some_s[0], some_s[-1]) == (times[0], times[-1]) and (np.diff(some_s) > 0).all()
    assert (np.nanmin(some), np.nanmax(some)) == (-9.0, 9.0), "the highest and the lowest stay"
    gap = some_s[np.isnan(some)]
    assert len(gap) and gap[0] >= 2400 and gap[-1] < 2420, "a gap stays one"
    assert np.isin(some[np.isfinite(some)], values).all()


def test_of_what_is_looked_at_closely_everything_is_drawn() -> None:
    times = np.arange(90_000) / 25
    some_s, _ = drawn(times, np.sin(times), 1000.0, 1010.0, 800)
    closely = times[(times >= 1000) & (times <= 1010)]
    assert np.isin(closely, some_s).all() and (np.diff(some_s) > 0).all()
    assert (some_s[0], some_s[-1]) == (times[0], times[-1]), "how far it goes is known"
    short_s, short = drawn(times[:100], np.sin(times[:100]), 0.0, 4.0, 800)
    assert short_s.tolist() == times[:100].tolist() and len(short) == 100
