"""One person's rows at once are what the frames hold of them, whatever was edited."""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import ppnet_live as pl
from app.workspace.person_history import PersonHistory, without_single_gaps
from tests.results import made_header, made_result
from tracking.session.edited_session import EditedSession
from tracking.session.edits import (
    Anchor,
    ChooseSmoothing,
    DeletePerson,
    Edit,
    FillKeypoint,
    HidePerson,
    MergeIds,
    MoveKeypoint,
    OnlyPerson,
    SetSpan,
    SplitId,
    SwapIds,
)
from tracking.session.person_tracks import PersonTrack, exported_people, exported_track, person_track
from tracking.session.session import Session
from tracking.time_span import TimeSpan
from tracking.types import KeypointState

FRAMES = 120


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    """Four people, of whom each is away now and then."""
    with Session.create(tmp_path / "a_session.ppnet", made_header()) as session:
        for index in range(FRAMES):
            ids = [i for i in (1, 2, 3, 4) if (index // 10 + i) % 5]
            session.append(made_result(index, ids))
        yield session


def some_edit(chance: random.Random, edited: EditedSession) -> Edit:
    people = range(1, edited.next_id)
    a, b = chance.sample(list(people), 2)
    start = chance.randrange(FRAMES - 30)
    joint = chance.randrange(17)
    first = Anchor(start, start / 30, 5.0, 6.0, 1.0, 2.0)
    last = Anchor(start + 25, (start + 25) / 30, 50.0, 60.0, 3.0, 1.0)
    return chance.choice([
        SwapIds(a, b, start), MergeIds(a, b), SplitId(a, start, edited.next_id), DeletePerson(a, start, start + 9),
        MoveKeypoint(a, joint, start, 7.5, 8.5), FillKeypoint(a, joint, first, last, follow=chance.random() < 0.5),
        HidePerson(a, hidden=chance.random() < 0.3), OnlyPerson(a if chance.random() < 0.2 else None),
    ])  # fmt: skip


def assert_same(track: PersonTrack, edited: EditedSession, person: int, *, keep_hidden: bool) -> None:
    results = [one.result for one in edited.results(keep_hidden=keep_hidden)]
    assert track.times.tolist() == [result.time_s for result in results]
    places = [(at, result.tracks.ids.tolist().index(person)) for at, result in enumerate(results)
              if person in result.tracks.ids]  # fmt: skip
    assert track.at.tolist() == [at for at, _ in places]
    for row, (at, place) in enumerate(places):
        result = results[at]
        np.testing.assert_array_equal(track.boxes[row], result.tracks.boxes[place])
        np.testing.assert_array_equal(track.raw[row], result.raw.keypoints[place])
        np.testing.assert_array_equal(track.smoothed[row], result.smoothed.keypoints[place])
        np.testing.assert_array_equal(track.known[row], result.known_keypoints[place])
        np.testing.assert_array_equal(track.states[row], result.states[place])


@pytest.mark.parametrize("seed", range(8))
def test_after_any_edits_and_with_smoothing_made_anew(session: Session, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(9):
        session.add_edit(some_edit(chance, EditedSession(session)))
    if seed % 2:
        session.add_edit(ChooseSmoothing(("one_euro", "rts")[seed % 4 // 2]))
    edited = EditedSession(session)
    edited.refresh()
    for person in range(1, edited.next_id):
        for keep_hidden in (False, True):
            track = person_track(edited, person, keep_hidden=keep_hidden)
            assert_same(track, edited, person, keep_hidden=keep_hidden)


def test_what_is_exported_of_each_person(session: Session) -> None:
    for edit in (SwapIds(1, 2, 40), MergeIds(3, 4), HidePerson(2), SetSpan(0.52, 3.1)):
        session.add_edit(edit)
    edited = EditedSession(session)
    results = [one.result for one in edited.exported()]
    counts = Counter(track_id for result in results for track_id in result.tracks.ids.tolist())
    assert exported_people(edited) == counts and list(counts) == [1, 3]
    for person in (1, 2, 3):
        track = exported_track(edited, person)
        assert track.times.tolist() == [result.time_s for result in results]
        joints = [result.known_keypoints[result.tracks.ids == person] for result in results]
        np.testing.assert_array_equal(track.known, np.concatenate(joints))
    session.add_edit(OnlyPerson(1))
    assert list(exported_people(EditedSession(session))) == [1]
    assert exported_people(EditedSession(session, span=TimeSpan(50.0))) == {}


def test_a_missing_joint_is_nowhere_whatever_the_filter_still_held(tmp_path: Path) -> None:
    result = made_result(0, (1,))
    states = result.states.copy()
    states[0, 14] = KeypointState.MISSING
    with Session.create(tmp_path / "a_session.ppnet", made_header()) as session:
        session.append(replace(result, states=states))
        session.finish()
        history = PersonHistory.of(1, person_track(EditedSession(session), 1))
    assert np.isnan(history.smoothed[0, 14]).all() and np.isfinite(history.smoothed[0, 13]).all()
    with pl.open_session(tmp_path / "a_session.ppnet") as opened:
        (frame,) = opened
        assert np.isnan(frame.people[0]["right_knee"].xy).all() and frame.people[0]["right_knee"].state == "missing"
        assert np.isnan(opened.to_numpy()[0, 0, 14]).all() and opened.ids == (1,)


def test_a_line_goes_on_over_a_frame_that_was_not_read_but_not_over_a_gap() -> None:
    values = np.array([np.nan, 1, np.nan, 3, np.nan, np.nan, 6, 7, np.nan])
    times, drawn = without_single_gaps(np.arange(9.0), values)
    np.testing.assert_array_equal(times, [0, 1, 3, 4, 5, 6, 7, 8])
    np.testing.assert_array_equal(drawn, values[[0, 1, 3, 4, 5, 6, 7, 8]])
    assert len(without_single_gaps(np.zeros(0), np.zeros(0))[0]) == 0


def test_speed_is_known_although_every_second_frame_was_not_read() -> None:
    points = np.zeros((9, 17, 2), np.float32)
    points[..., 0] = np.arange(9)[:, None]
    raw = points.copy()
    raw[1::2] = np.nan
    raw[4:6] = np.nan
    _, values = PersonHistory(1, np.arange(9) / 30, raw, points).curve("speed", 0, raw=True)
    assert values[[0, 8]] == pytest.approx(30) and np.isnan(values[1::2]).all()
    assert np.isnan(values[4]), "nothing is said of a longer gap"


def test_parts_in_any_order_are_the_whole(session: Session) -> None:
    edited = EditedSession(session)
    parts = [person_track(edited, 2, start, end) for start, end in ((60, 90), (0, 60), (90, FRAMES))]
    assert_same(PersonTrack.joined([PersonTrack.joined(parts[::2]), parts[1]]), edited, 2, keep_hidden=False)


def test_nobody_and_nothing_are_no_mistake(session: Session, tmp_path: Path) -> None:
    assert len(person_track(EditedSession(session), 99).at) == 0
    with Session.create(tmp_path / "empty_session.ppnet", made_header()) as empty:
        track = person_track(EditedSession(empty), 1)
        assert len(track.times) == 0 and track.spread(track.raw).shape == (0, 17, 2)
