"""`FileRun`: every frame of a source, in order, first into a session and from there into the files that are wanted."""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any, Generic, TypeVar

from app.engine.life_cycle import EngineState
from app.engine.meter import LatencyMeter, RateMeter
from app.engine.processor import Processor, ProcessorBuilder, closing_processor, expect, notices_of
from app.engine.run_status import Notice, RunStatus, error_notice, refused_notice, told_notices
from app.runs.frame_queue import FrameQueue
from app.runs.resume import IdContinuation, rewind
from app.runs.sinks import Sink
from ppnet.errors import UserError
from tracking.session.session import Session
from tracking.time_span import ALL_TIME, TimeSpan
from tracking.types import Frame, FrameResult, StageTimes
from tracking.video.source import VideoInfo, VideoSource

S = TypeVar("S")
STAGES = ("detect_s", "track_s", "pose_s", "smooth_s")
QUEUE_FRAMES = 8
QUEUE_BYTES = 64 * 2**20  # of pictures waiting before and after the network, each
SKIP_S = 1.0  # a start farther ahead is gone to, a nearer one reached by reading on
log = logging.getLogger(__name__)


class FileRun(Generic[S]):
    """Reads, computes and writes at the same time; the command line, the window and batches all track with it.

    Threads: `read` decodes, `track` computes, `finish` stores each result in the session and then gives it to the
    sinks. Order is kept, and what waits between them is bounded. The caller owns the session; the run closes source,
    processor and sinks. An error of one thread ends the run after the threads behind it have done what came before it.
    """

    def __init__(
        self,
        open_source: Callable[[], VideoSource],
        build: ProcessorBuilder[S],
        settings: S,
        *,
        session: Session,
        sinks: Sequence[Sink] = (),
        on_change: Callable[[S, S, float], object] = lambda _before, _after, _time_s: None,
        on_result: Callable[[FrameResult], object] = lambda _result: None,
    ) -> None:
        """A session that holds frames already is resumed where it stopped; people keep their ids.

        on_change(before, after, time_s): called in the thread `track` when other settings come into use.
        on_result(result): called in the thread `finish` for each frame that is in the session."""
        self._open_source, self._build, self._session, self._sinks = open_source, build, session, tuple(sinks)
        self._on_change, self._on_result = on_change, on_result
        self._lock = threading.Lock()
        self._settings = settings
        self._state = EngineState.STOPPED
        self._error: Exception | None = None
        self._refused: tuple[Notice, ...] = ()
        self._limits = ALL_TIME
        self._stop = threading.Event()
        self._go = threading.Event()
        self._go.set()
        self._source: VideoSource | None = None
        self._is_all_read = self._is_complete = False
        self._device = ""
        self._told: tuple[str, ...] = ()  # by the processor
        self._people = 0  # in the newest frame
        self._rate = RateMeter(5.0)
        self._stages = {stage: LatencyMeter(5.0) for stage in STAGES}
        self.decode_s = 0.0  # seconds spent in reading
        waiting = 1 if session.header.source.is_live else QUEUE_FRAMES  # live pictures must not grow old in a queue
        self._frames: FrameQueue[Frame] = FrameQueue(waiting, QUEUE_BYTES)
        self._results: FrameQueue[tuple[Frame, FrameResult]] = FrameQueue(waiting, QUEUE_BYTES)
        self._threads = tuple(
            threading.Thread(target=self._guarded, args=(work, end), name=name, daemon=True)
            for name, work, end in (
                ("read", self._read, self._frames.close),
                ("track", self._track, self._end_tracking),
                ("finish", self._finish, self._conclude),
            )
        )

    # Life

    def start(self) -> None:
        """Starts the threads and returns at once. RuntimeError when it was started before."""
        with self._lock:
            if self._threads[0].ident is not None:
                raise RuntimeError("a file run is started once")
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

    def stop(self, timeout_s: float | None = 2.0) -> bool:
        """Ends after the frame at work; what was tracked stays. True when all has ended; None waits for that."""
        with self._lock:
            if self._state.is_active:
                self._state = EngineState.STOPPING
        self._stop.set()
        self._go.set()
        self._frames.abandon()
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

    # From outside, while it runs

    def apply(self, settings: S) -> None:
        """Uses these settings from the next frame on. Those that can't be had are refused: the ones in use stay, and a
        notice says why."""
        with self._lock:
            self._settings = settings

    def limit(self, span: TimeSpan) -> None:
        """Tracks only what lies in the span from now on. What is tracked stays."""
        with self._lock:
            self._limits = span

    @property
    def is_active(self) -> bool:
        """Whether more may come."""
        with self._lock:
            return self._state.is_active

    def status(self) -> RunStatus:
        """How it stands."""
        done, fps, info = self._session.frame_count, self._rate.snapshot(), self._info
        with self._lock:
            state, error, refused, settings = self._state, self._error, self._refused, self._settings
        left = 0 if self._is_complete else self._left()
        return RunStatus(
            is_live=info.is_live,
            state=state,
            settings=settings,
            notices=(
                *told_notices((*self._source_notices, *self._told)),
                *refused,
                *([] if error is None else [error_notice(error)]),
            ),
            source=info,
            device=self._device,
            process_fps=fps,
            people=self._people,
            times=StageTimes(**{stage: meter.snapshot().mean_s for stage, meter in self._stages.items()}),
            done=done,
            total=None if left is None else done + left,
            eta_s=0.0 if self._is_complete else (left / fps if left is not None and fps > 0 else None),
            complete=self._is_complete,
        )

    @property
    def _info(self) -> VideoInfo:
        return self._session.header.source if self._source is None else self._source.info

    @property
    def _source_notices(self) -> tuple[str, ...]:
        return () if self._source is None else tuple(self._source.notices)

    def _left(self) -> int | None:
        """About how many frames are still to come; None when nobody knows."""
        with self._lock:
            limits, info = self._limits, self._info
        if info.is_live:
            return None
        if limits.is_unlimited and info.frame_count:
            return max(0, info.frame_count - self._session.frame_count)
        if info.duration_s is None or info.frame_rate is None:
            return None
        with suppress(UserError):  # the caller may have closed the session already
            span, rate = self._session.time_span, float(info.frame_rate)
            reached_s = limits.clip(span[1] + 1 / rate if span else 0.0)
            return max(0, round((limits.clip(info.duration_s) - reached_s) * rate))
        return None

    # The threads

    def _guarded(self, work: Callable[[], None], end: Callable[[], None]) -> None:
        """Top of a thread: an error is kept for the caller, and the thread behind learns that this one has ended."""
        try:
            work()
        except Exception as error:  # noqa: BLE001 - raised again by `wait`
            self._fail(error)
        finally:
            end()

    def _fail(self, error: Exception) -> None:
        if not isinstance(error, UserError):
            log.error("tracking a file", exc_info=error)
        with self._lock:
            self._error = self._error or error

    def _read(self) -> None:
        if self._stop.is_set():
            return
        with self._open_source() as source:
            self._source = source
            rewind(source, self._session)
            for frame in self._within(source):
                if not self._frames.put(frame, frame.image.nbytes):
                    return
        self._is_all_read = True

    def _within(self, source: VideoSource) -> Iterator[Frame]:
        """The frames inside the limits, as they are at the moment; goes at once to a start that is far ahead."""
        seek: Any = getattr(source, "seek", None)
        frames = iter(source)
        while (frame := self._timed(frames)) is not None:
            with self._lock:
                limits = self._limits
            if limits.is_over(frame.time_s):
                return
            if limits.has_begun(frame.time_s):
                yield frame
            elif seek is not None and limits.clip(frame.time_s) - frame.time_s > SKIP_S:
                seek(limits.start_s)
                frames = iter(source)

    def _timed(self, frames: Iterator[Frame]) -> Frame | None:
        started_s = time.perf_counter()
        frame = next(frames, None)
        self.decode_s += time.perf_counter() - started_s
        return frame

    def _is_within(self, frame: Frame) -> bool:
        """Whether a frame that waited in the queue is still wanted."""
        with self._lock:
            return self._limits.contains(frame.time_s)

    def _taken(self) -> Iterator[Frame]:
        """Frames in order until the end of the source or a stop; holds while paused."""
        for frame in self._frames:
            self._go.wait()
            if self._stop.is_set():
                return
            if self._is_within(frame):
                yield frame

    def _track(self) -> None:
        if self._stop.is_set():
            return
        with closing_processor() as in_use:
            used = self._wanted()
            in_use[:] = [self._build(used, None)]
            self._built(in_use[0])
            ids = IdContinuation(self._session)
            for frame in self._taken():
                wanted = self._wanted()
                if wanted != used and self._changed(in_use, used, wanted):
                    self._on_change(used, wanted, frame.time_s)
                    used = wanted
                if (following := self._frames.next_waiting()) is not None:
                    expect(in_use[0], following)
                result = ids.continued(in_use[0].process(frame))
                self._told = notices_of(in_use[0])
                if result is not None and not self._results.put((frame, result), frame.image.nbytes):
                    return

    def _changed(self, in_use: list[Processor], used: S, wanted: S) -> bool:
        """Takes other settings into use; False when they can't be had."""
        try:
            in_use[:] = [self._build(wanted, in_use[0])]
        except UserError as error:
            with self._lock:
                self._refused += (refused_notice(len(self._refused) + 1, error),)
                if self._settings == wanted:
                    self._settings = used
            return False
        self._built(in_use[0])
        return True

    def _end_tracking(self) -> None:
        self._frames.abandon()
        self._results.close()

    def _finish(self) -> None:
        for frame, result in self._results:
            self._session.append(result)
            self._on_result(result)
            for sink in self._sinks:
                sink.write(frame, result)
            self._rate.tick()
            self._people = len(result)
            for stage in STAGES:
                self._stages[stage].add(getattr(result.times, stage))

    def _conclude(self) -> None:
        """The last act: the session is marked, the files are closed."""
        self._results.abandon()
        ended = self._is_all_read and self._error is None and not self._stop.is_set()
        steps: list[Callable[[], None]] = [self._session.finish] if ended else []
        whole = ended and self._source is not None and not self._source.ended_early
        for step in (*steps, *(sink_closing(sink, complete=whole) for sink in self._sinks)):
            try:
                step()
            except Exception as error:  # noqa: BLE001 - the other files are closed all the same; raised by `wait`
                self._fail(error)
        with self._lock:
            self._is_complete = ended
            self._state = EngineState.STOPPED if self._error is None else EngineState.FAULTED

    def _wanted(self) -> S:
        with self._lock:
            return self._settings

    def _built(self, processor: Processor) -> None:
        with self._lock:
            self._device = str(getattr(processor, "device_name", ""))
            if self._state is EngineState.STARTING:
                self._state = EngineState.RUNNING


def sink_closing(sink: Sink, *, complete: bool) -> Callable[[], None]:
    """Closes a sink; where that fails, what it has written so far is left."""

    def close() -> None:
        try:
            sink.close(complete=complete)
        except BaseException:
            sink.abandon()
            raise

    return close
