"""What happened to whom and when: spans, gaps, births, crossings and uncertain stretches of each person.

Feeds the lanes under the picture and the keys that jump to the next event.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from tracking.sightings import Sightings

GAP_S = 0.1
"""A person who is missing (or only guessed) for longer has a gap; shorter ones are the detector's breath."""
CROSSING_IOU = 0.15
PARTED_S = 0.5
"""Two who met and were apart for that long cross again when they meet again."""
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


def lanes_of(sightings: Sightings) -> tuple[Lane, ...]:
    """One lane per person, by id; people who were only guessed have none."""
    return tuple(_lane(sightings, person, rows) for person, rows in sightings.seen_rows.items())


def _lane(sightings: Sightings, person: int, rows: npt.NDArray[np.int64]) -> Lane:
    seen = _spans(sightings, sightings.at[rows])
    uncertain = _spans(sightings, sightings.at[rows[~sightings.certain[rows]]])
    return Lane(
        track_id=person,
        seen=seen,
        uncertain=tuple(span for span in uncertain if span.end_s - span.start_s >= LOW_S),
        seen_s=sum(span.end_s - span.start_s for span in seen),
        frame_count=len(rows),
    )


def events_of(sightings: Sightings, lanes: Sequence[Lane]) -> tuple[Event, ...]:
    """All events, in the order of time; lanes: those of these sightings."""
    found = _crossings(sightings)
    for lane in lanes:
        person, seen = lane.track_id, lane.seen
        found.append(Event(seen[0].start_frame, seen[0].start_s, EventKind.BIRTH, person))
        for before, after in pairwise(seen):
            found.append(Event(before.end_frame, before.end_s, EventKind.GAP, person, end_frame=after.start_frame))
        found += [
            Event(span.start_frame, span.start_s, EventKind.LOW_CONFIDENCE, person, end_frame=span.end_frame)
            for span in lane.uncertain
        ]
        if sightings.last_s - seen[-1].end_s > GAP_S:
            found.append(Event(seen[-1].end_frame, seen[-1].end_s, EventKind.END, person))
    return tuple(sorted(found, key=lambda event: (event.frame_index, event.track_id, event.kind.value)))


def next_event(events: Sequence[Event], frame_index: int) -> Event | None:
    """The first event after a frame; None when there is none."""
    at = bisect_right([event.frame_index for event in events], frame_index)
    return events[at] if at < len(events) else None


def previous_event(events: Sequence[Event], frame_index: int) -> Event | None:
    """The last event before a frame; None when there is none."""
    at = bisect_left([event.frame_index for event in events], frame_index)
    return events[at - 1] if at else None


def _spans(sightings: Sightings, at: npt.NDArray[np.int64]) -> tuple[FrameSpan, ...]:
    """Joins frames into spans: one within `GAP_S` (or right after) of the last one belongs to the same span."""
    if not len(at):
        return ()
    times, indices = sightings.times[at], sightings.indices[at]
    cuts = np.flatnonzero((np.diff(at) > 1) & (np.diff(times) > GAP_S)) + 1
    starts, ends = np.r_[0, cuts], np.r_[cuts, len(at)] - 1
    columns = (indices[starts], indices[ends], times[starts], times[ends])
    return tuple(FrameSpan(*span) for span in zip(*(column.tolist() for column in columns), strict=True))


def _crossings(sightings: Sightings) -> list[Event]:
    """Moments at which two people begin to overlap."""
    pairs, ious = sightings.overlaps
    pairs = pairs[ious >= CROSSING_IOU]
    met = np.column_stack([np.sort(sightings.ids[pairs], axis=1), sightings.at[pairs[:, 0]]])
    met = met[np.lexsort((met[:, 2], met[:, 1], met[:, 0]))]
    goes_on = np.zeros(len(met), bool)
    goes_on[1:] = (np.diff(met[:, :2], axis=0) == 0).all(axis=1) & (np.diff(sightings.times[met[:, 2]]) <= PARTED_S)
    return [
        Event(int(sightings.indices[at]), float(sightings.times[at]), EventKind.CROSSING, first, other_id=second)
        for first, second, at in met[~goes_on].tolist()
    ]
