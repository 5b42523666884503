"""The live engine with real threads: newest wins, cameras die and come back, nothing hangs."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import av
import numpy as np
import pytest

from app.engine.life_cycle import CameraState, EngineState
from app.engine.live import LiveEngine, LiveOptions
from app.engine.load_shedding import ShedStep, shed
from app.engine.recorder import RecordingSettings, _Lane
from app.engine.run_status import RunStatus
from app.presets import SHED_STEPS
from ppnet.errors import UserError
from tests.fakes import PATIENCE_S, FakeCameraPort, FakeClock, FakeFile, FakeProcessor, FakeSettings, wait_for
from tests.results import made_header, made_result
from tracking import assignment
from tracking.drawing.style import SceneStyle
from tracking.run_settings import RunSettings
from tracking.session.session import Session
from tracking.types import Frame, FrameResult

QUICK = LiveOptions(lost_after_s=1.0, reopen_every_s=0.05, target_delay_s=0.1, shed_after_s=0.3, give_back_after_s=0.5)


RUNS: list["Run"] = []


class Run:
    """An engine on a fake camera, and what it built. Time is the camera's: it goes by with its pictures."""

    def __init__(self, settings: FakeSettings = FakeSettings(), **kwargs: object) -> None:  # noqa: B008
        self.clock = FakeClock()
        self.port = FakeCameraPort(clock=self.clock, **kwargs.pop("camera", {}))
        self.processors: list[FakeProcessor] = []
        open_source = kwargs.pop("open_source", self.port.open)
        self.engine = LiveEngine(open_source, self.build, settings, **{"options": QUICK, "clock": self.clock, **kwargs})
        RUNS.append(self)

    def build(self, settings: FakeSettings, current: FakeProcessor | None) -> FakeProcessor:
        if settings.cannot:
            raise UserError("These weights are of another network.")
        if current is None:
            self.processors.append(FakeProcessor(settings, self.port))
            return self.processors[-1]
        current.settings = settings
        return current

    @property
    def status(self) -> RunStatus:
        return self.engine.status()

    @property
    def words(self) -> str:
        """All that the user is told."""
        return " ".join(notice.words for notice in self.status.notices)

    @property
    def processed(self) -> int:
        return sum(len(processor.seen) for processor in self.processors)

    def stop(self) -> bool:
        """Whether all its threads have ended."""
        return self.engine.stop(PATIENCE_S)

    @contextmanager
    def held_at_work(self) -> Iterator[None]:
        """While the block runs the network is in the midst of a picture."""
        begun, go_on = threading.Event(), threading.Event()
        self.port.work = lambda _seconds: begun.set() or go_on.wait(PATIENCE_S)
        try:
            assert begun.wait(PATIENCE_S)
            yield
        finally:
            go_on.set()

    def fall_silent(self) -> None:
        """The camera sends no more pictures, for longer than the engine puts up with."""
        self.port.pull(silent=True)
        wait_for(self.port.hangs.is_set)
        self.clock.advance(2 * QUICK.lost_after_s)

    def go(self) -> "Run":
        self.engine.start()
        wait_for(lambda: (self.engine.view() and self.engine.view().result) or self.status.state is EngineState.FAULTED)
        return self


@pytest.fixture(autouse=True)
def no_thread_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    while RUNS:
        run = RUNS.pop()
        run.port.plug()
        run.stop()
    wait_for(lambda: set(threading.enumerate()) <= before)


def test_a_run_from_start_to_stop() -> None:
    run = Run()
    assert run.engine.view() is None and run.engine.state is EngineState.STOPPED
    run.go()
    wait_for(lambda: run.processed > 20)
    view = run.engine.view()
    earliest_s = run.clock() - view.grabbed_s
    run.engine.painted(view)
    latest_s = run.clock() - view.grabbed_s
    status = run.status
    assert status.state is EngineState.RUNNING and status.camera is CameraState.LIVE and not status.notices
    assert status.source.name == "fake camera" and status.device == "stand-in" and status.people == 1
    assert status.capture_fps == pytest.approx(100, rel=0.01) and earliest_s <= status.delay_s <= latest_s
    assert status.times.pose_s == pytest.approx(0.05) and status.memory_bytes > 10_000_000
    assert run.processors[0].threads == {"pose"}
    assert run.stop() and run.engine.state is EngineState.STOPPED
    assert run.port.open_now == 0 and run.processors[0].closed_in == "pose"
    with pytest.raises(RuntimeError):
        run.engine.start()


