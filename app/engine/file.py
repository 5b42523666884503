"""`FileEngine`: every frame of a file, in order, into a session."""

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, Generic, TypeVar

from app.engine.meter import LatencyMeter, RateMeter
from app.engine.resume import IdContinuation, rewind
from app.engine.run_status import Notice, RunStatus, error_notice, refused_notice, source_notices
from app.engine.state import EngineState, Processor, ProcessorBuilder, closing_processor
from ppnet.errors import UserError
from tracking.session.session import Session
from tracking.time_span import ALL_TIME, TimeSpan
from tracking.types import Frame, FrameResult, StageTimes
from tracking.video.source import VideoSource

S = TypeVar("S")
STAGES = ("detect_s", "track_s", "pose_s", "smooth_s")
QUEUE_FRAMES = 8
WAIT_S = 0.1
SKIP_S = 1.0  # a start farther ahead is gone to, a nearer one reached by reading on
log = logging.getLogger(__name__)


class FileEngine(Generic[S]):
    """Tracks a file into a session; the caller owns the session. One engine makes one run.

    Threads: `read` decodes into a short queue, `track` processes. Neither is waited for when the program ends in a
    hurry; every frame is safe in the session as soon as it is done.
    """

    def __init__(
        self,
        open_source: Callable[[], VideoSource],
        build: ProcessorBuilder[S],
        settings: S,
        *,
        session: Session,
        on_change: Callable[[S, S, float], object] | None = None,
        on_result: Callable[[FrameResult], object] = lambda _result: None,
    ) -> None:
        """on_result(result): called in the thread `track` for each frame that is in the session.
        on_change(before, after, time_s): called in the thread `track` when other settings come into use.

        A session that holds frames already is gone on with where it stopped; people keep their ids."""
        self._open_source = open_source
        self._build = build
        self._session = session
        self._on_result = on_result
        self._tell_change = on_change or (lambda _before, _after, _time_s: None)
        self._lock = threading.Lock()
        self._settings = settings
        self._state = EngineState.STOPPED
        self._error: BaseException | None = None
        self._limits = ALL_TIME
        self._stop = threading.Event()
        self._go = threading.Event()
        self._go.set()
        self._frames: queue.Queue[Frame | None] = queue.Queue(QUEUE_FRAMES)
        self._total = session.header.source.frame_count
        self._device = ""
        self._people = 0
        self._notices: tuple[Notice, ...] = ()
        self._refused: tuple[Notice, ...] = ()
        self._rate = RateMeter(5.0)
        self._stages = {stage: LatencyMeter(5.0) for stage in STAGES}
        self._threads = (
            threading.Thread(target=self._guarded, args=(self._read,), name="read", daemon=True),
            threading.Thread(target=self._guarded, args=(self._track,), name="track", daemon=True),
        )

    # Life

    def start(self) -> None:
        """Starts the threads and returns at once. RuntimeError when it was started before."""
        with self._lock:
            if self._threads[0].ident is not None:
                raise RuntimeError("a file engine is started once")
            self._state = EngineState.STARTING
        for thread in self._threads:
            thread.start()

    def pause(self) -> None:
        """Holds after the frame at work."""
        with self._lock:
            if self._state in (EngineState.STARTING, EngineState.RUNNING):
                self._go.clear()
                self._state = EngineState.PAUSED

    def resume(self) -> None:
        """Goes on after `pause`."""
        with self._lock:
            if self._state is EngineState.PAUSED:
                self._state = EngineState.RUNNING
        self._go.set()

    def cancel(self, timeout_s: float | None = 2.0) -> bool:
        """Stops; what was tracked stays in the session. True when the threads have ended; None: waits for that."""
        with self._lock:
            if self._state.is_active:
                self._state = EngineState.STOPPING
        self._stop.set()
        self._go.set()
        return self._joined(timeout_s)

    def wait(self, timeout_s: float | None = None) -> bool:
        """Waits for the end; True when it is reached. Raises the error of a faulted run."""
        ended = self._joined(timeout_s)
        if ended and self._error is not None:
            raise self._error
        return ended

    def _joined(self, timeout_s: float | None) -> bool:
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(None if deadline is None else max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    # What the window does

    def apply(self, settings: S) -> None:
        """Uses these settings from the next frame on. Those that can't be had are refused: the ones in use stay, and a
        notice says why."""
        with self._lock:
            self._settings = settings

    def limit(self, span: TimeSpan) -> None:
        """Tracks only what lies in the span from now on. What is tracked stays."""
        with self._lock:
            self._limits = span

    def status(self) -> RunStatus:
        """How far it has come."""
        done, fps = self._session.frame_count, self._rate.snapshot()
        with self._lock:
            state, error, settings = self._state, self._error, self._settings
            notices = self._notices + self._refused
        complete = state is EngineState.STOPPED and self._finished()
        left = self._left(done)
        total = None if left is None else done + left
        return RunStatus(
            state=state,
            settings=settings,
            notices=(*notices, *([error_notice(error)] if error is not None else [])),
            device=self._device,
            process_fps=fps,
            times=StageTimes(**{stage: meter.snapshot().mean_s for stage, meter in self._stages.items()}),
            people=self._people,
            done=done,
            total=done if complete else total,
            eta_s=0.0 if complete else (left / fps if left is not None and fps > 0 else None),
            complete=complete,
        )

    def _left(self, done: int) -> int | None:
        """About how many frames are still to come; None when nobody knows."""
        with self._lock:
            total, limits, info = self._total, self._limits, self._session.header.source
        if total is None:
            return None
        if limits.is_unlimited or info.duration_s is None or info.frame_rate is None:
            return max(0, total - done)
        with suppress(UserError):
            span = self._session.time_span
            reached_s = limits.clip(span[1] + 1 / float(info.frame_rate) if span else 0.0)
            last_s = limits.clip(info.duration_s)
            return max(0, round((last_s - reached_s) * float(info.frame_rate)))
        return None

    def _finished(self) -> bool:
        with suppress(UserError):  # the caller may have closed the session already
            return self._session.complete
        return False

    # The threads

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:  # the top of a thread: handed to the caller by `wait` and `status`
            if not isinstance(error, UserError):
                log.exception("tracking a file")
            with self._lock:
                self._error = self._error or error
                self._state = EngineState.FAULTED
            self._stop.set()
            self._go.set()

    def _read(self) -> None:
        with self._open_source() as source:
            with self._lock:
                self._total = source.info.frame_count or self._total
            rewind(source, self._session)
            for frame in self._within(source):
                if not self._put(frame):
                    return
            self._notices = source_notices(source.notices)
            self._put(None)

    def _within(self, source: VideoSource) -> Iterator[Frame]:
        """The frames inside the limits, as they are at the moment; goes at once to a start that is far ahead."""
        seek: Any = getattr(source, "seek", None)
        frames = iter(source)
        while (frame := next(frames, None)) is not None:
            with self._lock:
                limits = self._limits
            if limits.is_over(frame.time_s):
                return
            if limits.has_begun(frame.time_s):
                yield frame
            elif seek is not None and limits.clip(frame.time_s) - frame.time_s > SKIP_S:
                seek(limits.start_s)
                frames = iter(source)

    def _is_within(self, frame: Frame) -> bool:
        """Whether a frame that waited in the queue is still wanted."""
        with self._lock:
            return self._limits.contains(frame.time_s)

    def _put(self, frame: Frame | None) -> bool:
        while not self._stop.is_set():
            with suppress(queue.Full):
                self._frames.put(frame, timeout=WAIT_S)
                return True
        return False

    def _taken(self) -> Iterator[Frame]:
        """Frames in order until the end of the file or a stop; holds while paused."""
        while not self._stop.is_set():
            if not self._go.wait(WAIT_S):
                continue
            with suppress(queue.Empty):
                frame = self._frames.get(timeout=WAIT_S)
                if frame is None:
                    self._session.finish()
                    return
                if self._is_within(frame):
                    yield frame

    def _track(self) -> None:
        with closing_processor() as in_use:
            self._track_all(in_use)
        with self._lock:
            if self._state.is_active:
                self._state = EngineState.STOPPED
        self._stop.set()

    def _track_all(self, in_use: list[Processor]) -> None:
        used = self._wanted()
        processor = self._build(used, None)
        in_use[:] = [processor]
        self._built(processor)
        ids = IdContinuation(self._session)
        for frame in self._taken():
            wanted = self._wanted()
            if wanted != used:
                try:
                    processor = self._build(wanted, processor)
                except UserError as error:
                    self._refuse(wanted, used, error)
                else:
                    self._tell_change(used, wanted, frame.time_s)
                    used = wanted
                    in_use[:] = [processor]
                self._built(processor)
            result = ids.continued(processor.process(frame))
            if result is None or self._stop.is_set():
                continue
            self._session.append(result)
            self._on_result(result)
            self._rate.tick()
            for stage in STAGES:
                self._stages[stage].add(getattr(result.times, stage))
            self._people = len(result)

    def _refuse(self, settings: S, in_use: S, error: UserError) -> None:
        """Goes back to the settings in use, unless others were asked for meanwhile."""
        with self._lock:
            self._refused = (*self._refused, refused_notice(len(self._refused) + 1, error))
            if self._settings == settings:
                self._settings = in_use

    def _wanted(self) -> S:
        with self._lock:
            return self._settings

    def _built(self, processor: Processor) -> None:
        with self._lock:
            self._device = str(getattr(processor, "device_name", ""))
            if self._state is EngineState.STARTING:
                self._state = EngineState.RUNNING
