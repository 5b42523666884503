"""The file engine: every frame, in order, once; pause, cancel, go on; errors reach the caller."""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from app.engine.file import FileEngine
from app.engine.state import EngineState
from ppnet.errors import UserError
from tests.fakes import FakeFile, FakeProcessor, FakeSettings, wait_for
from tests.results import made_header
from tracking.session.session import Session
from tracking.time_span import TimeSpan
from tracking.types import Frame, FrameResult


@pytest.fixture(autouse=True)
def no_thread_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    wait_for(lambda: set(threading.enumerate()) <= before, 3)


@dataclass
class Build:
    """Remembers the processors it built."""

    made: list[FakeProcessor] = field(default_factory=list)

    def __call__(self, settings: FakeSettings, current: FakeProcessor | None) -> FakeProcessor:
        if settings.cannot:
            raise UserError("These weights are of another network.")
        if current is None:
            self.made.append(FakeProcessor(settings))
            return self.made[-1]
        current.settings = settings
        return current


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with Session.create(tmp_path / "a_session.ppnet", made_header()) as session:
        yield session


def test_every_frame_in_order(session: Session) -> None:
    build, file = Build(), FakeFile(200)
    engine = FileEngine(lambda: file, build, FakeSettings(people=2), session=session)
    engine.start()
    assert engine.wait(10)
    status = engine.status()
    assert status.state is EngineState.STOPPED and status.complete and (status.done, status.total) == (200, 200)
    assert status.people == 2 and status.eta_s == 0 and status.device == "stand-in" and status.notices == ()
    assert status.times.pose_s == pytest.approx(0.05)
    assert [r.frame_index for r in session.results()] == list(range(200)) == build.made[0].seen
    assert session.complete and file.closed and build.made[0].threads == {"track"}
    assert build.made[0].closed_in == "track"


def test_a_file_of_one_frame(session: Session) -> None:
    engine = FileEngine(lambda: FakeFile(1), Build(), FakeSettings(), session=session)
    engine.start()
    assert engine.wait(5) and session.frame_count == 1 and engine.status().complete


def test_pause_resume_and_new_settings(session: Session) -> None:
    engine = FileEngine(lambda: FakeFile(300), Build(), FakeSettings(0.002), session=session)
    engine.start()
    wait_for(lambda: session.frame_count > 10)
    engine.pause()
    time.sleep(0.15)
    count = session.frame_count
    time.sleep(0.15)
    assert session.frame_count == count and engine.status().state is EngineState.PAUSED
    engine.apply(FakeSettings(people=3))
    engine.resume()
    assert engine.wait(10)
    assert [len(r) for r in session.results()] == [1] * count + [3] * (300 - count)


def test_progress_says_how_long_it_will_take(session: Session) -> None:
    engine = FileEngine(lambda: FakeFile(1000), Build(), FakeSettings(0.01), session=session)
    engine.start()
    wait_for(lambda: session.frame_count > 50)
    status = engine.status()
    assert 10 < status.process_fps <= 110
    assert status.eta_s == pytest.approx((1000 - status.done) / status.process_fps, rel=0.2)
    assert engine.cancel() and not engine.status().complete


@pytest.mark.parametrize("paused", [False, True])
def test_cancel_leaves_a_session_that_is_gone_on_with(session: Session, paused: bool) -> None:
    engine = FileEngine(lambda: FakeFile(120), Build(), FakeSettings(0.005, people=2), session=session)
    engine.start()
    wait_for(lambda: session.frame_count > 40)
    if paused:
        engine.pause()
    assert engine.cancel() and engine.status().state is EngineState.STOPPED
    count = session.frame_count
    assert 40 < count < 120 and not session.complete
    build = Build()
    engine = FileEngine(lambda: FakeFile(120), build, FakeSettings(people=3), session=session)
    engine.start()
    assert engine.wait(10) and session.complete
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

    engine = FileEngine(lambda: FakeFile(60, fails_at=40), Build(), FakeSettings(people=2), session=session)
    engine.start()
    with pytest.raises(OSError, match="went away"):
        engine.wait(10)
    engine = FileEngine(lambda: FakeFile(60), lambda s, c: c or Elsewhere(s), FakeSettings(), session=session)
    engine.start()
    assert engine.wait(10)
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
            engine = FileEngine(open_source, Build(), settings, session=session)
            engine.start()
            with pytest.raises(kind, match=words):
                engine.wait(5)
            status = engine.status()
            assert status.state is EngineState.FAULTED and words in status.notices[-1].words and not status.complete
            assert not session.complete and session.frame_count <= 20