def test_no_picture_waits_for_what_tells_people_apart_to_be_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, is_loaded = threading.Event(), threading.Event()
    monkeypatch.setattr(assignment, "load", lambda: begun.set() or is_loaded.wait(PATIENCE_S))
    run = Run().go()
    assert begun.wait(PATIENCE_S) and run.processed and run.status.state is EngineState.RUNNING
    is_loaded.set()


def test_with_a_slow_network_the_delay_is_below_two_frames_and_one_inference() -> None:
    """Counted in pictures, each of which makes the time go on: a busy computer changes nothing."""
    run = Run(FakeSettings(0.14), camera={"fps": 50}, options=replace(QUICK, shed=False)).go()
    ages: list[int] = []
    newest = -1

    def look() -> bool:
        nonlocal newest
        view = run.engine.view()
        if view.result.frame_index > newest:
            newest = view.result.frame_index
            assert view.result_frame.index == newest
            ages.append(view.frame.index - newest)
        return len(ages) == 12

    wait_for(look)
    status = run.status
    assert run.stop()
    behind, seen = run.processors[0].behind, run.processors[0].seen
    assert np.median(behind) < 2 and np.median(behind[-4:]) < np.median(behind[:4]) + 1
    # An inference takes seven pictures; a queue of them would grow by six each time.
    assert np.median(ages) < 2 * 7 + 2 and np.median(ages[-4:]) < np.median(ages[:4]) + 7
    # And the picture itself goes on at the rate of the camera, its drops counted.
    assert status.capture_fps == pytest.approx(50, rel=0.01) and status.process_fps < 50 / 7
    dropped = sum(status.dropped.values())
    assert run.port.grabbed - dropped - 4 <= run.processed <= run.port.grabbed - dropped
    assert seen == sorted(seen) and min(np.diff(seen)) >= 7  # frames between were skipped, none queued


def test_settings_are_taken_between_two_frames_and_bad_ones_are_refused_in_words() -> None:
    run = Run().go()
    run.engine.apply(FakeSettings(people=3))
    wait_for(lambda: run.engine.view().result is not None and len(run.engine.view().result) == 3)
    run.engine.apply(FakeSettings(people=2, cannot=True))
    wait_for(lambda: run.status.notices)
    assert run.words == "These weights are of another network. The settings stay as they were."
    assert run.status.state is EngineState.RUNNING and run.status.settings == FakeSettings(people=3)
    count = run.processed
    wait_for(lambda: run.processed > count + 5)
    assert len(run.engine.view().result) == 3  # the one in use goes on
    run.engine.apply(FakeSettings(people=2, cannot=True))
    wait_for(lambda: len(run.status.notices) == 2)
    assert len({notice.id for notice in run.status.notices}) == 2, "a second refusal is news"
    run.engine.apply(FakeSettings(people=1))
    wait_for(lambda: len(run.engine.view().result) == 1)
    assert len(run.status.notices) == 2 and run.stop()


STEPS = (
    ShedStep[FakeSettings]("flip off", lambda s: replace(s, seconds=s.seconds / 2, flip=False) if s.flip else s),
    ShedStep[FakeSettings]("fewer people", lambda s: replace(s, people=1)),
)


def test_under_load_work_is_shed_in_order_and_said() -> None:
    run = Run(FakeSettings(0.15, people=3), steps=STEPS, camera={"network_is_clock": True}).go()
    wait_for(lambda: run.status.shed == ("flip off",))
    wait_for(lambda: run.processors[0].settings.seconds == 0.075)
    # 0.075 s of work: below the target, so it stays at that.
    count = run.processed
    wait_for(lambda: run.processed > count + 20)
    assert run.status.shed == ("flip off",)
    run.engine.apply(FakeSettings(0.02, people=3))  # a quick network: all is taken up again
    wait_for(lambda: run.status.shed == () and run.processors[0].settings.flip)
    assert run.stop()


