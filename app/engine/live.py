"""`LiveEngine`: camera to screen, newest frame first, in threads without Qt."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from app.engine.capture import Capture
from app.engine.latest_slot import LatestSlot
from app.engine.live_stats import LiveOptions, LiveStats, LiveView
from app.engine.load_shedding import LoadShedder, ShedStep, shed
from app.engine.memory import resident_bytes
from app.engine.meter import LatencyMeter, RateMeter
from app.engine.recorder import Recorder, RecordingSettings, RecordingStats
from app.engine.session_writer import SessionWriter
from app.engine.state import CameraState, Drawer, EngineState, Processor, ProcessorBuilder, closing_processor
from ppnet.errors import UserError
from tracking.session.session import Session
from tracking.types import Frame, FrameResult, StageTimes
from tracking.video.source import VideoSource

__all__ = ["LiveEngine", "LiveOptions", "LiveStats", "LiveView"]

S = TypeVar("S")
log = logging.getLogger(__name__)

TICK_S = 0.05
STAGES = ("detect_s", "track_s", "pose_s", "smooth_s")


class LiveEngine(Generic[S]):
    """Captures and processes a live source; the newest frame wins. One engine makes one run.

    Threads: `capture` reads, `pose` processes, `watch` notices a lost camera and sheds work; recorder and session
    have their own. All methods may be called from any thread and return at once, but for `stop`.
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
    ) -> None:
        """session: every result goes into it as the run goes; `stop` closes it. A run that ends by itself marks it
        complete and leaves it open.

        on_change(before, after, time_s): called in the thread `pose` when other settings come into use, whoever or
        whatever changed them; time_s: of the frame from which they count.
        """
        self._build = build
        self._steps = tuple(steps)
        self._options = options or LiveOptions()
        self._session = session
        self._tell_change = on_change or (lambda _before, _after, _time_s: None)
        self._lock = threading.RLock()
        self._stop = threading.Event()
        self._state = EngineState.STOPPED
        self._error: str | None = None
        self._message: str | None = None
        self._settings = settings
        self._jobs: deque[Callable[[Any], Any]] = deque()
        self._device = ""
        self._started_at = 0.0
        self._slot: LatestSlot[tuple[Frame, float]] = LatestSlot()
        self._newest: tuple[Frame, float] | None = None
        self._result: tuple[FrameResult, Frame, float] | None = None
        self._recorder: Recorder | None = None
        self._session_writer: SessionWriter | None = None
        self._captured, self._processed, self._painted = RateMeter(), RateMeter(), RateMeter()
        self._delay, self._result_delay = LatencyMeter(), LatencyMeter()
        self._load = LatencyMeter()
        self._stages = {stage: LatencyMeter() for stage in STAGES}
        self._shedder = LoadShedder(
            self._options.target_delay_s,
            steps=len(self._steps) if self._options.shed else 0,
            take_after_s=self._options.shed_after_s,
            give_back_after_s=self._options.give_back_after_s,
        )
        self._capture = Capture(open_source, self._options, on_frame=self._on_frame, on_end=self._on_end)
        self._threads = (
            self._capture.thread,
            threading.Thread(target=self._process, name="pose", daemon=True),
            threading.Thread(target=self._watch, name="watch", daemon=True),
        )

    # Life

    def start(self) -> None:
        """Starts the threads and returns at once. RuntimeError when it was started before."""
        with self._lock:
            if self._started_at:
                raise RuntimeError("a live engine is started once")
            self._started_at = time.monotonic()
            self._state = EngineState.STARTING
            if self._session is not None:
                self._session_writer = SessionWriter(self._session)
        self._capture.start()
        for thread in self._threads[1:]:
            thread.start()

    def stop(self, timeout_s: float = 2.0) -> bool:
        """Stops from any state; True when all threads have ended within the time.

        A camera read or a computation that hangs is left to end by itself; a recording is finished in the background.
        """
        deadline = time.monotonic() + timeout_s
        with self._lock:
            if self._state.is_active:
                self._state = EngineState.STOPPING
        self._shut_down()
        threads = [thread for thread in self._threads if thread.ident is not None]
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        if self._session_writer is not None:  # after the frame at work has come
            self._session_writer.close()
            self._session_writer.thread.join(max(0.0, deadline - time.monotonic()))
            threads.append(self._session_writer.thread)
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
        with self._lock:
            if self._recorder is not None:
                self._recorder.stop()

    def _fault(self, error: str) -> None:
        with self._lock:
            if self._stop.is_set():
                return
            self._state, self._error = EngineState.FAULTED, error
        self._shut_down()

    @property
    def state(self) -> EngineState:
        """Where it stands in its life."""
        with self._lock:
            return self._state

    # What the window does

    def apply(self, settings: S) -> None:
        """Uses these settings from the next frame on."""
        with self._lock:
            self._settings = settings

    def call(self, job: Callable[[Any], Any]) -> None:
        """Runs `job(processor)` once in the worker thread, before the next frame."""
        with self._lock:
            self._jobs.append(job)

    def view(self) -> LiveView | None:
        """The newest picture; None before the first frame."""
        with self._lock:
            newest, done = self._newest, self._result
        if newest is None:
            return None
        frame, grabbed_s = newest
        if done is None:
            return LiveView(frame, grabbed_s)
        result, result_frame, result_grabbed_s = done
        age_s = max(0.0, frame.time_s - result_frame.time_s)
        return LiveView(frame, grabbed_s, result, result_frame, result_grabbed_s, age_s)

    def painted(self, view: LiveView) -> None:
        """Says that a view is on the screen now."""
        self._painted.tick()
        self._delay.add(time.monotonic() - view.grabbed_s)

    def start_recording(self, settings: RecordingSettings, draw: Drawer) -> None:
        """Starts to record; ValueError when a recording is running, UserError when the folder cannot be written."""
        info = self._capture.info
        rate = float(info.frame_rate) if info is not None and info.frame_rate else None
        with self._lock:
            if self._recorder is not None and not self._recorder.stats().finished:
                raise ValueError("a recording is running or being finished")
            if self._state not in (EngineState.STARTING, EngineState.RUNNING):
                raise ValueError("nothing runs that could be recorded")
            self._recorder = Recorder(settings, draw, frame_rate=rate)

    def stop_recording(self) -> RecordingStats | None:
        """Ends the recording; the files are finished in the background (`stats().recording.finished`)."""
        with self._lock:
            recorder = self._recorder
        if recorder is None:
            return None
        recorder.stop()
        return recorder.stats()

    def stats(self) -> LiveStats:
        """Frozen snapshot of all figures; cheap enough for a few times a second."""
        camera = self._capture.state
        with self._lock:
            state, error, recorder, done = self._state, self._error, self._recorder, self._result
            writer, message, device, level = self._session_writer, self._message, self._device, self._shedder.level
            settings, started = self._settings, self._started_at
        delay, result_delay = self._delay.snapshot(), self._result_delay.snapshot()
        recording = recorder.stats() if recorder is not None else None
        return LiveStats(
            state=state,
            error=error,
            camera=camera,
            banner=self._banner(camera, recording) if state.is_active else None,
            message=message or (writer.message if writer is not None else None),
            source=self._capture.info,
            capture_fps=self._captured.snapshot(),
            process_fps=self._processed.snapshot(),
            display_fps=self._painted.snapshot(),
            delay_s=delay.median_s,
            worst_delay_s=delay.worst_s,
            result_delay_s=result_delay.median_s,
            worst_result_delay_s=result_delay.worst_s,
            times=StageTimes(**{stage: meter.snapshot().mean_s for stage, meter in self._stages.items()}),
            people=len(done[0]) if done is not None else 0,
            captured=self._captured.total,
            processed=self._processed.total,
            dropped=self._dropped(recording),
            shed=shed(settings, self._steps, level)[1],
            device=device,
            memory_bytes=resident_bytes(),
            recording=recording,
            elapsed_s=time.monotonic() - started if started else 0.0,
        )

    def _banner(self, camera: CameraState, recording: RecordingStats | None) -> str | None:
        if camera is CameraState.LOST:
            running = recording is not None and not recording.finished
            kept = " What was recorded is safe; the recording goes on in a new file." if running else ""
            return f"The camera gives no pictures. It is used again as soon as it is back.{kept}"
        return recording.message if recording is not None else None

    def _dropped(self, recording: RecordingStats | None) -> dict[str, int]:
        """Frames that did not get everywhere, by reason."""
        dropped = {"not processed, a newer one was there": self._slot.overwritten}
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
        if recorder is not None:
            recorder.put_raw(frame)

    def _on_end(self, error: str | None) -> None:
        if error is not None:
            return self._fault(error)
        while self._slot.peek() is not None and not self._stop.wait(TICK_S / 5):
            pass
        with self._lock:
            if self._state.is_active:
                self._state = EngineState.STOPPED
        return self._shut_down()

    # Pose thread

    def _process(self) -> None:
        try:
            with closing_processor() as used:
                self._process_until_stopped(used)
        except UserError as error:
            self._fault(str(error))
        except Exception as error:  # the top of a thread: the window says it
            log.exception("processing a frame")
            self._fault(f"Something went wrong while tracking ({type(error).__name__}: {error}).")
        finally:
            if self._session_writer is not None:
                self._session_writer.stop()  # here, where results come from: none comes later

    def _process_until_stopped(self, in_use: list[Processor]) -> None:
        used = self._wanted_settings()
        processor = self._build(used, None)
        in_use[:] = [processor]
        self._built(processor)
        while not self._stop.is_set():
            taken = self._slot.take(TICK_S)
            wanted = self._wanted_settings()
            if wanted != used:
                processor = self._rebuilt(processor, wanted)
                if self._message is None:  # else they were refused
                    self._tell_change(used, wanted, self._now_s(taken))
                used = wanted
                in_use[:] = [processor]
            self._run_jobs(processor)
            if taken is None or self._stop.is_set():
                continue
            frame, grabbed_s = taken
            self._publish(processor.process(frame), frame, grabbed_s)

    def _now_s(self, taken: tuple[Frame, float] | None) -> float:
        """Time of the frame at work, or else of the newest one; seconds of the run."""
        with self._lock:
            newest = taken or self._newest
        return newest[0].time_s if newest is not None else 0.0

    def _wanted_settings(self) -> S:
        with self._lock:
            return shed(self._settings, self._steps, self._shedder.level)[0]

    def _rebuilt(self, processor: Processor, settings: S) -> Processor:
        """The processor for other settings; the one in use when they cannot be had, and the reason is shown."""
        try:
            processor = self._build(settings, processor)
            message = None
        except UserError as error:
            message = str(error)
        with self._lock:
            self._message = message
        self._built(processor)
        self._load.clear()
        return processor

    def _built(self, processor: Processor) -> None:
        with self._lock:
            self._device = str(getattr(processor, "device_name", ""))
            if self._state is EngineState.STARTING:
                self._state = EngineState.RUNNING

    def _run_jobs(self, processor: Processor) -> None:
        while True:
            with self._lock:
                if not self._jobs:
                    return
                job = self._jobs.popleft()
            job(processor)

    def _publish(self, result: FrameResult, frame: Frame, grabbed_s: float) -> None:
        delay_s = time.monotonic() - grabbed_s
        self._result_delay.add(delay_s)
        self._load.add(delay_s)
        for stage in STAGES:
            self._stages[stage].add(getattr(result.times, stage))
        self._processed.tick()
        with self._lock:
            self._result = result, frame, grabbed_s
            recorder, writer = self._recorder, self._session_writer
        if recorder is not None:
            recorder.put_annotated(frame, result)
        if writer is not None:
            writer.put(result)

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
            if load.count and not is_lost and self._shedder.update(load.median_s, time.monotonic()):
                self._load.clear()