def test_it_is_started_once_and_may_be_cancelled_before(session: Session) -> None:
    engine = FileEngine(lambda: FakeFile(5), Build(), FakeSettings(), session=session)
    assert engine.cancel() and engine.wait(1) and engine.status().state is EngineState.STOPPED
    engine.start()
    assert engine.wait(5) and session.frame_count == 0
    with pytest.raises(RuntimeError):
        engine.start()


def test_only_what_lies_between_the_limits_is_tracked_and_more_later(session: Session) -> None:
    build, file = Build(), FakeFile(200)
    engine = FileEngine(lambda: file, build, FakeSettings(), session=session)
    engine.limit(TimeSpan(100 / 30, 120 / 30))
    engine.start()
    assert engine.wait(10)
    assert [r.frame_index for r in session.results()] == list(range(100, 120)) == build.made[0].seen
    assert engine.status().complete and engine.status().total == 20
    session.go_on()
    more = FileEngine(lambda: FakeFile(200), build, FakeSettings(), session=session)
    more.limit(TimeSpan(100 / 30, None))
    more.start()
    assert more.wait(10)
    assert [r.frame_index for r in session.results()] == list(range(100, 200)) and session.complete


def test_limits_that_come_while_it_runs(session: Session) -> None:
    build = Build()
    engine = FileEngine(lambda: FakeFile(2000), build, FakeSettings(0.002), session=session)
    engine.start()
    wait_for(lambda: session.frame_count > 10)
    reached = session.last_frame_index
    engine.limit(TimeSpan(None, (reached + 60) / 30))
    assert engine.wait(10)
    assert session.last_frame_index == reached + 59 and session.complete


def test_settings_that_cannot_be_had_are_refused_and_the_run_goes_on(session: Session) -> None:
    build = Build()
    engine = FileEngine(lambda: FakeFile(200), build, FakeSettings(0.002), session=session)
    engine.start()
    wait_for(lambda: session.frame_count > 10)
    engine.apply(FakeSettings(0.002, people=3, cannot=True))
    wait_for(lambda: engine.status().notices)
    (notice,) = engine.status().notices
    assert notice.words == "These weights are of another network. The settings stay as they were."
    assert engine.status().settings == FakeSettings(0.002) == build.made[0].settings
    assert engine.wait(10) and session.complete and {len(r) for r in session.results()} == {1}


def test_what_is_wrong_with_the_file_is_told(session: Session) -> None:
    file = FakeFile(10)
    file.notices = ("The file is damaged after 0.3 s.",)
    engine = FileEngine(lambda: file, Build(), FakeSettings(), session=session)
    engine.start()
    assert engine.wait(5)
    assert [notice.words for notice in engine.status().notices] == ["The file is damaged after 0.3 s."]


def test_changed_settings_are_told_with_their_time(session: Session) -> None:
    told: list[tuple[FakeSettings, FakeSettings, float]] = []
    engine = FileEngine(
        lambda: FakeFile(400), Build(), FakeSettings(0.002), session=session, on_change=lambda *what: told.append(what)
    )
    engine.start()
    wait_for(lambda: session.frame_count > 10)
    engine.apply(FakeSettings(0.001, people=3))
    assert engine.wait(10)
    ((before, after, time_s),) = told
    assert (before, after) == (FakeSettings(0.002), FakeSettings(0.001, people=3))
    first = next(result for result in session.results() if len(result) == 3)
    assert first.time_s == time_s
