"""A run that is sent elsewhere: nothing is left out, nothing comes twice, and a person keeps one number."""

import os
import random
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from app.runs.file_run import FileRun
from ppnet.errors import UserError
from tests.fakes import PATIENCE_S, FakeFile, FakeProcessor, FakeSettings, wait_for
from tests.results import made_header, made_result
from tracking.session.edit_plan import select_rows
from tracking.session.edited_session import EditedSession
from tracking.session.edits import HidePerson, MergeIds, RenamePerson
from tracking.session.session import Session
from tracking.session.tracked_parts import Part
from tracking.time_span import TimeSpan
from tracking.types import Frame, FrameResult

FRAMES = 200
ROOT = Path(__file__).parents[3]


pytestmark = pytest.mark.usefixtures("no_thread_left")


@dataclass
class Crowd(FakeProcessor):
    """Sees two people who stand still, under numbers that go on after a reset, as those of the tracker do. Holds at
    `hold_at` until it is let on."""

    first_id: int = 1
    hold_at: int = -1
    go: threading.Event = field(default_factory=threading.Event)

    def process(self, frame: Frame) -> FrameResult:
        super().process(frame)
        if frame.index == self.hold_at:
            assert self.go.wait(PATIENCE_S)
        boxes = np.array([[100, 40, 160, 220], [400, 40, 460, 220]], np.float32)
        ids = (self.first_id, self.first_id + 1)
        return made_result(frame.index, ids, time_s=frame.time_s, boxes=boxes)

    def reset(self) -> None:
        self.first_id += 2

    def go_on_to(self, index: int) -> None:
        """Lets it on, until it holds again at that frame."""
        held, self.go, self.hold_at = self.go, threading.Event(), index
        held.set()
        wait_for(lambda: index in self.seen)


@dataclass
class Led(Crowd):
    """Reads a frame for each look of `until`, and all that are left once it is not led any more."""

    looks: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def process(self, frame: Frame) -> FrameResult:
        assert self.looks.acquire(timeout=PATIENCE_S)
        return super().process(frame)

    def until(self, condition: Callable[[], object]) -> None:
        wait_for(lambda: self.looks.release() or condition())

    def stop(self, run: FileRun[FakeSettings]) -> bool:
        run.stop(0.0)
        self.looks.release(10 * FRAMES)
        return run.stop(PATIENCE_S)


def run_of(session: Session, processor: FakeProcessor, **options: object) -> FileRun[FakeSettings]:
    return FileRun(
        lambda: FakeFile(FRAMES), lambda _settings, current: current or processor, FakeSettings(), session=session,
        **options,
    )  # fmt: skip


def sent_to(session: Session, time_s: float, *, at: int = 30, **options: object) -> FileRun[FakeSettings]:
    """A run that is sent elsewhere while it is at a frame; it goes on."""
    processor = Crowd(FakeSettings(), hold_at=at)
    run = run_of(session, processor, **options)
    run.start()
    wait_for(lambda: at in processor.seen)
    run.go_to(time_s)
    processor.go.set()
    return run


def assert_whole(session: Session, *, people: int = 2) -> None:
    """Every frame once, in order, with its own time, and as many people from the first frame to the last."""
    results = list(EditedSession(session).results())
    assert [edited.result.frame_index for edited in results] == list(range(FRAMES))
    assert [edited.result.time_s for edited in results] == [index / 30 for index in range(FRAMES)]
    numbers = {tuple(sorted(edited.result.tracks.ids.tolist())) for edited in results}
    assert len(numbers) == 1 and len(numbers.pop()) == people
    assert session.complete and [part.is_open for part in session.parts.parts] == [False]


def test_it_begins_a_little_before_the_place_and_goes_to_the_end_then_tracks_the_rest(session: Session) -> None:
    order: list[int] = []
    run = sent_to(session, 4.0, on_result=lambda result: order.append(result.frame_index))
    assert run.wait(PATIENCE_S)
    assert_whole(session)
    jump = order.index(105)  # half a second before it
    assert jump <= 32, "what waited in the queues is not computed first"
    assert order == [*range(jump), *range(105, FRAMES), *range(jump, 105)]


def test_percent_time_left_and_parts_are_true_meanwhile(session: Session) -> None:
    processor = Crowd(FakeSettings(), hold_at=30)
    run = run_of(session, processor)
    run.start()
    wait_for(lambda: 30 in processor.seen)
    run.go_to(4.0)
    processor.go_on_to(150)
    wait_for(lambda: session.newest_frame_index == 149)
    (first, second), status = session.parts.parts, run.status()
    assert (first.first, second) == (0, Part(105, 149, is_open=True))
    assert session.part_times()[1] == (105 / 30, 149 / 30)
    assert status.total == FRAMES and status.done == session.frame_count == first.last + 1 + 45
    processor.go.set()
    assert run.wait(PATIENCE_S) and run.status().done == FRAMES


