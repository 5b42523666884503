"""What happened to whom and when: spans, gaps, births, crossings and uncertain stretches of each person.

Feeds the lanes under the picture and the keys that jump to the next event. Everything is computed of whole columns at
once, so that an hour takes a fraction of a second.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from enum import Enum
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from tracking.boxes import paired_iou

GAP_S = 0.1
"""A person who is missing (or only guessed) for longer has a gap; shorter ones are the detector's breath."""
CROSSING_IOU = 0.15
PARTED_S = 0.5
"""Two who met and were apart for that long cross again when they meet again."""
LOW_SCORE = 0.35
"""Mean confidence of a person's joints below which a frame is uncertain."""
LOW_S = 0.3
"""An uncertain stretch is told when it lasts so long."""
_OF_ROWS = ("ids", "seen", "certain", "scores", "boxes")


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


def in_order(
    keys: npt.NDArray[Any], at: npt.NDArray[np.integer]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Frames sorted by `keys` (F,), and the rows that lie in frames `at` (M,) with them: the order of the frames, where
    the sorted rows lie now, and the order of the rows."""
    frames = np.argsort(keys, kind="stable")
    place = np.empty_like(frames)
    place[frames] = np.arange(len(frames))
    rows = np.argsort(place[at], kind="stable")
    return frames, place[at][rows], rows


@dataclass(frozen=True)
class Sightings:
    """Who is where in every frame, without joints: all that lanes and events need, of hours of video at once.

    indices, times (F,): of the frames; sizes_wh (F, 2) pixels. at, ids (M,): frame (its place in `indices`) and number
    of each person in it, by frame; seen: not only guessed; certain: their joints are; scores: mean confidence of these;
    boxes (M, 4) xyxy image pixels.
    """

    indices: npt.NDArray[np.int64]
    times: npt.NDArray[np.float64]
    sizes_wh: npt.NDArray[np.int32]
    at: npt.NDArray[np.int64]
    ids: npt.NDArray[np.int64]
    seen: npt.NDArray[np.bool_]
    certain: npt.NDArray[np.bool_]
    scores: npt.NDArray[np.float32]
    boxes: npt.NDArray[np.float32]

    @classmethod
    def none(cls) -> "Sightings":
        """No frame at all."""
        whole, flags, sizes_wh = np.zeros(0, np.int64), np.zeros(0, bool), np.zeros((0, 2), np.int32)
        scores, boxes = np.zeros(0, np.float32), np.zeros((0, 4), np.float32)
        return cls(whole, np.zeros(0), sizes_wh, whole, whole, flags, flags, scores, boxes)

    @classmethod
    def joined(cls, parts: Sequence["Sightings"]) -> "Sightings":
        """Parts that share no frame, in any order, as one."""
        before = np.cumsum([0, *(len(part.indices) for part in parts)]).tolist()
        moved = [replace(part, at=part.at + count) for part, count in zip(parts, before, strict=False)]
        whole = cls(*(np.concatenate([getattr(part, field.name) for part in moved]) for field in fields(cls)))
        return whole if (np.diff(whole.indices) > 0).all() else whole._in_order()

    def _in_order(self) -> "Sightings":
        frames, at, rows = in_order(self.indices, self.at)
        of_frames = {name: getattr(self, name)[frames] for name in ("indices", "times", "sizes_wh")}
        return replace(self, **of_frames, at=at, **{name: getattr(self, name)[rows] for name in _OF_ROWS})

    @property
    def last_s(self) -> float:
        """Time of the newest frame; 0 without any."""
        return float(self.times[-1]) if len(self.times) else 0.0

    def renamed(self, ids: npt.NDArray[np.int64], certain: npt.NDArray[np.bool_]) -> "Sightings":
        """With other numbers (M,) and certainty (M,); whoever has no number (0) is left out."""
        fresh = replace(self, ids=ids, certain=certain)
        pairs, ious = self.overlaps
        if not (kept := ids > 0).all():
            fresh = replace(fresh, at=self.at[kept], **{name: getattr(fresh, name)[kept] for name in _OF_ROWS})
            both = kept[pairs].all(axis=1)
            pairs, ious = (np.cumsum(kept) - 1)[pairs[both]], ious[both]
        fresh.__dict__["overlaps"] = pairs, ious  # not looked for again after every edit
        return fresh

    @cached_property
    def overlaps(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """(P, 2) rows of two people who overlap in a frame, and (P,) by how much: intersection over union."""
        pairs, ious = [np.zeros((0, 2), np.int64)], [np.zeros(0, np.float32)]
        most = int(np.bincount(self.at).max()) if len(self.at) else 0
        for step in range(1, most):  # a person and the one so many rows further in the same frame
            first = np.flatnonzero(self.at[:-step] == self.at[step:])
            found = paired_iou(self.boxes[first], self.boxes[first + step])
            overlap = found > 0
            pairs.append(np.stack([first[overlap], first[overlap] + step], axis=1))
            ious.append(found[overlap].astype(np.float32))
        return np.concatenate(pairs), np.concatenate(ious)

    def lanes(self) -> tuple[Lane, ...]:
        """One lane per person, by id; people who were only guessed have none."""
        return tuple(
            Lane(
                track_id=person,
                seen=(spans := self._spans(self.at[rows])),
                uncertain=tuple(
                    s for s in self._spans(self.at[rows[~self.certain[rows]]]) if s.end_s - s.start_s >= LOW_S
                ),
                seen_s=sum(span.end_s - span.start_s for span in spans),
                frame_count=len(rows),
            )
            for person, rows in self.seen_rows.items()
        )

    def events(self, lanes: Sequence[Lane]) -> tuple[Event, ...]:
        """All events, in the order of time; lanes: those of these sightings."""
        found = self._crossings()
        for lane in lanes:
            person, seen = lane.track_id, lane.seen
            found.append(Event(seen[0].start_frame, seen[0].start_s, EventKind.BIRTH, person))
            for before, after in pairwise(seen):
                found.append(Event(before.end_frame, before.end_s, EventKind.GAP, person, end_frame=after.start_frame))
            found += [
                Event(span.start_frame, span.start_s, EventKind.LOW_CONFIDENCE, person, end_frame=span.end_frame)
                for span in lane.uncertain
            ]
            if self.last_s - seen[-1].end_s > GAP_S:
                found.append(Event(seen[-1].end_frame, seen[-1].end_s, EventKind.END, person))
        return tuple(sorted(found, key=lambda event: (event.frame_index, event.track_id, event.kind.value)))

    @cached_property
    def seen_rows(self) -> dict[int, npt.NDArray[np.int64]]:
        """(m,) rows in which each person was seen, by frame; the people by id."""
        rows = np.flatnonzero(self.seen)
        ids = self.ids[rows]
        small = ids.astype(np.uint16) if ids.max(initial=0) < 1 << 16 else ids
        order = np.argsort(small, kind="stable")  # of small numbers in a tenth of the time
        starts = np.flatnonzero(np.diff(ids[order], prepend=0))
        return dict(zip(ids[order[starts]].tolist(), np.split(rows[order], starts[1:]), strict=bool(len(rows))))

    def _spans(self, at: npt.NDArray[np.int64]) -> tuple[FrameSpan, ...]:
        """Joins frames into spans: one within `GAP_S` (or right after) of the last one belongs to the same span."""
        if not len(at):
            return ()
        times, indices = self.times[at], self.indices[at]
        cuts = np.flatnonzero((np.diff(at) > 1) & (np.diff(times) > GAP_S)) + 1
        starts, ends = np.r_[0, cuts], np.r_[cuts, len(at)] - 1
        columns = (indices[starts], indices[ends], times[starts], times[ends])
        return tuple(FrameSpan(*span) for span in zip(*(column.tolist() for column in columns), strict=True))

    def _crossings(self) -> list[Event]:
        """Moments at which two people begin to overlap."""
        pairs, ious = self.overlaps
        pairs = pairs[ious >= CROSSING_IOU]
        met = np.column_stack([np.sort(self.ids[pairs], axis=1), self.at[pairs[:, 0]]])
        met = met[np.lexsort((met[:, 2], met[:, 1], met[:, 0]))]
        goes_on = np.zeros(len(met), bool)
        goes_on[1:] = (np.diff(met[:, :2], axis=0) == 0).all(axis=1) & (np.diff(self.times[met[:, 2]]) <= PARTED_S)
        return [
            Event(int(self.indices[at]), float(self.times[at]), EventKind.CROSSING, first, other_id=second)
            for first, second, at in met[~goes_on].tolist()
        ]


def next_event(events: Sequence[Event], frame_index: int) -> Event | None:
    """The first event after a frame; None when there is none."""
    at = bisect_right([event.frame_index for event in events], frame_index)
    return events[at] if at < len(events) else None


def previous_event(events: Sequence[Event], frame_index: int) -> Event | None:
    """The last event before a frame; None when there is none."""
    at = bisect_left([event.frame_index for event in events], frame_index)
    return events[at - 1] if at else None