@dataclass
class Weighed:
    """A network that takes as long as its settings ask for: a slow computer, until `quick`."""

    settings: RunSettings
    port: FakeCameraPort
    quick: bool = False

    def process(self, frame: Frame) -> FrameResult:
        self.port.work(0.03 if self.quick else 0.14 * self.settings.network.input_scale**2 + 0.03)
        return made_result(frame.index, (1,), time_s=frame.time_s)

    def expect(self, frame: Frame) -> None:
        pass

    def reset(self) -> None:
        pass

    def close(self) -> None:
        pass


def test_a_slow_network_sheds_in_the_stated_order_and_takes_up_in_the_opposite_one() -> None:
    clock = FakeClock()
    port = FakeCameraPort(clock=clock, network_is_clock=True)
    settings = RunSettings().changed({"network.flip": True})
    weighed = Weighed(settings, port)
    changes: list[tuple[RunSettings, RunSettings, float]] = []

    def build(settings: RunSettings, _current: object) -> Weighed:
        weighed.settings = settings
        return weighed

    engine = LiveEngine(
        port.open,
        build,
        settings,
        steps=SHED_STEPS,
        options=LiveOptions(target_delay_s=0.12, shed_after_s=0.25, give_back_after_s=0.3),
        on_change=lambda *what: changes.append(what),
        clock=clock,
    )
    engine.start()
    names, only_one = [step.name for step in SHED_STEPS], "follows one person"

    def said_of(count):
        """Who follows one person says nothing of three any more."""
        said = tuple(names[:count])
        return tuple(name for name in said if only_one not in said or "at most 3" not in name)

    cheaper = [shed(settings, SHED_STEPS, count) for count in range(len(names) + 1)]
    assert [said for _, said in cheaper] == [said_of(count) for count in range(len(names) + 1)]
    try:
        parts = ("half as often", "hold still", "mirrored", "at most 3 people", only_one, "3/4")
        assert len(names) == len(parts) and all(part in name for part, name in zip(parts, names, strict=True))
        wait_for(lambda: len(changes) == len(names))
        assert [after for _, after, _ in changes] == [after for after, _ in cheaper[1:]]
        assert engine.status().shed == said_of(len(names)) and len(said_of(len(names))) == len(names) - 1
        used = weighed.settings
        assert (used.detect_every, used.skip_still, used.network.flip, used.tracker.max_people) == (6, True, False, 1)
        assert used.network.input_scale == 0.75
        weighed.quick = True
        wait_for(lambda: len(changes) == 2 * len(names))
        assert [after for _, after, _ in changes[len(names) :]] == [after for after, _ in cheaper[-2::-1]]
        assert engine.status().shed == () and weighed.settings == settings
    finally:
        assert engine.stop(PATIENCE_S)
    times = [time_s for _, _, time_s in changes]
    assert len(changes) == 2 * len(names) and times == sorted(times)


@pytest.mark.parametrize("silent", [False, True])
def test_a_camera_that_dies_and_comes_back(tmp_path: Path, silent: bool) -> None:
    run = Run().go()
    run.engine.start_recording(RecordingSettings(tmp_path, "walk", raw=True), SceneStyle)
    wait_for(lambda: dict(run.status.recording.frames)["annotated"] > 10)
    run.fall_silent() if silent else run.port.pull()
    wait_for(lambda: run.status.camera is CameraState.LOST)
    assert "stopped sending pictures" in run.words and "new file" in run.words
    wait_for(lambda: len(list(tmp_path.glob("*.mp4"))) == 2 and not list(tmp_path.glob("*.partial.mp4")))
    last = run.engine.view()
    run.port.plug()
    wait_for(lambda: run.status.camera is CameraState.LIVE)
    assert not run.status.notices
    wait_for(lambda: len(run.status.recording.files) == 4 and run.engine.view().frame.index > last.frame.index + 10)
    view = run.engine.view()
    # Time goes on over the gap, as much as really went by.
    assert view.frame.time_s - last.frame.time_s == pytest.approx(view.grabbed_s - last.grabbed_s, abs=0.03)
    assert run.port.opened == (1 if silent else 2)
    run.engine.stop_recording()
    wait_for(lambda: run.status.recording.finished)
    names = sorted(file.name for file in run.status.recording.files)
    assert names == ["walk_2_annotated.mp4", "walk_2_raw.mp4", "walk_annotated.mp4", "walk_raw.mp4"]
    for file in run.status.recording.files:
        with av.open(str(file)) as video:
            assert sum(1 for _ in video.decode(video=0)) >= 5
    assert run.stop()


