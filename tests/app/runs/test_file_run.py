"""A file run: every frame once, in order; the session first, then the files; pause, stop, resume; errors are told."""

import os
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from app.engine.frame_queue import FrameQueue
from app.engine.life_cycle import EngineState
from app.runs.file_run import FileRun
from ppnet.errors import UserError
from tests.fakes import PATIENCE_S, FakeFile, FakeProcessor, FakeSettings, wait_for
from tests.results import made_header
from tracking.session.session import Session
from tracking.time_span import TimeSpan
from tracking.types import Frame, FrameResult

pytestmark = pytest.mark.usefixtures("no_thread_left")


@dataclass
class Build:
    """Remembers the processors it built; they hold in the midst of frame `hold_at` (`is_there`) until they may `go`."""

    made: list[FakeProcessor] = field(default_factory=list)
    hold_at: int = -1
    is_there: threading.Event = field(default_factory=threading.Event)
    go: threading.Event = field(default_factory=threading.Event)

    def __call__(self, settings: FakeSettings, current: FakeProcessor | None) -> FakeProcessor:
        if settings.cannot:
            raise UserError("These weights are of another network.")
        if current is None:
            self.made.append(Held(settings, build=self))
            return self.made[-1]
        current.settings = settings
        return current


@dataclass
class Held(FakeProcessor):
    build: Build | None = None

    def process(self, frame: Frame) -> FrameResult:
        if self.build is not None and frame.index == self.build.hold_at:
            self.build.is_there.set()
            assert self.build.go.wait(PATIENCE_S)
        return super().process(frame)


def held_at(
    index: int, session: Session, frames: int, *, people: int = 1, **options: object
) -> tuple[FileRun[FakeSettings], Build]:
    """A run that is in the midst of a frame; all before it is in the session."""
    build = Build(hold_at=index)
    run = FileRun(lambda: FakeFile(frames), build, FakeSettings(people=people), session=session, **options)
    run.start()
    assert build.is_there.wait(PATIENCE_S)
    wait_for(lambda: session.frame_count == index)
    return run, build


def test_every_frame_in_order(session: Session) -> None:
    build, file = Build(), FakeFile(200)
    run = FileRun(lambda: file, build, FakeSettings(people=2), session=session)
    run.start()
    assert run.wait(PATIENCE_S)
    status = run.status()
    assert status.state is EngineState.STOPPED and status.complete and (status.done, status.total) == (200, 200)
    assert status.people == 2 and status.eta_s == 0 and status.device == "stand-in" and status.notices == ()
    assert status.times.pose_s == pytest.approx(0.05)
    assert [r.frame_index for r in session.results()] == list(range(200)) == build.made[0].seen
    assert session.complete and file.closed and build.made[0].threads == {"track"}
    assert build.made[0].closed_in == "track"