def test_a_place_just_ahead_of_what_is_tracked_leaves_no_hole_in_between(session: Session) -> None:
    run = sent_to(session, 1.5)
    assert run.wait(PATIENCE_S)
    assert_whole(session)
    assert session.edits() == ()


def test_whoever_stands_at_a_seam_is_one_person_under_the_number_that_was_edited(session: Session) -> None:
    joined = []
    processor = Crowd(FakeSettings(), hold_at=30)
    run = run_of(session, processor, on_join=lambda: joined.append(session.edits()))
    run.start()
    wait_for(lambda: 30 in processor.seen)
    run.go_to(4.0)
    processor.go_on_to(110)
    for edit in (RenamePerson(4, "Anna"), HidePerson(4)):
        session.add_edit(edit)
    processor.go.set()
    assert run.wait(PATIENCE_S)
    edited = EditedSession(session)
    ids = {tuple(one.result.tracks.ids.tolist()) for one in edited.results(keep_hidden=True)}
    assert {tuple(sorted(both)) for both in ids} == {(1, 4)}, "neither lost nor doubled"
    assert edited.name(4) == "Anna" and len(joined) == 1
    assert set(session.edits()[2:]) == {MergeIds(1, 3), MergeIds(4, 2)}


def test_whoever_is_known_only_a_moment_after_a_part_has_begun_is_recognised_too(session: Session) -> None:
    class Slow(Crowd):
        begun: int = -1

        def process(self, frame: Frame) -> FrameResult:
            result = super().process(frame)
            self.begun = frame.index if self.begun < 0 else self.begun
            return select_rows(result, [0, 1] if frame.index - self.begun >= 5 else [0])

        def reset(self) -> None:
            super().reset()
            self.begun = -1

    processor = Slow(FakeSettings(), hold_at=30)
    run = run_of(session, processor)
    run.start()
    wait_for(lambda: 30 in processor.seen)
    run.go_to(4.0)
    processor.go.set()
    assert run.wait(PATIENCE_S)
    assert {i for one in EditedSession(session).results() for i in one.result.tracks.ids.tolist()} == {1, 2}


def test_people_who_are_not_at_a_seam_stay_themselves(session: Session) -> None:
    class Parting(Crowd):
        def process(self, frame: Frame) -> FrameResult:
            result = super().process(frame)
            if 100 <= frame.index < 125:  # nobody is in view
                return made_result(frame.index, (), time_s=frame.time_s)
            return result

    processor = Parting(FakeSettings(), hold_at=30)
    run = run_of(session, processor)
    run.start()
    wait_for(lambda: 30 in processor.seen)
    run.go_to(4.0)
    processor.go.set()
    assert run.wait(PATIENCE_S) and session.edits() == () and session.frame_count == FRAMES
    assert set(session.result(60).tracks.ids) != set(session.result(150).tracks.ids)


def test_a_run_that_was_cut_off_goes_on_with_what_is_missing(path: Path) -> None:
    chance = random.Random(7)
    with Session.create(path, made_header()):
        pass
    for _ in range(5):
        with Session.open(path, writable=True) as session:
            processor = Led(FakeSettings())
            run = run_of(session, processor)
            if chance.random() < 0.8:
                run.go_to(chance.uniform(0, 6))
            run.start()
            aim = min(FRAMES, session.frame_count + chance.randrange(3, 12))
            processor.until(lambda run=run, s=session, aim=aim: s.frame_count >= aim or not run.is_active)
            run.go_to(chance.uniform(0, 6))
            processor.until(lambda run=run, s=session, aim=aim: s.frame_count >= aim + 5 or not run.is_active)
            assert processor.stop(run)
    with Session.open(path, writable=True) as session:
        assert len(session.parts.parts) > 1, "the test tests nothing"
        run = run_of(session, Crowd(FakeSettings()))
        run.start()
        assert run.wait(PATIENCE_S)
        assert_whole(session)


KILLED = """
import os, signal, sys
import scipy.optimize  # here, not in every child
from pathlib import Path
from tests.app.runs.test_segment_reader import Crowd, run_of
from tests.fakes import FakeSettings
from tests.results import made_header
from tracking.session.session import Session

def die(*_more):
    os.kill(os.getpid(), signal.SIGKILL)

def tracked(folder, moment):
    told, count = os.open(folder / "finished", os.O_WRONLY | os.O_CREAT), 0
    def finished(result):
        nonlocal count
        count += 1
        os.write(told, b"%d " % result.frame_index)
        if count == moment:
            die()
        if count in JUMPS:
            run.go_to(JUMPS[count])
    if moment in ("add_edit", "join"):
        setattr(Session, moment, die)
    with Session.create(folder / "a_session.ppnet", made_header()) as session:
        run = run_of(session, Crowd(FakeSettings()), on_result=finished)
        run.start()
        run.wait()

for moment in MOMENTS:
    if not (child := os.fork()):
        (folder := Path(sys.argv[1], str(moment))).mkdir()
        tracked(folder, moment)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL, moment
"""


