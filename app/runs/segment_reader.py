"""What a run reads of its source, segment by segment: on from the place that is looked at, then what is left."""

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from app.runs.track_stitching import WARM_UP_S
from tracking.session.session import Session
from tracking.session.tracked_parts import Gap
from tracking.time_span import ALL_TIME, SAME_TIME_S, TimeSpan
from tracking.types import Frame
from tracking.video.source import VideoSource, seekable

SKIP_S = 1.0  # a start farther ahead is gone to, a nearer one reached by reading on
LEAD_S = 0.5  # tracking begins so long before the place that is looked at
MEETING_S = 0.5  # so far a segment goes into the part behind it: not everybody is known in that part's first frame
SLIVER_S = 1.0  # what is missing in front of that is tracked in one go, when it is no longer than this


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """Frames that are read in a row, from the index `first` on.

    after: the stored frame that it goes on from; people keep their numbers. before: first frame of the stored part that
    it meets.
    """

    first: int = 0
    after: int | None = None
    before: int | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """A frame of a segment. after: index of the frame in front of it in the source, -1 for the first of all."""

    segment: Segment
    frame: Frame
    after: int

    @property
    def is_warm_up(self) -> bool:
        """Whether it is stored already and read only to get to know people again."""
        return self.segment.after is not None and self.frame.index <= self.segment.after

    @property
    def is_seam(self) -> bool:
        """Whether it lies in the part behind the segment, and is read only to see who is who there."""
        return self.segment.before is not None and self.frame.index >= self.segment.before


class SegmentReader:
    """Which segment comes next, and its frames. `segments` and `steps` are for one thread, the rest for any."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._lock = threading.Lock()
        self._limits = ALL_TIME
        self._aim_s: float | None = None
        self._moved = threading.Event()
        self._is_through = False  # the segment read last was read to its end
        self._at = 0  # index of the frame at which the search for the next segment begins
        self._gap: Gap | None = None  # what the current segment is to fill from its start
        self._tried: set[tuple[int, int]] = set()  # gaps that were read to their end: what is left can't be decoded
        self.decode_s = 0.0  # seconds spent in reading

    @property
    def limits(self) -> TimeSpan:
        """What is to be tracked."""
        with self._lock:
            return self._limits

    def limit(self, span: TimeSpan) -> None:
        """From now on only what lies in the span is read."""
        with self._lock:
            self._limits = span

    def go_to(self, time_s: float) -> None:
        """The current segment is left, and the next one begins a little before this time."""
        with self._lock:
            self._aim_s = time_s
            self._moved.set()

    @property
    def is_leaving(self) -> bool:
        """Whether the current segment is being left for another."""
        return self._moved.is_set()

    def segments(self, source: VideoSource) -> Iterator[Segment]:
        """One segment after the other, as long as something is missing; each is asked for when the one before is
        stored. A source that can't seek is one segment, and so is one that nobody looks at."""
        file = seekable(source)
        with self._lock:
            limits, is_plain = self._limits, not self._session.frame_count and self._aim_s is None
        if is_plain or file is None:
            yield Segment()
            if file is None or (self._is_through and limits == self.limits):
                return
        times = file.frame_times()
        while (segment := self._next(times)) is not None:
            start_s = times[segment.first] if segment.after is None else times[segment.after] - WARM_UP_S
            file.seek(start_s)
            yield segment

    def _next(self, times: Sequence[float]) -> Segment | None:
        if self._gap is not None and self._is_through:
            self._tried.add((self._gap.first, self._gap.end))
        self._gap = None
        with self._lock:
            limits, aim_s, self._aim_s = self._limits, self._aim_s, None
            self._moved.clear()
        wanted = limits.indices(times)
        gaps = [gap for gap in self._session.parts.gaps(wanted) if (gap.first, gap.end) not in self._tried]
        if aim_s is not None:
            self._at = max(int(np.searchsorted(times, aim_s + SAME_TIME_S, side="right")) - 1, 0)
        gap = next((gap for gap in gaps if gap.end > self._at), gaps[0] if gaps else None)
        if gap is None:
            return None
        if aim_s is not None and gap.contains(self._at):
            first = min(int(np.searchsorted(times, aim_s - LEAD_S)), self._at)
            if times[first] - times[gap.first] > SLIVER_S:
                return Segment(first, before=gap.before)
        self._gap = gap
        return Segment(gap.first, gap.after, gap.before)

    def steps(self, source: VideoSource, segment: Segment) -> Iterator[Step]:
        """The frames of a segment inside the limits, as they are at the moment; goes at once to a start that is far
        ahead. Before them come those that warm up, after them some of the part behind."""
        file = seekable(source)
        self._is_through = False
        after: int | None = segment.first - 1
        met_s: float | None = None
        frames = iter(source)
        while (frame := self._timed(frames)) is not None:
            if self.is_leaving:
                return
            limits = self.limits
            step = Step(segment, frame, frame.index - 1 if after is None else after)
            if step.is_warm_up:
                yield step
                continue
            self._at = frame.index
            if step.is_seam:
                met_s = frame.time_s if met_s is None else met_s
                if frame.time_s > met_s + MEETING_S:
                    break
                yield step
                continue
            if limits.is_over(frame.time_s):
                break
            after = frame.index
            if limits.has_begun(frame.time_s):
                yield step
            elif file is not None and limits.clip(frame.time_s) - frame.time_s > SKIP_S:
                file.seek(limits.clip(frame.time_s))
                frames, after = iter(source), None
        self._is_through = True

    def _timed(self, frames: Iterator[Frame]) -> Frame | None:
        started_s = time.perf_counter()
        frame = next(frames, None)
        self.decode_s += time.perf_counter() - started_s
        return frame
