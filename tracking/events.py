"""What happened to whom and when: spans, gaps, births, crossings and uncertain stretches of each person.

Feeds the lanes under the picture and the keys that jump to the next event. Results are added in the order of their
time, one by one, so that the lanes grow while a run goes on.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise

import numpy as np

from tracking.boxes import iou_matrix
from tracking.types import FrameResult, KeypointState, TrackState

GAP_S = 0.1
"""A person who is away (or only guessed) for longer has a gap; shorter ones are the detector's breath."""
CROSSING_IOU = 0.15
PARTED_S = 0.5
"""Two who met and were apart for so long cross again when they meet again."""
LOW_SCORE = 0.35
"""Mean confidence of a person's joints below which a frame is uncertain."""
LOW_S = 0.3
"""An uncertain stretch is told when it lasts so long."""


class EventKind(Enum):
    """Why one may want to look at a frame."""

    BIRTH = "birth"
    GAP = "gap"
    CROSSING = "crossing"
    LOW_CONFIDENCE = "low confidence"
    END = "end"


@dataclass(frozen=True, slots=True)
class FrameSpan:
    """From one frame to another, both included."""

    start_frame: int
    end_frame: int
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Event:
    """Something at a frame. other_id: the second person of a crossing. end_frame: last frame of a gap or stretch."""

    frame_index: int
    time_s: float
    kind: EventKind
    track_id: int
    other_id: int | None = None
    end_frame: int | None = None


@dataclass(frozen=True, slots=True)
class Lane:
    """One person's line in the timeline. seen: spans in which the person was seen. seen_s: their length together."""

    track_id: int
    seen: tuple[FrameSpan, ...]
    uncertain: tuple[FrameSpan, ...]
    seen_s: float
    frame_count: int


class _Stretch:
    """Joins frames into spans: a frame within `GAP_S` (or right after) of the last one belongs to the same span."""

    def __init__(self) -> None:
        self.spans: list[FrameSpan] = []
        self._last_at = -2  # running number of the newest frame added

    def add(self, at: int, frame_index: int, time_s: float) -> bool:
        """True when a new span begins."""
        last = self.spans[-1] if self.spans else None
        if last is not None and (self._last_at == at - 1 or time_s - last.end_s <= GAP_S):
            self.spans[-1] = FrameSpan(last.start_frame, frame_index, last.start_s, time_s)
            self._last_at = at
            return False
        self.spans.append(FrameSpan(frame_index, frame_index, time_s, time_s))
        self._last_at = at
        return True


class EventLog:
    """Collects results in order; `lanes` and `events` say what is known so far."""

    def __init__(self) -> None:
        self._count = 0
        self._last: tuple[int, float] = (-1, 0.0)
        self._seen: dict[int, _Stretch] = {}
        self._low: dict[int, _Stretch] = {}
        self._frames: dict[int, int] = {}
        self._crossings: list[Event] = []
        self._met_at: dict[tuple[int, int], float] = {}

    def add(self, result: FrameResult) -> None:
        """Takes the next frame in. ValueError when it is not after the last one."""
        if result.frame_index <= self._last[0]:
            raise ValueError(f"frame {result.frame_index} after frame {self._last[0]}")
        at, index, time_s = self._count, result.frame_index, result.time_s
        seen = result.tracks.states == TrackState.TRACKED
        certain = _mean_scores(result) >= LOW_SCORE
        for row, track_id in enumerate(result.tracks.ids.tolist()):
            if seen[row]:
                self._seen.setdefault(track_id, _Stretch()).add(at, index, time_s)
                self._frames[track_id] = self._frames.get(track_id, 0) + 1
                if not certain[row]:
                    self._low.setdefault(track_id, _Stretch()).add(at, index, time_s)
        self._meet(result)
        self._count += 1
        self._last = index, time_s

    def _meet(self, result: FrameResult) -> None:
        ids = result.tracks.ids.tolist()
        if len(ids) < 2:
            return
        overlap = np.triu(iou_matrix(result.tracks.boxes, result.tracks.boxes), 1)
        for first, second in np.argwhere(overlap >= CROSSING_IOU).tolist():
            pair = min(ids[first], ids[second]), max(ids[first], ids[second])
            met_s = self._met_at.get(pair)
            if met_s is None or result.time_s - met_s > PARTED_S:
                self._crossings.append(
                    Event(result.frame_index, result.time_s, EventKind.CROSSING, pair[0], other_id=pair[1])
                )
            self._met_at[pair] = result.time_s

    def lanes(self) -> tuple[Lane, ...]:
        """One lane per person, by id; people who were only guessed have none."""
        return tuple(
            Lane(
                track_id=track_id,
                seen=tuple(stretch.spans),
                uncertain=self._uncertain(track_id),
                seen_s=sum(span.end_s - span.start_s for span in stretch.spans),
                frame_count=self._frames[track_id],
            )
            for track_id, stretch in sorted(self._seen.items())
        )

    def _uncertain(self, track_id: int) -> tuple[FrameSpan, ...]:
        low = self._low.get(track_id)
        return tuple(span for span in low.spans if span.end_s - span.start_s >= LOW_S) if low else ()

    def events(self) -> tuple[Event, ...]:
        """All events, in the order of time."""
        found = list(self._crossings)
        for lane in self.lanes():
            person, seen = lane.track_id, lane.seen
            found.append(Event(seen[0].start_frame, seen[0].start_s, EventKind.BIRTH, person))
            for before, after in pairwise(seen):
                found.append(Event(before.end_frame, before.end_s, EventKind.GAP, person, end_frame=after.start_frame))
            found += [
                Event(span.start_frame, span.start_s, EventKind.LOW_CONFIDENCE, person, end_frame=span.end_frame)
                for span in lane.uncertain
            ]
            if self._last[1] - seen[-1].end_s > GAP_S:
                found.append(Event(seen[-1].end_frame, seen[-1].end_s, EventKind.END, person))
        return tuple(sorted(found, key=lambda event: (event.frame_index, event.track_id, event.kind.value)))


def _mean_scores(result: FrameResult) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """(N,) mean confidence of the joints that a person has; joints set by hand count as certain."""
    scores = np.where(result.states == KeypointState.EDITED, 1.0, result.raw.scores)
    return np.asarray(scores.mean(axis=1) if len(result) else np.zeros(0), np.float64)


def next_event(events: Sequence[Event], frame_index: int) -> Event | None:
    """The first event after a frame; None when there is none."""
    at = bisect_right([event.frame_index for event in events], frame_index)
    return events[at] if at < len(events) else None


def previous_event(events: Sequence[Event], frame_index: int) -> Event | None:
    """The last event before a frame; None when there is none."""
    at = bisect_left([event.frame_index for event in events], frame_index)
    return events[at - 1] if at else None
