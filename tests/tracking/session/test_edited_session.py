"""A session with its edits: undo, smoothing made anew, and the events that people jump to."""

import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ppnet.poses import Poses
from ppnet.skeleton import COCO_17
from tests.fakes import PATIENCE_S
from tests.results import assert_same, finished_session, made_header, made_result, smooth_results
from tracking.events import EventKind, events_of, lanes_of, next_event, previous_event
from tracking.run_settings import RunSettings
from tracking.session import edited_session
from tracking.session.edit_plan import EditPlan, select_rows
from tracking.session.edited_session import EditedSession
from tracking.session.edits import (
    ChooseSmoothing,
    DeletePerson,
    Edit,
    HidePerson,
    MergeIds,
    MoveKeypoint,
    RenamePerson,
    SplitId,
    SwapIds,
)
from tracking.session.resmoothing import smooth_again
from tracking.session.session import Session
from tracking.sightings import Sightings
from tracking.smoothing import SmoothingSettings, make_smoother
from tracking.types import FrameResult, KeypointState, StageTimes, Tracks, TrackState


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with finished_session(tmp_path / "a_session.ppnet", 60) as session:
        yield session


def test_edits_undo_and_redo(session: Session) -> None:
    edited = EditedSession(session)
    assert_same(edited.result(10), made_result(10))
    assert edited.result(100) is None
    session.add_edit(SwapIds(1, 2, 30))
    session.add_edit(RenamePerson(1, "Ann"))
    session.add_edit(MoveKeypoint(1, 0, 40, 1.0, 2.0))
    assert_same(edited.result(40), made_result(40))  # until it is told
    edited.refresh()
    assert edited.result(40).tracks.ids.tolist() == [2, 1] and edited.result(29).tracks.ids.tolist() == [1, 2]
    assert edited.result(40).smoothed.keypoints[1, 0].tolist() == [1, 2]
    assert edited.name(1) == "Ann" and edited.name(2) == "Person 2"
    for _ in range(3):
        session.undo()
    edited.refresh()
    assert [r.edited.any() for r in edited.results()] == [False] * 60
    session.redo()
    edited.refresh()
    assert [r.edited.all() for r in edited.results()] == [False] * 30 + [True] * 30
    assert [r.result.frame_index for r in edited.results(5, 8)] == [5, 6, 7]


def test_hidden_people_and_new_ids(session: Session) -> None:
    session.add_edit(HidePerson(2))
    session.add_edit(SplitId(1, 10, 8))
    edited = EditedSession(session)
    assert edited.result(20).tracks.ids.tolist() == [8] and edited.next_id == 9
    assert edited.edited(20, keep_hidden=True).result.tracks.ids.tolist() == [8, 2]


def test_a_split_while_the_tracking_goes_on_leaves_the_newcomer(tmp_path: Path) -> None:
    with Session.create(tmp_path / "b_session.ppnet", made_header()) as session:
        for index in range(20):
            session.append(made_result(index))
        edited = EditedSession(session)
        session.add_edit(SplitId(1, 10, edited.next_id))
        for index in range(20, 40):
            session.append(made_result(index, (1, 2, 3)))
        edited.refresh()
        assert edited.result(30).tracks.ids.tolist() == [3, 2, 4] and edited.next_id == 5
        assert_same(replace_ids(edited.result(30), (1, 2, 3)), made_result(30, (1, 2, 3)))
        session.undo()
        edited.refresh()
        assert edited.result(30).tracks.ids.tolist() == [1, 2, 3] and edited.next_id == 4
        session.redo()
        edited.refresh()
        assert edited.result(30).tracks.ids.tolist() == [3, 2, 4]


def replace_ids(result: FrameResult, ids: Sequence[int]) -> FrameResult:
    return select_rows(result, range(len(result)), ids=np.array(ids, np.int64))


def test_smoothing_made_anew_equals_smoothing_at_once(session: Session) -> None:
    session.add_edit(ChooseSmoothing("one_euro", 80.0, 0.5))
    session.add_edit(SwapIds(1, 2, 30))
    session.add_edit(MoveKeypoint(1, 0, 40, 1.0, 2.0))
    edited = EditedSession(session)
    assert edited.needs_smoothing
    assert not np.array_equal(edited.result(20).states, edited.result(20).raw.scores >= 0.5)
    assert edited.refresh() and not edited.needs_smoothing
    smoother = make_smoother(SmoothingSettings(kind="one_euro", strength=80, min_score=0.5))
    for index in range(60):
        tracked, got = made_result(index), edited.result(index)
        ids = np.array([1, 2] if index < 30 else [2, 1])
        poses, states = smoother.update(ids, tracked.raw, tracked.tracks.boxes, tracked.time_s)
        free = np.ones((2, 17), bool)
        if index == 40:
            free[1, 0] = False
            assert got.smoothed.keypoints[1, 0].tolist() == [1, 2]  # the hand counts more than the filter
        np.testing.assert_array_equal(got.smoothed.keypoints[free], poses.keypoints[free])
        np.testing.assert_array_equal(got.states[free], states[free])
        np.testing.assert_array_equal(got.raw.keypoints, tracked.raw.keypoints)
    session.undo()
    session.undo()
    session.undo()
    edited.refresh()
    assert_same(edited.result(20), made_result(20))