def test_a_recording_that_was_stopped_is_not_said_to_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run, hold = Run().go(), threading.Event()
    close = _Lane._close

    def close_later(lane: _Lane) -> None:
        hold.wait(PATIENCE_S)
        close(lane)

    monkeypatch.setattr(_Lane, "_close", close_later)
    run.engine.start_recording(RecordingSettings(tmp_path, "walk"), SceneStyle)
    wait_for(lambda: dict(run.status.recording.frames)["annotated"] > 10)
    run.engine.stop_recording()
    run.port.pull()
    wait_for(lambda: run.status.camera is CameraState.LOST)
    assert not run.status.recording.finished, "it is still being written"
    assert "stopped sending pictures" in run.words and "new file" not in run.words
    hold.set()
    assert run.stop()


def test_a_camera_that_is_not_there_is_said_at_once() -> None:
    run = Run()
    run.port.pull()
    run.go()
    assert run.status.state is EngineState.FAULTED and "no camera" in run.words
    assert run.stop() and run.engine.state is EngineState.FAULTED


def test_a_network_that_breaks_stops_the_run_and_keeps_what_was_recorded(tmp_path: Path) -> None:
    session_file = tmp_path / "run_session.ppnet"
    session = Session.create(session_file, made_header())
    run = Run(session=session).go()
    run.engine.start_recording(RecordingSettings(tmp_path, "walk"), SceneStyle)
    wait_for(lambda: dict(run.status.recording.frames)["annotated"] > 5)
    run.engine.apply(FakeSettings(fails_at=0))
    wait_for(lambda: run.engine.state is EngineState.FAULTED)
    assert "the network broke" in run.words
    wait_for(lambda: session.complete)  # and open: it can still be looked at, edited and exported
    assert run.stop()
    with pytest.raises(UserError, match="closed"):
        session.edits()
    with av.open(str(tmp_path / "walk_annotated.mp4")) as video:
        assert sum(1 for _ in video.decode(video=0)) > 5
    with Session.open(session_file) as kept:
        assert [r.frame_index for r in kept.results()] == run.processors[0].seen


def test_weights_that_cannot_be_loaded_are_a_fault_in_words() -> None:
    run = Run(FakeSettings(cannot=True)).go()
    assert run.status.state is EngineState.FAULTED and run.words == "These weights are of another network."
    assert run.stop()


def test_memory_that_runs_out_is_a_fault_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def process(*_words: object) -> FrameResult:
        raise RuntimeError("std::bad_alloc")

    monkeypatch.setattr(FakeProcessor, "process", process)
    run = Run().go()
    assert run.status.state is EngineState.FAULTED
    assert run.words.startswith("There is not enough memory; close other programs")


def test_every_processed_frame_is_in_the_session(tmp_path: Path) -> None:
    path = tmp_path / "run_session.ppnet"
    run = Run(FakeSettings(people=2), session=Session.create(path, made_header())).go()
    wait_for(lambda: run.processed > 50)
    assert run.stop()
    with Session.open(path) as session:
        assert session.complete
        assert [r.frame_index for r in session.results()] == run.processors[0].seen
        begun_at_0 = [(index + 1) / run.port.fps for index in run.processors[0].seen]
        assert session.frame_times() == pytest.approx(begun_at_0)