@pytest.mark.skipif(os.name != "posix", reason="needs fork and signals")
def test_a_run_killed_while_it_is_sent_about_goes_on_and_ids_stay(tmp_path: Path) -> None:
    """`kill -9` before, at and after each of two jumps, and between the acts at a seam."""
    jumps = {30: 4.0, 70: 3.0}
    moments = [1, 29, 30, 31, 32, 50, 69, 70, 71, 72, 100, 130, 170, FRAMES - 1, FRAMES, "add_edit", "join"]
    script = KILLED.replace("JUMPS", repr(jumps)).replace("MOMENTS", repr(moments))
    done = subprocess.run([sys.executable, "-c", script, tmp_path], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    parts = set()
    for moment in moments:
        path = tmp_path / str(moment) / "a_session.ppnet"
        finished = [int(index) for index in (path.parent / "finished").read_text().split()]
        with Session.open(path, writable=True) as session:
            before = {one.result.frame_index: one.result.tracks.ids for one in EditedSession(session).results()}
            assert set(finished) <= before.keys(), "what was finished is there"
            parts.add(len(session.parts.parts))
            run = run_of(session, Crowd(FakeSettings()))
            run.start()
            assert run.wait(PATIENCE_S)
            assert_whole(session)
            after = EditedSession(session).result(finished[0])
            assert after is not None and after.tracks.ids.tolist() == before[finished[0]].tolist()
    assert parts >= {1, 2, 3}, "the test tests nothing"


def test_what_ends_between_two_acts_at_a_seam_is_joined_once(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_self: Session, _first: int) -> None:
        raise UserError("The disk is full.")

    with Session.create(path, made_header()) as session:
        with monkeypatch.context() as broken:
            broken.setattr(Session, "join", full)
            run = sent_to(session, 4.0)
            with pytest.raises(UserError, match="full"):
                run.wait(PATIENCE_S)
        assert len(session.edits()) == 2 and len(session.parts.parts) == 2
    with Session.open(path, writable=True) as session:
        run = run_of(session, Crowd(FakeSettings()))
        run.start()
        assert run.wait(PATIENCE_S)
        assert_whole(session)
        assert len(session.edits()) == 2


@pytest.mark.parametrize("time_s", [-5.0, 6.65, 500.0])
def test_any_place_may_be_asked_for(session: Session, time_s: float) -> None:
    run = sent_to(session, time_s)
    assert run.wait(PATIENCE_S)
    assert_whole(session)


def test_in_and_out_point_hold_and_what_lies_before_them_is_tracked_once_they_are_gone(session: Session) -> None:
    run = run_of(session, Crowd(FakeSettings()))
    run.limit(TimeSpan(2.0, 4.0))
    run.start()
    assert run.wait(PATIENCE_S) and session.parts.parts == (Part(60, 119, is_open=True),)
    assert run.status().done == run.status().total == 60
    run = run_of(session, Crowd(FakeSettings()))
    run.start()
    assert run.wait(PATIENCE_S)
    assert_whole(session)


def test_pictures_that_cannot_be_decoded_hold_nothing_up(session: Session) -> None:
    class Torn(FakeFile):
        def __iter__(self) -> Iterator[Frame]:
            torn = {0, 1, 70, 71, 72, 105, FRAMES - 1}
            return (frame for frame in super().__iter__() if frame.index not in torn)

    processor = Crowd(FakeSettings(), hold_at=30)
    run = FileRun(
        lambda: Torn(FRAMES), lambda _settings, current: current or processor, FakeSettings(), session=session
    )
    run.start()
    wait_for(lambda: 30 in processor.seen)
    run.go_to(4.0)
    processor.go.set()
    assert run.wait(PATIENCE_S) and session.complete
    assert session.frame_count == FRAMES - 7
    assert len({tuple(one.result.tracks.ids.tolist()) for one in EditedSession(session).results()}) == 1


def test_a_run_that_writes_files_cannot_be_sent_elsewhere(session: Session) -> None:
    class Nothing:
        def write(self, frame: Frame, result: FrameResult) -> None: ...
        def close(self, *, complete: bool) -> None: ...
        def abandon(self) -> None: ...

    run = run_of(session, Crowd(FakeSettings()), sinks=[Nothing()])
    with pytest.raises(ValueError, match="from the start"):
        run.go_to(1.0)


def test_a_stop_ends_it_wherever_it_is(session: Session) -> None:
    for time_s in (4.0, 3.0):
        processor = Led(FakeSettings())
        run = run_of(session, processor)
        run.start()
        run.go_to(time_s)
        processor.until(lambda seen=session.frame_count: session.frame_count > seen)
        run.go_to(2.0)
        assert processor.stop(run) and not session.complete
