"""`FileRun`: every frame of a source, first into a session and from there into the files that are wanted."""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, TypeVar

from app.engine.frame_queue import FrameQueue
from app.engine.life_cycle import EngineState, ended_within
from app.engine.meter import RateMeter, StageMeters
from app.engine.processor import ProcessorBuilder, ProcessorInUse
from app.engine.run_status import Notice, RunStatus, error_notice, refused_notice, told_notices
from app.engine.thread_priority import step_back
from app.runs.segment_reader import Segment, SegmentReader, Step
from app.runs.sinks import Sink, sink_closing
from app.runs.track_stitching import IdContinuation, merges_at
from ppnet.errors import UserError
from tracking.session.session import Session
from tracking.time_span import TimeSpan
from tracking.types import FrameResult
from tracking.video.source import VideoInfo, VideoSource

S = TypeVar("S")
QUEUE_FRAMES = 8
QUEUE_BYTES = 64 * 2**20  # of pictures waiting before and after the network, each
LOOK_S = 0.1  # how soon a stop is seen by who waits for other threads
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Done:
    """A step and what was computed of it."""

    step: Step
    result: FrameResult


class FileRun(Generic[S]):
    """Reads, computes and writes at the same time; the command line, the window and batches all track with it.

    Threads: `read` decodes, `track` computes, `finish` stores each result in the session and then gives it to the
    sinks. Order is kept, and what waits between them is bounded. The caller owns the session; the run closes source,
    processor and sinks. An error of one thread ends the run after the threads behind it have done what came before it.

    It goes from the start to the end, or is sent elsewhere (`go_to`) and comes back to what it has left out.
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
        on_join: Callable[[], object] = lambda: None,
    ) -> None:
        """Of a session that holds frames already the rest is tracked; people keep their ids.

        on_change(before, after, time_s): called in the thread `track` when other settings come into use.
        on_result(result): called in the thread `finish` for each frame that is in the session.
        on_join(): called in the thread `finish` when people of two parts were found to be the same, which is an edit.
        """
        self._open_source, self._build, self._session, self._sinks = open_source, build, session, tuple(sinks)
        self._on_change, self._on_result, self._on_join = on_change, on_result, on_join
        self._lock = threading.Lock()
        self._settings = settings
        self._state = EngineState.STOPPED
        self._error: Exception | None = None
        self._refused: tuple[Notice, ...] = ()
        self._segments = SegmentReader(session)
        self._is_stored = threading.Event()  # all that was read of a segment
        self._reached_s: float | None = None
        self._stop = threading.Event()
        self._source: VideoSource | None = None
        self._is_all_read = self._is_complete = False
        self._device = ""
        self._told: tuple[str, ...] = ()  # by the processor
        self._people = 0  # in the newest frame
        self._rate = RateMeter(5.0)
        self._stages = StageMeters(5.0)
        waiting = 1 if session.header.source.is_live else QUEUE_FRAMES  # live pictures must not grow old in a queue
        self._frames: FrameQueue[Step | None] = FrameQueue(waiting, QUEUE_BYTES)  # None: a segment is over
        self._results: FrameQueue[_Done | None] = FrameQueue(waiting, QUEUE_BYTES)
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
                raise RuntimeError("a file run can be started only once")
            self._state = EngineState.STARTING
        for thread in self._threads:
            thread.start()

    def stop(self, timeout_s: float | None = 2.0) -> bool:
        """Ends after the current frame; what was tracked stays. True when all has ended; None waits for that."""
        with self._lock:
            if self._state.is_active:
                self._state = EngineState.STOPPING
        self._stop.set()
        self._frames.abandon()
        return ended_within(self._threads, timeout_s)

    def wait(self, timeout_s: float | None = None) -> bool:
        """Waits for the end; True when it is reached. Raises the error of a faulted run."""
        ended = ended_within(self._threads, timeout_s)
        if ended and self._error is not None:
            raise self._error
        return ended

    # From outside, while it runs

    def apply(self, settings: S) -> None:
        """Uses these settings from the next frame on. Those that can't be had are refused: the ones in use stay, and a
        notice says why."""
        with self._lock:
            self._settings = settings

    def limit(self, span: TimeSpan) -> None:
        """Tracks only what lies in the span from now on. What is tracked stays."""
        self._segments.limit(span)

    def go_to(self, time_s: float) -> None:
        """Leaves what it is at, goes on a little before this time, and comes back to the rest later. ValueError when it
        has sinks, which take frames in order."""
        if self._sinks:
            raise ValueError("a run with sinks goes from the start to the end")
        self._segments.go_to(time_s)

    @property
    def reached_s(self) -> float | None:
        """Time in seconds of the frame tracked last; None before the first."""
        return self._reached_s

    @property
    def decode_s(self) -> float:
        """Seconds spent in reading."""
        return self._segments.decode_s

    @property
    def is_active(self) -> bool:
        """Whether more may come."""
        with self._lock:
            return self._state.is_active

    def status(self) -> RunStatus:
        """Its state."""
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
            times=self._stages.means(),
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
        limits, info = self._segments.limits, self._info
        if info.is_live:
            return None
        if limits.is_unlimited and info.frame_count:
            return max(0, info.frame_count - self._session.frame_count)
        if info.duration_s is None or info.frame_rate is None:
            return None
        with suppress(UserError):  # the caller may have closed the session already
            rate = float(info.frame_rate)
            tracked_s = sum(
                limits.clip(last_s + 1 / rate) - limits.clip(first_s) for first_s, last_s in self._session.part_times()
            )
            return max(0, round((limits.clip(info.duration_s) - limits.clip(0.0) - tracked_s) * rate))
        return None

    # The threads

    def _guarded(self, work: Callable[[], None], end: Callable[[], None]) -> None:
        """Top level of a thread: keeps an error for the caller, and tells the thread behind that this one is over."""
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
            for segment in self._segments.segments(source):
                for step in self._segments.steps(source, segment):
                    if not self._frames.put(step, step.frame.image.nbytes):
                        return
                if not self._frames.put(None, 0) or not self._segment_is_stored():
                    return
        self._is_all_read = True

    def _segment_is_stored(self) -> bool:
        """Waits until the session holds all that was read: what is missing is known only then. False when it never
        will, as the run is stopped or broken."""
        while not self._is_stored.wait(LOOK_S):
            if self._stop.is_set() or not self.is_active:  # the thread `finish` may not have begun yet
                return False
        self._is_stored.clear()
        return self._error is None

    def _taken(self) -> Iterator[Step | None]:
        """Steps in order until the end of the source or a stop. What is not wanted any more is left out."""
        for step in self._frames:
            if self._stop.is_set():
                return
            if step is None or self._is_wanted(step):
                yield step

    def _is_wanted(self, step: Step) -> bool:
        is_stored = step.is_warm_up or step.is_seam
        return not self._segments.is_leaving and (is_stored or self._segments.limits.contains(step.frame.time_s))

    def _track(self) -> None:
        if self._stop.is_set():
            return
        with ProcessorInUse(self._build, self._wanted()) as used:
            self._built(used)
            ids, segment = IdContinuation(self._session), None
            for step in self._taken():
                if step is None:
                    if not self._results.put(None, 0):
                        return
                    continue
                if step.segment is not segment:
                    self._begin(step.segment, used, ids, is_first=segment is None)
                    segment = step.segment
                before, wanted = used.settings, self._wanted()
                if wanted != before and self._changed(used, wanted):
                    self._on_change(before, wanted, step.frame.time_s)
                following = self._frames.next_waiting()
                if following is not None and following.segment is segment:
                    used.expect(following.frame)
                result = ids.continued(used.process(step.frame))
                self._told = used.notices
                if result is not None and not self._results.put(_Done(step, result), step.frame.image.nbytes):
                    return

    def _begin(self, segment: Segment, used: ProcessorInUse[S], ids: IdContinuation, *, is_first: bool) -> None:
        """Another segment: nobody is known any more but those of the stored frame that it goes on from."""
        if not is_first:
            used.reset()
        ids.begin(segment.after)

    def _changed(self, used: ProcessorInUse[S], wanted: S) -> bool:
        """Takes other settings into use; False when they can't be had."""
        try:
            used.change(wanted)
        except UserError as error:
            with self._lock:
                self._refused += (refused_notice(len(self._refused) + 1, error),)
                if self._settings == wanted:
                    self._settings = used.settings
            return False
        self._built(used)
        return True

    def _end_tracking(self) -> None:
        self._frames.abandon()
        self._results.close()

    def _finish(self) -> None:
        step_back()  # to draw and encode only where the network leaves a core free: it waits for the slower of them
        met: list[tuple[int, FrameResult]] = []  # without pictures
        for done in self._results:
            if done is None:
                self._join(met)
                met.clear()
                self._is_stored.set()
                continue
            step, result = done.step, done.result
            if step.is_seam:
                met.append((step.after, result))
                continue
            self._session.append(result, after=step.after)
            self._reached_s = result.time_s
            self._on_result(result)
            for sink in self._sinks:
                sink.write(step.frame, result)
            self._rate.tick()
            self._people = len(result)
            self._stages.add(result.times)

    def _join(self, met: Sequence[tuple[int, FrameResult]]) -> None:
        """A segment has met a part that was tracked before it (results, each with the frame in front of it): nothing is
        missing between them any more. Where it was left meanwhile, or limits have changed on its way, they stay two."""
        after = met[0][0] if met else None
        if after is None or self._segments.is_leaving or (after >= 0 and self._session.parts.part_with(after) is None):
            return
        merges = merges_at(self._session, [result for _, result in met])
        for merge in merges:
            self._session.add_edit(merge)
        self._session.join(met[0][1].frame_index)
        if merges:
            self._on_join()

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

    def _built(self, used: ProcessorInUse[S]) -> None:
        with self._lock:
            self._device = used.device_name
            if self._state is EngineState.STARTING:
                self._state = EngineState.RUNNING