@pytest.mark.parametrize("is_late", [False, True], ids=["in time", "after the stop"])
def test_the_frame_at_work_when_it_stops_is_in_the_session_too(tmp_path: Path, is_late: bool) -> None:
    path = tmp_path / "run_session.ppnet"
    run = Run(session=Session.create(path, made_header())).go()
    if is_late:
        with run.held_at_work():
            assert not run.engine.stop(0.0)
    else:
        begun = threading.Event()
        run.port.work = lambda _seconds: begun.set() or run.engine._stop.wait(PATIENCE_S)
        assert begun.wait(PATIENCE_S)
    assert run.stop()
    with Session.open(path) as session:
        assert session.complete
        assert [r.frame_index for r in session.results()] == run.processors[0].seen


def test_a_frame_that_never_comes_keeps_no_session_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.engine.session_writer.WAIT_S", 0.01)
    path = tmp_path / "run_session.ppnet"
    run = Run(session=Session.create(path, made_header())).go()
    with run.held_at_work():
        assert not run.engine.stop(0.0)
        wait_for(lambda: not any(thread.name == "session" for thread in threading.enumerate()))
        with Session.open(path, writable=True) as session:
            assert session.complete


def test_a_source_that_ends_ends_the_run() -> None:
    run = Run(open_source=lambda: FakeFile(10))
    run.engine.start()
    wait_for(lambda: run.engine.state is EngineState.STOPPED)
    assert run.stop() and run.processors[0].seen[-1] == 9


def test_the_last_picture_is_read_even_when_the_network_changes_meanwhile() -> None:
    class Short(FakeFile):
        def __iter__(self) -> Iterator[Frame]:
            for frame in super().__iter__():
                yield frame
                wait_for(lambda: run.engine.view().result is not None)
                run.engine.apply(FakeSettings(people=2))  # for the second, which is the last one

    def build(settings: FakeSettings, current: FakeProcessor | None) -> FakeProcessor:
        if current is not None:
            wait_for(lambda: not any(thread.name == "capture" for thread in threading.enumerate()))
        return built(settings, current)

    run = Run(open_source=lambda: Short(2))
    built, run.engine._build = run.build, build
    run.engine.start()
    wait_for(lambda: run.engine.state is EngineState.STOPPED)
    assert run.processors[0].seen == [0, 1] and len(run.engine.view().result) == 2


@pytest.mark.parametrize("moment", ["before", "starting", "lost", "recording"])
def test_it_stops_from_every_state(tmp_path: Path, moment: str) -> None:
    run = Run()
    if moment != "before":
        run.engine.start()
    if moment in ("lost", "recording"):
        wait_for(lambda: run.engine.view() is not None)
    if moment == "lost":
        run.port.pull()
        wait_for(lambda: run.status.camera is CameraState.LOST)
    if moment == "recording":
        run.engine.start_recording(RecordingSettings(tmp_path, "walk", raw=True), SceneStyle)
        wait_for(lambda: dict(run.status.recording.frames)["raw"] > 3)
    assert run.stop() and run.port.open_now == 0
    if moment == "recording":
        assert run.status.recording.finished and len(list(tmp_path.glob("walk_*.mp4"))) == 2


@pytest.mark.parametrize("moment", ["silent", "building", "inferring"])
def test_what_hangs_is_left_behind_and_ends_by_itself(moment: str) -> None:
    run, built = Run(), threading.Event()
    if moment == "building":
        run.engine._build = lambda *_what: built.wait(PATIENCE_S) and FakeProcessor(FakeSettings())
    run.engine.start()
    wait_for(lambda: run.engine.view() is not None)
    if moment == "silent":
        run.fall_silent()
        wait_for(lambda: run.status.camera is CameraState.LOST)
        assert not run.engine.stop(0.2)
        run.port.plug()
    elif moment == "building":
        assert not run.engine.stop(0.2)
        built.set()
    else:
        with run.held_at_work():
            assert not run.engine.stop(0.2)
    assert run.stop() and run.port.open_now == 0


def test_a_network_that_reads_nobody_is_said_while_it_runs():
    run = Run()
    run.engine.start()
    wait_for(lambda: run.processors and run.processors[0].seen)
    assert run.words == ""
    run.processors[0].notices = ("The network reads nobody; check that these are the right weights.",)
    wait_for(lambda: "check that these are the right weights." in run.words)
