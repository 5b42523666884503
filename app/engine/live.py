"""`LiveEngine`: camera to screen, newest frame first, in threads without Qt."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from app.engine.capture import Capture
from app.engine.latest_slot import LatestSlot
from app.engine.life_cycle import CameraState, EngineState
from app.engine.live_options import LiveOptions, LiveView
from app.engine.load_shedding import LoadShedder, ShedStep, shed
from app.engine.memory import resident_bytes
from app.engine.meter import Clock, LatencyMeter, RateMeter, StageMeters
from app.engine.processor import ProcessorBuilder, ProcessorInUse
from app.engine.recorder import Recorder, RecordingSettings, RecordingStats
from app.engine.replay_buffer import ReplayBuffer
from app.engine.run_status import Notice, RunStatus, error_notice, refused_notice, told_notices
from app.engine.session_writer import SessionWriter
from ppnet.errors import UserError
from tracking import assignment
from tracking.drawing.style import SceneStyle
from tracking.session.session import Session
from tracking.types import Frame, FrameResult
from tracking.video.source import VideoSource

__all__ = ["LiveEngine", "LiveOptions", "LiveView"]

S = TypeVar("S")
log = logging.getLogger(__name__)

TICK_S = 0.05


class LiveEngine(Generic[S]):
    """Captures and processes a live source; the newest frame wins. One engine makes one run.

    Threads: `capture` reads, `pose` processes, `watch` notices a lost camera and sheds work, `load` loads what no
    picture should wait for; recorder and session have their own. All methods may be called from any thread and return
    at once, but for `stop`.
    """

    def __init__(
        self,
        open_source: Callable[[], VideoSource],
        build: ProcessorBuilder[S],
        settings: S,
        *,
        steps: Sequence[ShedStep[S]] = (),
        options: LiveOptions | None = None,
        session: Session | None = None,
        on_change: Callable[[S, S, float], object] | None = None,
        on_result: Callable[[FrameResult], object] = lambda _result: None,
        clock: Clock = time.monotonic,
    ) -> None:
        """session: every result goes into it as the run goes; `stop` closes it. A run that ends by itself marks it
        complete and leaves it open.

        on_change(before, after, time_s): called in the thread `pose` when other settings come into use, whoever or
        whatever changed them; time_s: of the frame from which they count. on_result(result): there, for each frame.
        clock: seconds; all rates, delays and silences are measured by it.
        """
        self._build = build
        self._steps = tuple(steps)
        self._options = options or LiveOptions()
        self._session = session
        self._on_result = on_result
        self._clock = clock
        self._tell_change = on_change or (lambda _before, _after, _time_s: None)
        self._lock = threading.RLock()
        self._stop = threading.Event()
        self._is_over = threading.Event()  # no picture comes any more
        self._state = EngineState.STOPPED
        self._error: Notice | None = None
        self._settings = settings
        self._refused: tuple[Notice, ...] = ()
        self._recordings = 0
        self._device = ""
        self._told: tuple[str, ...] = ()  # by the processor
        self._started_at = 0.0
        self._slot: LatestSlot[tuple[Frame, float]] = LatestSlot()
        self._is_at_work = False  # on a frame that goes into the session, however late
        self._newest: tuple[Frame, float] | None = None
        self._result: tuple[FrameResult, Frame] | None = None
        self._recorder: Recorder | None = None
        self.replay_buffer = ReplayBuffer()
        """The last seconds."""
        self._session_writer: SessionWriter | None = None
        self._captured, self._processed, self._painted = (RateMeter(clock=clock) for _ in range(3))
        self._delay = LatencyMeter(clock=clock)
        self._load = LatencyMeter(clock=clock)
        self._stages = StageMeters(clock=clock)
        self._shedder = LoadShedder(
            self._options.target_delay_s,
            steps=len(self._steps) if self._options.shed else 0,
            take_after_s=self._options.shed_after_s,
            give_back_after_s=self._options.give_back_after_s,
        )
        self._capture = Capture(open_source, self._options, on_frame=self._on_frame, on_end=self._on_end, clock=clock)
        self._threads = (
            self._capture.thread,
            threading.Thread(target=self._process, name="pose", daemon=True),
            threading.Thread(target=self._watch, name="watch", daemon=True),
            threading.Thread(target=assignment.load, name="load", daemon=True),
        )

    # Life

    def start(self) -> None:
        """Starts the threads and returns at once. RuntimeError when it was started before."""
        with self._lock:
            if self._started_at:
                raise RuntimeError("a live engine can be started only once")
            self._started_at = self._clock()
            self._state = EngineState.STARTING
            if self._session is not None:
                self._session_writer = SessionWriter(self._session)
        self.replay_buffer.start()
        self._capture.start()
        for thread in self._threads[1:]:
            thread.start()

    def stop(self, timeout_s: float = 2.0) -> bool:
        """Stops from any state; True when all threads have ended within the time.

        A camera read or a computation that hangs is left to end by itself; a recording is finished in the background,
        and the current frame still goes into the session.
        """
        deadline = time.monotonic() + timeout_s
        with self._lock:
            if self._state.is_active:
                self._state = EngineState.STOPPING
        self._shut_down()
        threads = [thread for thread in self._threads if thread.ident is not None]
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        if self._session_writer is not None:
            with self._lock:
                one_more = self._is_at_work
            self._session_writer.close(one_more=one_more)
            self._session_writer.thread.join(max(0.0, deadline - time.monotonic()))
            threads.append(self._session_writer.thread)
        self.replay_buffer.stop(max(0.0, deadline - time.monotonic()))
        recorder = self._recorder
        written = recorder is None or recorder.wait(max(0.0, deadline - time.monotonic()))
        with self._lock:
            if self._state is EngineState.STOPPING:
                self._state = EngineState.STOPPED
        return written and not any(thread.is_alive() for thread in threads)

    def _shut_down(self) -> None:
        """Tells every thread to end; safe to call twice and from any thread."""
        self._stop.set()
        self._capture.stop()
        self.replay_buffer.stop(0.0)
        with self._lock:
            if self._recorder is not None:
                self._recorder.stop()

    def _fault(self, error: BaseException | str) -> None:
        with self._lock:
            if self._stop.is_set():
                return
            self._state, self._error = EngineState.FAULTED, error_notice(error)
        self._shut_down()

    @property
    def state(self) -> EngineState:
        """Where it stands in its life."""
        with self._lock:
            return self._state

    # What the window does

    def apply(self, settings: S) -> None:
        """Uses these settings from the next frame on. Those that can't be had are refused: the ones in use stay, and a
        notice says why."""
        with self._lock:
            self._settings = settings

    def view(self) -> LiveView | None:
        """The newest picture; None before the first frame."""
        with self._lock:
            newest, done = self._newest, self._result
        if newest is None:
            return None
        frame, grabbed_s = newest
        if done is None:
            return LiveView(frame, grabbed_s)
        result, result_frame = done
        return LiveView(frame, grabbed_s, result, result_frame, max(0.0, frame.time_s - result_frame.time_s))

    def painted(self, view: LiveView) -> None:
        """Says that a view is on the screen now."""
        self._painted.tick()
        self._delay.add(self._clock() - view.grabbed_s)

    def start_recording(self, settings: RecordingSettings, style: Callable[[], SceneStyle]) -> None:
        """Starts to record; ValueError when a recording is running, UserError when the folder cannot be written."""
        info = self._capture.info
        rate = float(info.frame_rate) if info is not None and info.frame_rate else None
        with self._lock:
            if self._recorder is not None and not self._recorder.stats().finished:
                raise ValueError("a recording is running or being finished")
            if self._state not in (EngineState.STARTING, EngineState.RUNNING):
                raise ValueError("nothing is running that could be recorded")
            newest = self._result[0] if self._result is not None else None
            self._recorder = Recorder(settings, style, frame_rate=rate, newest=newest)
            self._recordings += 1

    def stop_recording(self) -> RecordingStats | None:
        """Ends the recording; the files are finished in the background (`status().recording.finished`)."""
        with self._lock:
            recorder = self._recorder
        if recorder is None:
            return None
        recorder.stop()
        return recorder.stats()

    def status(self) -> RunStatus:
        """Its state; cheap enough for a few times a second."""
        camera = self._capture.state
        with self._lock:
            state, recorder, done, settings = self._state, self._recorder, self._result, self._settings
            device, level = self._device, self._shedder.level
        recording, delay = recorder.stats() if recorder is not None else None, self._delay.snapshot()
        return RunStatus(
            is_live=True,
            state=state,
            camera=camera,
            settings=settings,
            notices=self._notices(camera, recording),
            source=self._capture.info,
            device=device,
            capture_fps=self._captured.snapshot(),
            process_fps=self._processed.snapshot(),
            display_fps=self._painted.snapshot(),
            delay_s=delay.median_s if delay.count else None,
            times=self._stages.means(),
            people=len(done[0]) if done is not None else 0,
            dropped=self._dropped(recording),
            shed=shed(settings, self._steps, level)[1],
            memory_bytes=resident_bytes(),
            recording=recording,
            moment_s=self._clock(),
        )

    def _notices(self, camera: CameraState, recording: RecordingStats | None) -> tuple[Notice, ...]:
        with self._lock:
            notices, active = [*self._refused], self._state.is_active
            writer, error, number = self._session_writer, self._error, self._recordings
        if writer is not None and writer.message is not None:
            notices.append(Notice("session", writer.message, "error"))
        if recording is not None and recording.message is not None:
            notices.append(Notice(f"recording-{number}", recording.message))
        if active and camera is CameraState.LOST:
            running = recording is not None and recording.goes_on
            kept = " What was recorded is safe; the recording continues in a new file." if running else ""
            words = f"The camera stopped sending pictures. It is used again as soon as it is back.{kept}"
            notices.append(Notice(f"camera-lost-{self._capture.losses}", words))
        return (*notices, *told_notices(self._told), *([error] if error is not None else []))

    def _dropped(self, recording: RecordingStats | None) -> dict[str, int]:
        """Frames that did not get everywhere, by reason."""
        dropped = {"skipped for a newer one": self._slot.overwritten}
        for kind, count in recording.dropped if recording is not None else ():
            dropped[f"{kind} recording too slow"] = count
        if self._session_writer is not None and self._session_writer.dropped:
            dropped["session too slow"] = self._session_writer.dropped
        return dropped

    # Capture thread

    def _on_frame(self, frame: Frame, grabbed_s: float) -> None:
        self._captured.tick()
        with self._lock:
            self._newest = frame, grabbed_s
            recorder = self._recorder
        self._slot.put((frame, grabbed_s))
        self.replay_buffer.put(frame)
        if recorder is not None:
            recorder.put_captured(frame)

    def _on_end(self, error: str | None) -> None:
        if error is not None:
            self._fault(error)
        self._is_over.set()

    # Pose thread

    def _process(self) -> None:
        try:
            asked, wanted = self._wanted_settings()
            with ProcessorInUse(self._build, wanted) as used:
                self._process_until_stopped(used, asked)
        except Exception as error:  # top level of a thread: the window says it
            if not isinstance(error, UserError):
                log.exception("processing a frame")
            self._fault(error)
        finally:
            if self._session_writer is not None:
                self._session_writer.stop()  # here, where results come from: none comes later

    def _process_until_stopped(self, used: ProcessorInUse[S], asked: S) -> None:
        """asked: the settings that those in use come from, before load shedding."""
        self._built(used)
        refused: S | None = None  # is not tried again until something else was asked for
        while not self._stop.is_set():
            is_over = self._is_over.is_set()  # looked at before the slot: then nothing comes into it any more
            taken = self._slot.take(TICK_S)
            if taken is None and is_over:
                return self._conclude()
            now_asked, wanted = self._wanted_settings()
            if wanted == used.settings:
                asked, refused = now_asked, None
            elif wanted != refused:
                before = used.settings
                try:
                    used.change(wanted)
                except UserError as error:
                    refused = wanted
                    self._refuse(now_asked, asked, error)
                else:
                    self._tell_change(before, wanted, self._now_s(taken))
                    asked, refused = now_asked, None
                self._built(used)
            if taken is None:
                continue
            with self._lock:
                self._is_at_work = not self._stop.is_set()
            if self._is_at_work:
                self._publish(used.process(taken[0]), *taken)
                self._told = used.notices
                self._is_at_work = False

    def _conclude(self) -> None:
        """The source has come to its end, and its last picture is read."""
        with self._lock:
            if self._state.is_active:
                self._state = EngineState.STOPPED
        self._shut_down()

    def _refuse(self, settings: S, in_use: S, error: UserError) -> None:
        """Goes back to the settings in use, unless others were asked for meanwhile."""
        with self._lock:
            self._refused = (*self._refused, refused_notice(len(self._refused) + 1, error))
            if self._settings == settings:
                self._settings = in_use

    def _now_s(self, taken: tuple[Frame, float] | None) -> float:
        """Time of the current frame, or else of the newest one; seconds of the run."""
        with self._lock:
            newest = taken or self._newest
        return newest[0].time_s if newest is not None else 0.0

    def _wanted_settings(self) -> tuple[S, S]:
        """The settings asked for, and what load shedding leaves of them."""
        with self._lock:
            return self._settings, shed(self._settings, self._steps, self._shedder.level)[0]

    def _built(self, used: ProcessorInUse[S]) -> None:
        self._load.clear()
        with self._lock:
            self._device = used.device_name
            if self._state is EngineState.STARTING:
                self._state = EngineState.RUNNING

    def _publish(self, result: FrameResult, frame: Frame, grabbed_s: float) -> None:
        self._load.add(self._clock() - grabbed_s)
        self._stages.add(result.times)
        self._processed.tick()
        self.replay_buffer.put_result(result)
        with self._lock:
            self._result = result, frame
            recorder, writer = self._recorder, self._session_writer
        if recorder is not None:
            recorder.put_processed(frame, result)
        if writer is not None:
            writer.put(result)
        self._on_result(result)

    # Watch thread

    def _watch(self) -> None:
        was_lost = False
        while not self._stop.wait(TICK_S):
            is_lost = self._capture.state is CameraState.LOST
            with self._lock:
                recorder = self._recorder
            if is_lost and not was_lost and recorder is not None:
                recorder.interrupt()
            was_lost = is_lost
            load = self._load.snapshot()
            if load.count and not is_lost and self._shedder.update(load.median_s, self._clock()):
                self._load.clear()