def test_a_smoothing_for_one_export_only(session: Session) -> None:
    edited = EditedSession(session, smoothing=ChooseSmoothing("off", 0.0, 0.9))
    assert edited.refresh()
    result = edited.result(20)
    np.testing.assert_array_equal(result.states == KeypointState.MISSING, result.raw.scores < 0.9)
    assert session.edits() == ()


def test_smoothing_is_made_once_for_all_who_ask_for_it(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    begun, may_go_on = threading.Event(), threading.Event()

    def slow(results: Iterable[FrameResult], settings: SmoothingSettings) -> Iterator:
        made.append(settings.kind)
        begun.set()
        assert may_go_on.wait(PATIENCE_S)
        yield from smooth_again(results, settings)

    monkeypatch.setattr(edited_session, "smooth_again", slow)
    session.add_edit(ChooseSmoothing("one_euro", 80.0, 0.5))
    window, faces, export = (EditedSession(session) for _ in range(3))
    threads = [threading.Thread(target=edited.refresh) for edited in (window, faces)]
    for thread in threads:
        thread.start()
        assert begun.wait(PATIENCE_S)
    assert not export.refresh(cancelled=lambda: True) and export.needs_smoothing  # it does not wait to the end
    may_go_on.set()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert export.refresh() and made == ["one_euro"]
    assert_same(window.result(20), faces.result(20))
    assert_same(window.result(20), export.result(20))
    session.add_edit(ChooseSmoothing("off", 0.0, 0.9))
    assert export.refresh() and made == ["one_euro", "off"]
    assert not np.array_equal(export.result(20).states, window.result(20).states)


def test_smoothing_can_be_cancelled(session: Session) -> None:
    session.add_edit(ChooseSmoothing("off", 0.0, 0.9))
    edited = EditedSession(session)
    assert not edited.refresh(cancelled=lambda: True) and edited.needs_smoothing
    assert_same(edited.result(20), made_result(20))


def test_smoothing_made_anew_keeps_the_settings_of_the_run_that_nobody_chose_anew(tmp_path: Path) -> None:
    settings = RunSettings().changed({"smoothing.kind": "rts", "smoothing.use_acceleration": True})
    with Session.create(tmp_path / "b_session.ppnet", made_header(settings=settings.to_plain())) as session:
        results = [made_result(index) for index in range(40)]
        for result in results:
            session.append(result)
        session.finish()
        session.add_edit(ChooseSmoothing("one_euro", 70.0, 0.4))
        session.add_edit(ChooseSmoothing("rts", 70.0, 0.4))
        edited = EditedSession(session)
        assert edited.refresh()
        wanted = smooth_results(results, replace(settings.smoothing, strength=70, min_score=0.4))
        for index in range(40):
            assert_same(edited.result(index), wanted[index])


def test_a_run_with_the_smoother_that_looks_ahead_is_smoothed_when_it_is_over(tmp_path: Path) -> None:
    header = made_header(settings={"smooth": "rts", "strength": 70.0, "min_conf": 0.4})
    with Session.create(tmp_path / "b_session.ppnet", header) as session:
        results = [made_result(index) for index in range(40)]
        for result in results:
            session.append(result)
        edited = EditedSession(session)
        assert not edited.needs_smoothing  # it still runs
        session.finish()
        edited.refresh(smooth=False)
        assert edited.needs_smoothing and edited.refresh()
        wanted = smooth_results(results, SmoothingSettings(kind="rts", strength=70, min_score=0.4))
        for index in range(40):
            assert_same(edited.result(index), wanted[index])


def person(frame: int, people: dict[int, tuple[float, float]], *, guessed: frozenset[int] = frozenset()) -> FrameResult:
    """People by id: (left edge of a box 50 px wide, score of all joints)."""
    lefts = np.array([left for left, _ in people.values()], np.float32)
    scores = np.array([[score] * 17 for _, score in people.values()], np.float32).reshape(-1, 17)
    poses = Poses(np.zeros((len(people), 17, 2), np.float32), scores, COCO_17)
    boxes = np.stack([lefts, 0 * lefts, lefts + 50, 0 * lefts + 100], axis=-1)
    states = [TrackState.PREDICTED if i in guessed else TrackState.TRACKED for i in people]
    tracks = Tracks(
        np.array(list(people), np.int64), boxes, np.ones(len(people), np.float32), np.array(states, np.uint8)
    )
    joints = np.ones((len(people), 17), np.uint8)
    return FrameResult(frame, frame / 30, (640, 480), tracks, poses, poses, joints, StageTimes())


def sighted(tmp_path: Path, results: Iterable[FrameResult], *edits: Edit) -> Sightings:
    """Who is where in these results, with edits."""
    with Session.create(tmp_path / "scene_session.ppnet", made_header(), overwrite=True) as session:
        for result in results:
            session.append(result)
        return EditPlan(edits).sighted(session.sightings())


def test_the_events_of_a_scripted_scene(tmp_path: Path) -> None:
    frames = []
    for frame in range(120):
        people = {1: (4.0 * frame, 0.9)}
        if 10 <= frame < 100:
            people[2] = (240.0, 0.2 if 80 <= frame < 95 else 0.9)  # walked through by 1, then hard to see
        if frame in range(30, 40) or frame == 20:
            del people[1]  # away for a third of a second; and for a single frame, which is no gap
        frames.append(person(frame, people))
    sightings = sighted(tmp_path, frames)
    first, second = lanes_of(sightings)
    assert [(s.start_frame, s.end_frame) for s in first.seen] == [(0, 29), (40, 119)]
    assert (second.seen[0].start_frame, second.seen[-1].end_frame, second.frame_count) == (10, 99, 90)
    assert [(s.start_frame, s.end_frame) for s in second.uncertain] == [(80, 94)]
    assert first.seen_s == pytest.approx((29 + 79) / 30)
    events = events_of(sightings, (first, second))
    told = [(e.kind, e.track_id, e.frame_index, e.end_frame) for e in events if e.kind is not EventKind.CROSSING]
    assert told == [
        (EventKind.BIRTH, 1, 0, None),
        (EventKind.BIRTH, 2, 10, None),
        (EventKind.GAP, 1, 29, 40),
        (EventKind.LOW_CONFIDENCE, 2, 80, 94),
        (EventKind.END, 2, 99, None),
    ]
    crossings = [e for e in events if e.kind is EventKind.CROSSING]
    assert len(crossings) == 1 and (crossings[0].track_id, crossings[0].other_id) == (1, 2)
    assert 49 <= crossings[0].frame_index <= 52
    assert next_event(events, 0).frame_index == 10 and next_event(events, 99) is None
    assert previous_event(events, 10).frame_index == 0 and previous_event(events, 0) is None


def test_guessed_frames_are_gaps(tmp_path: Path) -> None:
    guessed = (frozenset({1}) if 10 <= frame < 20 else frozenset() for frame in range(30))
    sightings = sighted(tmp_path, [person(f, {1: (0.0, 0.9)}, guessed=who) for f, who in enumerate(guessed)])
    (lane,) = lanes_of(sightings)
    assert [(s.start_frame, s.end_frame) for s in lane.seen] == [(0, 9), (20, 29)] and lane.frame_count == 20
    assert lanes_of(Sightings.none()) == () and events_of(Sightings.none(), ()) == ()


def test_many_frames_at_once_are_edited_as_one_at_a_time(tmp_path: Path) -> None:
    results = [made_result(index, (1, 2, 3) if index % 7 else (1, 3)) for index in range(60)]
    edits = (
        SwapIds(1, 2, from_frame=20),
        SplitId(3, 30, 4),
        MergeIds(1, 4),
        DeletePerson(2, from_frame=50),
        MoveKeypoint(1, 9, 5, 10.0, 10.0),
    )
    plan = EditPlan(edits)
    sightings = sighted(tmp_path, results, *edits)
    for result in results:
        now = plan.apply(result).result
        rows = sightings.indices[sightings.at] == result.frame_index
        assert sightings.ids[rows].tolist() == now.tracks.ids.tolist()
        np.testing.assert_array_equal(sightings.boxes[rows], now.tracks.boxes)


def test_a_slow_camera_has_no_gaps_of_its_own(tmp_path: Path) -> None:
    five_a_second = [person(frame, {1: (0.0, 0.9)}) for frame in range(0, 60, 6)]
    assert len(lanes_of(sighted(tmp_path, five_a_second))[0].seen) == 1
