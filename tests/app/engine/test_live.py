"""The live engine with real threads: newest wins, cameras die and come back, nothing hangs."""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import av
import numpy as np
import pytest

from app.engine.life_cycle import CameraState, EngineState
from app.engine.live import LiveEngine, LiveOptions
from app.engine.load_shedding import ShedStep
from app.engine.recorder import RecordingSettings
from app.engine.run_status import RunStatus
from app.presets import SHED_STEPS
from ppnet.errors import UserError
from tests.fakes import PATIENCE_S, FakeCameraPort, FakeFile, FakeProcessor, FakeSettings, wait_for
from tests.results import made_header, made_result
from tracking.drawing.style import SceneStyle
from tracking.run_settings import RunSettings
from tracking.session.session import Session
from tracking.types import Frame, FrameResult

QUICK = LiveOptions(lost_after_s=0.3, reopen_every_s=0.05, target_delay_s=0.1, shed_after_s=0.3, give_back_after_s=0.5)


RUNS: list["Run"] = []


class Run:
    """An engine on a fake camera, and what it built."""

    def __init__(self, settings: FakeSettings = FakeSettings(), **kwargs: object) -> None:  # noqa: B008
        self.port = kwargs.pop("port", None) or FakeCameraPort()
        self.processors: list[FakeProcessor] = []
        self.build_s = 0.0  # how long a network takes to load
        open_source = kwargs.pop("open_source", self.port.open)
        self.engine = LiveEngine(open_source, self.build, settings, **{"options": QUICK, **kwargs})

        RUNS.append(self)

    def build(self, settings: FakeSettings, current: FakeProcessor | None) -> FakeProcessor:
        time.sleep(self.build_s)
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

    def go(self) -> "Run":
        self.engine.start()
        wait_for(lambda: self.processed or self.status.state is EngineState.FAULTED)
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
    run.engine.painted(view)
    run.engine.painted(run.engine.view())
    status = run.status
    assert status.state is EngineState.RUNNING and status.camera is CameraState.LIVE and not status.notices
    assert status.source.name == "fake camera" and status.device == "stand-in"
    assert 50 < status.capture_fps < 130 and 0 < status.delay_s < 0.2 and status.people == 1
    assert status.times.pose_s == pytest.approx(0.05) and status.memory_bytes > 10_000_000
    assert run.processors[0].threads == {"pose"}
    assert run.stop() and run.engine.state is EngineState.STOPPED
    assert run.port.open_now == 0 and run.processors[0].closed_in == "pose"
    with pytest.raises(RuntimeError):
        run.engine.start()


def test_with_a_slow_network_the_delay_is_below_two_frames_and_one_inference() -> None:
    seconds, fps = 0.15, 50.0
    run = Run(FakeSettings(seconds), port=FakeCameraPort(fps=fps), options=replace(QUICK, shed=False)).go()
    delays: list[float] = []
    newest = -1
    deadline = time.monotonic() + 2.0
    while time.monotonic() < deadline:
        view = run.engine.view()
        if view.result is not None and view.result.frame_index > newest:
            newest = view.result.frame_index
            assert view.result_frame.index == newest
            delays.append(time.monotonic() - view.grabbed_s + view.overlay_age_s)
        time.sleep(0.002)
    status = run.status
    assert run.stop()
    # Counted in frames, which a busy computer changes little: each waits for less than two, and no longer at the end.
    behind = run.processors[0].behind
    assert np.median(behind) < 2 and np.median(behind[-4:]) < np.median(behind[:4]) + 1
    # A queue of these frames would grow by 0.87 s a second; a busy computer adds some hundredths.
    assert len(delays) >= 8 and np.median(delays) < 2 / fps + 2 * seconds
    assert np.median(delays[-4:]) < np.median(delays[:4]) + seconds
    # And the picture itself goes on at the rate of the camera, its drops counted.
    assert status.capture_fps > 3 * status.process_fps
    dropped = sum(status.dropped.values())
    assert run.port.grabbed - dropped - 4 <= run.processed <= run.port.grabbed - dropped
    seen = run.processors[0].seen
    assert seen == sorted(seen) and min(np.diff(seen[2:])) >= 4  # frames between were skipped, none queued


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
    run = Run(FakeSettings(0.15, people=3), steps=STEPS, port=FakeCameraPort(fps=50)).go()
    wait_for(lambda: run.status.shed == ("flip off",))
    wait_for(lambda: run.processors[0].settings.seconds == 0.075)
    # 0.075 s of work and at most one camera interval: below the target, so it stays at that.
    count = run.processed
    wait_for(lambda: run.processed > count + 6)
    assert run.status.shed == ("flip off",)
    run.engine.apply(FakeSettings(0.01, people=3))  # a quick network: all is taken up again
    wait_for(lambda: run.status.shed == () and run.processors[0].settings.flip)
    assert run.stop()


@dataclass
class Weighed:
    """A network that takes as long as its settings ask for: a slow computer, until `quick`."""

    settings: RunSettings
    quick: bool = False

    def process(self, frame: Frame) -> FrameResult:
        time.sleep(0.001 if self.quick else 0.14 * self.settings.network.input_scale**2 + 0.03)
        return made_result(frame.index, (1,), time_s=frame.time_s)

    def reset(self) -> None:
        pass