def test_a_thread_that_begins_late_costs_nothing(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy computer the last one may begin when all has been read."""
    start, begun = threading.Thread.start, {}

    def late(thread: threading.Thread) -> None:
        begun[thread.name] = thread
        if thread.name == "finish":
            begun["read"].join(1.0)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", late)
    run = FileRun(lambda: FakeFile(3), Build(), FakeSettings(people=1), session=session)
    run.start()
    assert run.wait(PATIENCE_S) and run.status().complete and session.complete


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has priorities of single threads")
def test_drawing_and_encoding_leave_the_cores_to_the_network(session: Session) -> None:
    niceness: dict[str, int] = {}

    def note(*_: object) -> None:
        niceness[threading.current_thread().name] = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    class Noting(FakeProcessor):
        def process(self, frame: Frame) -> FrameResult:
            note()
            return super().process(frame)

    run = FileRun(
        lambda: FakeFile(3),
        lambda settings, current: current or Noting(settings),
        FakeSettings(),
        session=session,
        on_result=note,
    )
    note()
    run.start()
    assert run.wait(PATIENCE_S)
    mine = niceness.pop(threading.current_thread().name)
    assert niceness == {"track": mine, "finish": min(19, mine + 5)}


def test_a_file_of_one_frame(session: Session) -> None:
    run = FileRun(lambda: FakeFile(1), Build(), FakeSettings(), session=session)
    run.start()
    assert run.wait(PATIENCE_S) and session.frame_count == 1 and run.status().complete


def test_new_settings_hold_from_the_frame_after_the_one_being_computed(session: Session) -> None:
    run, build = held_at(20, session, 300)
    run.apply(FakeSettings(people=3))
    build.go.set()
    assert run.wait(PATIENCE_S)
    assert [len(r) for r in session.results()] == [1] * 21 + [3] * 279


def test_progress_says_how_long_it_will_take(session: Session) -> None:
    run, build = held_at(60, session, 1000)
    status = run.status()
    assert (status.done, status.total) == (60, 1000) and status.process_fps > 0
    assert status.eta_s == pytest.approx(940 / status.process_fps)
    build.go.set()
    run.stop(0.0)
    assert run.stop(PATIENCE_S) and not run.status().complete


def test_a_stop_leaves_a_session_that_can_be_continued(session: Session) -> None:
    run, build = held_at(60, session, 120, people=2)
    run.stop(0.0)
    build.go.set()
    assert run.stop(PATIENCE_S) and run.status().state is EngineState.STOPPED
    count = session.frame_count
    assert count == 61 and not session.complete
    build = Build()
    run = FileRun(lambda: FakeFile(120), build, FakeSettings(people=3), session=session)
    run.start()
    assert run.wait(PATIENCE_S) and session.complete
    results = list(session.results())
    assert [r.frame_index for r in results] == list(range(120))
    # The last second was computed again to know the people; they kept their ids, and the new one has a new id.
    assert build.made[0].seen[0] == max(0, count - 31)
    assert [r.tracks.ids.tolist() for r in results[:count]] == [[1, 2]] * count
    assert [r.tracks.ids.tolist() for r in results[count:]] == [[1, 2, 5]] * (120 - count)


def test_ids_of_a_new_run_never_repeat_those_of_the_old_one(session: Session) -> None:
    """Nobody is recognised: the boxes lie elsewhere."""

    class Elsewhere(FakeProcessor):
        def process(self, frame: Frame) -> FrameResult:
            from tests.results import made_result

            boxes = np.array([[500.0, 10, 560, 300]], np.float32)
            return made_result(frame.index, [1], time_s=frame.time_s, boxes=boxes)

    run = FileRun(lambda: FakeFile(60, fails_at=40), Build(), FakeSettings(people=2), session=session)
    run.start()
    with pytest.raises(OSError, match="went away"):
        run.wait(PATIENCE_S)
    run = FileRun(lambda: FakeFile(60), lambda s, c: c or Elsewhere(s), FakeSettings(), session=session)
    run.start()
    assert run.wait(PATIENCE_S)
    assert {int(i) for r in session.results(45) for i in r.tracks.ids} == {3}


def test_errors_of_every_stage_reach_the_caller(tmp_path: Path) -> None:
    def missing() -> FakeFile:
        raise UserError("There is no file a.mp4.")

    cases = [
        (missing, FakeSettings(), UserError, "There is no file a.mp4."),
        (lambda: FakeFile(50, fails_at=20), FakeSettings(), OSError, "went away"),
        (lambda: FakeFile(50), FakeSettings(fails_at=20), RuntimeError, "network broke"),
        (lambda: FakeFile(50), FakeSettings(cannot=True), UserError, "another network"),
    ]
    for number, (open_source, settings, kind, words) in enumerate(cases):
        with Session.create(tmp_path / f"{number}_session.ppnet", made_header()) as session:
            run = FileRun(open_source, Build(), settings, session=session)
            run.start()
            with pytest.raises(kind, match=words):
                run.wait(PATIENCE_S)
            status = run.status()
            assert status.state is EngineState.FAULTED and words in status.notices[-1].words and not status.complete
            assert not session.complete and session.frame_count <= 20


def test_it_is_started_once_and_may_be_stopped_before(session: Session) -> None:
    run = FileRun(lambda: FakeFile(5), Build(), FakeSettings(), session=session)
    assert run.stop(PATIENCE_S) and run.wait(PATIENCE_S) and run.status().state is EngineState.STOPPED
    run.start()
    assert run.wait(PATIENCE_S) and session.frame_count == 0
    with pytest.raises(RuntimeError):
        run.start()


def test_only_what_lies_between_the_limits_is_tracked_and_more_later(session: Session) -> None:
    build, file = Build(), FakeFile(200)
    run = FileRun(lambda: file, build, FakeSettings(), session=session)
    run.limit(TimeSpan(100 / 30, 120 / 30))
    run.start()
    assert run.wait(PATIENCE_S)
    assert [r.frame_index for r in session.results()] == list(range(100, 120)) == build.made[0].seen
    assert run.status().complete and run.status().total == 20
    session.go_on()
    more = FileRun(lambda: FakeFile(200), build, FakeSettings(), session=session)
    more.limit(TimeSpan(100 / 30, None))
    more.start()
    assert more.wait(PATIENCE_S)
    assert [r.frame_index for r in session.results()] == list(range(100, 200)) and session.complete


def test_limits_that_come_while_it_runs(session: Session) -> None:
    run, build = held_at(20, session, 2000)
    run.limit(TimeSpan(None, 80 / 30))
    build.go.set()
    assert run.wait(PATIENCE_S)
    assert session.last_frame_index == 79 and session.complete


def test_settings_that_cannot_be_had_are_refused_and_the_run_goes_on(session: Session) -> None:
    run, build = held_at(20, session, 200)
    run.apply(FakeSettings(people=3, cannot=True))
    build.go.set()
    assert run.wait(PATIENCE_S) and session.complete and {len(r) for r in session.results()} == {1}
    (notice,) = run.status().notices
    assert notice.words == "These weights are of another network. The settings stay as they were."
    assert run.status().settings == FakeSettings() == build.made[0].settings


def test_what_is_wrong_with_the_file_is_told(session: Session) -> None:
    file = FakeFile(10)
    file.notices = ("The file is damaged after 0.3 s.",)
    run = FileRun(lambda: file, Build(), FakeSettings(), session=session)
    run.start()
    assert run.wait(PATIENCE_S)
    assert [notice.words for notice in run.status().notices] == ["The file is damaged after 0.3 s."]


def test_changed_settings_are_told_with_their_time(session: Session) -> None:
    told: list[tuple[FakeSettings, FakeSettings, float]] = []
    run, build = held_at(20, session, 100, on_change=lambda *what: told.append(what))
    run.apply(FakeSettings(people=3))
    build.go.set()
    assert run.wait(PATIENCE_S)
    assert told == [(FakeSettings(), FakeSettings(people=3), 21 / 30)]
    assert [len(result) for result in session.results()] == [1] * 21 + [3] * 79


# -- stages and sinks ----------------------------------------------------------------------------


@dataclass
class FakeSink:
    """Remembers what it was given; `fails_at` breaks at that frame, `fails_closing` at the end."""

    session: Session
    fails_at: int | None = None
    fails_closing: bool = False
    seen: list[int] = field(default_factory=list)
    closed: bool | None = None
    abandoned: bool = False

    def write(self, frame: Frame, result: FrameResult) -> None:
        assert self.session.result(frame.index) is not None, "the session has every frame first"
        if frame.index == self.fails_at:
            raise UserError("The disk is full.")
        self.seen.append(result.frame_index)

    def close(self, *, complete: bool) -> None:
        self.closed = complete
        if self.fails_closing:
            raise UserError("The disk is full.")

    def abandon(self) -> None:
        self.abandoned = True


def run_with(sinks: list[FakeSink], file: FakeFile, settings: FakeSettings | None = None) -> FileRun[FakeSettings]:
    run = FileRun(lambda: file, Build(), settings or FakeSettings(), session=sinks[0].session, sinks=sinks)
    run.start()
    return run


def test_the_session_comes_first_then_the_sinks(session: Session) -> None:
    sinks = [FakeSink(session), FakeSink(session)]
    assert run_with(sinks, FakeFile(40)).wait(PATIENCE_S)
    assert [sink.seen for sink in sinks] == [list(range(40))] * 2 and [sink.closed for sink in sinks] == [True, True]


def test_a_sink_that_breaks_ends_the_run_and_the_others_are_closed_as_incomplete(session: Session) -> None:
    sinks = [FakeSink(session), FakeSink(session, fails_at=9, fails_closing=True), FakeSink(session)]
    run = run_with(sinks, FakeFile(100_000))
    with pytest.raises(UserError, match="disk is full"):
        run.wait(PATIENCE_S)
    assert [sink.closed for sink in sinks] == [False] * 3 and [sink.abandoned for sink in sinks] == [False, True, False]
    assert session.frame_count == 10 and not session.complete and run.status().state is EngineState.FAULTED


def test_a_file_that_cannot_be_closed_is_told(session: Session) -> None:
    sinks = [FakeSink(session, fails_closing=True), FakeSink(session)]
    with pytest.raises(UserError, match="disk is full"):
        run_with(sinks, FakeFile(5)).wait(PATIENCE_S)
    assert sinks[0].abandoned and sinks[1].closed is True


@pytest.mark.parametrize("settings", [FakeSettings(fails_at=7), FakeSettings()])
def test_what_came_before_an_error_is_finished(session: Session, settings: FakeSettings) -> None:
    (sink,) = sinks = [FakeSink(session)]
    run = run_with(sinks, FakeFile(60, fails_at=None if settings.fails_at else 7), settings)
    with pytest.raises((OSError, RuntimeError)):
        run.wait(PATIENCE_S)
    assert sink.seen == list(range(7)) and sink.closed is False and session.frame_count == 7


def test_what_was_computed_before_a_stop_is_finished(session: Session) -> None:
    build, sink = Build(), FakeSink(session)
    run = FileRun(lambda: FakeFile(100_000), build, FakeSettings(0.002), session=session, sinks=[sink])
    run.start()
    wait_for(lambda: session.frame_count > 10)
    assert run.stop(PATIENCE_S) and sink.closed is False
    assert sink.seen == build.made[0].seen == list(range(session.frame_count))


def test_reading_computing_and_finishing_go_on_at_the_same_time(session: Session) -> None:
    together = threading.Barrier(3, timeout=PATIENCE_S)

    class Source(FakeFile):
        def __iter__(self) -> Iterator[Frame]:
            for frame in super().__iter__():
                if frame.index == 4:
                    together.wait()
                yield frame

    class Network(FakeProcessor):
        def process(self, frame: Frame) -> FrameResult:
            if frame.index == 2:
                together.wait()
            return super().process(frame)

    class Last(FakeSink):
        def write(self, frame: Frame, result: FrameResult) -> None:
            if frame.index == 1:
                together.wait()

    run = FileRun(lambda: Source(8), lambda s, c: Network(s), FakeSettings(), session=session, sinks=[Last(session)])
    run.start()
    assert run.wait(PATIENCE_S) and session.frame_count == 8


@pytest.mark.parametrize(("most", "most_bytes"), [(3, 10**9), (10**9, 300)])
def test_what_waits_is_bounded_by_number_and_by_bytes(most: int, most_bytes: int) -> None:
    queue: FrameQueue[int] = FrameQueue(most, most_bytes)
    put: list[int] = []

    def give() -> None:
        for item in range(20):
            assert queue.put(item, 100)
            put.append(item)
        queue.close()

    thread = threading.Thread(target=give)
    thread.start()
    taken = []
    for item in queue:
        taken.append(item)
        assert len(put) <= item + 1 + 3 + 1
    thread.join(PATIENCE_S)
    assert taken == list(range(20))


def test_one_item_larger_than_all_room_still_goes_through() -> None:
    queue: FrameQueue[str] = FrameQueue(8, 100)
    assert queue.put("large", 10**9)
    queue.abandon()
    assert not queue.put("more", 1) and list(queue) == []