def test_a_slow_network_sheds_in_the_stated_order_and_takes_up_in_the_opposite_one() -> None:
    weighed = Weighed(RunSettings())
    changes: list[tuple[RunSettings, RunSettings, float]] = []

    def build(settings: RunSettings, _current: object) -> Weighed:
        weighed.settings = settings
        return weighed

    options = LiveOptions(target_delay_s=0.12, shed_after_s=0.25, give_back_after_s=0.3)
    port, settings = FakeCameraPort(fps=100), RunSettings().changed({"network.flip": True})
    engine = LiveEngine(
        port.open, build, settings, steps=SHED_STEPS, options=options, on_change=lambda *what: changes.append(what)
    )
    engine.start()
    names = [step.name for step in SHED_STEPS]
    seen: list[tuple[str, ...]] = []

    def watch(wanted: int) -> bool:
        now = engine.status().shed
        if not seen or now != seen[-1]:
            seen.append(now)
        return len(now) == wanted

    try:
        wait_for(lambda: watch(len(names)))
        assert seen == [tuple(names[:count]) for count in range(len(names) + 1)]
        assert "half as often" in names[0] and "mirrored" in names[1] and "people" in names[2] and "3/4" in names[-1]
        wait_for(lambda: weighed.settings.network.input_scale == 0.75)
        used = weighed.settings
        assert (used.detect_every, used.network.flip, used.tracker.max_people) == (6, False, 1)
        seen.clear()
        weighed.quick = True
        wait_for(lambda: watch(0))
        assert seen == [tuple(names[:count]) for count in range(len(names), -1, -1)]
        wait_for(lambda: weighed.settings == settings)
    finally:
        assert engine.stop(PATIENCE_S)
    times = [time_s for _, _, time_s in changes]
    assert len(changes) == 2 * len(names) and times == sorted(times)


@pytest.mark.parametrize("silent", [False, True])
def test_a_camera_that_dies_and_comes_back(tmp_path: Path, silent: bool) -> None:
    run = Run().go()
    run.engine.start_recording(RecordingSettings(tmp_path, "walk", raw=True), SceneStyle)
    wait_for(lambda: dict(run.status.recording.frames)["annotated"] > 10)
    run.port.pull(silent=silent)
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


def test_a_camera_that_is_not_there_is_said_at_once() -> None:
    port = FakeCameraPort()
    port.pull()
    run = Run(port=port).go()
    assert run.status.state is EngineState.FAULTED and "no camera" in run.words
    assert run.stop() and run.engine.state is EngineState.FAULTED


def test_a_network_that_breaks_stops_the_run_and_keeps_what_was_recorded(tmp_path: Path) -> None:
    session_file = tmp_path / "run_session.ppnet"
    session = Session.create(session_file, made_header())
    run = Run(FakeSettings(fails_at=60), session=session)
    run.engine.start()
    wait_for(lambda: run.processed > 2)
    run.engine.start_recording(RecordingSettings(tmp_path, "walk"), SceneStyle)
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
        times = session.frame_times()
        assert times[0] < 1 and (np.diff(times) > 0).all()


def test_the_frame_at_work_when_it_stops_is_in_the_session_too(tmp_path: Path) -> None:
    path = tmp_path / "run_session.ppnet"
    run = Run(FakeSettings(0.3), session=Session.create(path, made_header())).go()
    wait_for(lambda: len(run.processors[0].seen) == 2)
    assert run.stop()
    with Session.open(path) as session:
        assert session.complete
        assert [r.frame_index for r in session.results()] == run.processors[0].seen


def test_a_source_that_ends_ends_the_run() -> None:
    run = Run(open_source=lambda: FakeFile(10))
    run.engine.start()
    wait_for(lambda: run.engine.state is EngineState.STOPPED)
    assert run.stop() and run.processors[0].seen[-1] == 9


@pytest.mark.parametrize("moment", ["before", "starting", "building", "lost", "silent", "inferring", "recording"])
def test_it_stops_from_every_state(tmp_path: Path, moment: str) -> None:
    slow = FakeSettings(0.5) if moment == "inferring" else FakeSettings()
    run = Run(slow)
    if moment == "building":
        run.build_s = 0.4
    if moment != "before":
        run.engine.start()
    if moment not in ("before", "starting", "building"):
        wait_for(lambda: run.engine.view() is not None)
    if moment in ("lost", "silent"):
        run.port.pull(silent=moment == "silent")
        wait_for(lambda: run.status.camera is CameraState.LOST)
    if moment == "recording":
        run.engine.start_recording(RecordingSettings(tmp_path, "walk", raw=True), SceneStyle)
        wait_for(lambda: dict(run.status.recording.frames)["raw"] > 3)
    begun = time.monotonic()
    ended = run.engine.stop(2.0)
    assert time.monotonic() - begun < 2.5
    if moment == "silent":  # the read hangs: that thread is left behind and ends by itself when the camera answers
        assert not ended
        run.port.plug()
        wait_for(lambda: run.port.open_now == 0)
    else:
        assert ended
    if moment == "recording":
        assert run.status.recording.finished and len(list(tmp_path.glob("walk_*.mp4"))) == 2


def test_a_network_that_reads_nobody_is_said_while_it_runs():
    run = Run()
    run.engine.start()
    wait_for(lambda: run.processors and run.processors[0].seen)
    assert run.words == ""
    run.processors[0].notices = ("The network reads nobody; are these the right weights?",)
    wait_for(lambda: "are these the right weights?" in run.words)
