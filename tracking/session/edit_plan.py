"""`EditPlan`: a list of edits brought onto frames, one at a time, leaving what was tracked as it is.

First ids (swap, merge, split, delete, in their order), then smoothing where it is made again
(`tracking/session/edited_session.py`), then joints set by hand, at last who is shown at all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from ppnet.poses import Poses
from tracking.session.edits import (
    ChooseSmoothing,
    DeletePerson,
    Edit,
    FillKeypoint,
    HidePerson,
    MergeIds,
    MoveKeypoint,
    OnlyPerson,
    RemoveDrawing,
    RemoveMark,
    RenamePerson,
    SetDrawing,
    SetMark,
    SetScale,
    SetSpan,
    SplitId,
    SwapIds,
)
from tracking.sightings import Sightings
from tracking.time_span import ALL_TIME
from tracking.types import FrameResult, KeypointState

Bools = npt.NDArray[np.bool_]
Indices = npt.NDArray[np.int64]
HandEdit = MoveKeypoint | FillKeypoint
Hands = Sequence[tuple[Indices, HandEdit]]
"""Edits of joints by hand, each with the rows that it is about."""
Kind = TypeVar("Kind")
Numbers = TypeVar("Numbers", int, Indices)
LAST_FRAME = np.iinfo(np.int64).max
_ON_FRAMES = (SwapIds, MergeIds, SplitId, DeletePerson, MoveKeypoint, FillKeypoint)


@dataclass(frozen=True)
class EditedResult:
    """A result with the edits in it. edited: (N,) rows that an edit changed (id or a joint)."""

    result: FrameResult
    edited: Bools

    def __len__(self) -> int:
        return len(self.result)


class EditPlan:
    """A list of edits, ready to be brought onto frames one at a time and in any order.

    names, hidden: of people. only: whom alone everything is about, None for everybody. marks: by frame. span: in and
    out point. metres_per_pixel: None when not known. drawings: by number. smoothing: made again; None: as tracked.
    """

    def __init__(self, edits: Sequence[Edit]) -> None:
        self.edits = tuple(edits)
        self.names: Mapping[int, str] = _names(self.edits)
        self.hidden = frozenset(
            track_id
            for track_id, hidden in {e.track_id: e.hidden for e in self.edits if isinstance(e, HidePerson)}.items()
            if hidden
        )
        smoothing = _newest(self.edits, ChooseSmoothing)
        self.smoothing = smoothing if smoothing is not None and smoothing.method else None
        self.only = _only(self.edits)
        self.marks = _marks(self.edits)
        self.drawings = _drawings(self.edits)
        span = _newest(self.edits, SetSpan)
        self.span = ALL_TIME if span is None else span.span
        scale = _newest(self.edits, SetScale)
        self.metres_per_pixel = None if scale is None else scale.metres_per_pixel
        self._steps = tuple(e for e in self.edits if isinstance(e, _ON_FRAMES))
        self._split_ids = tuple(e.new_id for e in self._steps if isinstance(e, SplitId))

    @property
    def of_results(self) -> object:
        """What the results depend on; the same for two plans that differ only in names, marks and the like."""
        return self._steps, self.smoothing, self.only

    @property
    def identity_edits(self) -> tuple[Edit, ...]:
        """The edits that change who a row is or whether it is there: smoothing made again depends on them."""
        return tuple(e for e in self._steps if not isinstance(e, MoveKeypoint | FillKeypoint))

    @property
    def last_id(self) -> int:
        """The highest number that a split has given; 0 without one."""
        return max(self._split_ids, default=0)

    def counted(self, track_id: Numbers) -> Numbers:
        """The number under which the edits know a tracked person; of one, or of many at once.

        A split takes the next number, and the tracking, where it still goes on, gives that to a newcomer too: whoever
        came after a split counts one up for it.
        """
        for split_id in self._split_ids:
            track_id = track_id + (track_id >= split_id)
        return track_id

    @property
    def next_drawing(self) -> int:
        """A number that no drawing has or had."""
        return max((e.number for e in self.edits if isinstance(e, SetDrawing)), default=0) + 1

    def mark_at(self, frame_index: int) -> SetMark | None:
        """The mark on that frame."""
        return next((mark for mark in self.marks if mark.frame_index == frame_index), None)

    def apply(self, result: FrameResult, *, keep_hidden: bool = False) -> EditedResult:
        """The frame with all edits in it; hidden people are left out unless `keep_hidden`."""
        return self.set_by_hand(*self.identified(result), keep_hidden=keep_hidden)

    def identified(self, result: FrameResult) -> tuple[EditedResult, Hands]:
        """The frame with the edits of ids in it, and the joints that are still to be set by hand."""
        if not self._steps:
            return EditedResult(result, np.zeros(len(result), bool)), []
        ids, hands = self.renumbered(np.full(len(result), result.frame_index), result.tracks.ids)
        kept = np.flatnonzero(ids)
        edited = ids[kept] != self.counted(result.tracks.ids)[kept]
        hands = [(np.flatnonzero(np.isin(kept, rows)), edit) for rows, edit in hands]
        return EditedResult(select_rows(result, kept, ids=ids[kept]), edited), hands

    def sighted(self, tracked: Sightings) -> Sightings:
        """The same for many frames at once, without joints: people under the numbers that they have now. Whoever has a
        joint that was set by hand counts as certain in that frame."""
        certain = tracked.certain.copy()
        ids, hands = self.renumbered(tracked.indices[tracked.at], tracked.ids)
        for rows, _ in hands:
            certain[rows] = True
        if self.only is not None:
            ids[ids != self.only] = 0
        return tracked.renamed(ids, certain)

    def renumbered(self, frames: Indices, tracked: Indices) -> tuple[Indices, Hands]:
        """The numbers that people (M,) tracked in `frames` (M,) have now, 0 for who is taken out; and the edits by
        hand."""
        ids = self.counted(tracked).copy()
        hands: list[tuple[Indices, HandEdit]] = []
        for edit in self._steps:
            _step(edit, frames, ids, hands)
        return ids, hands

    def tracked_as(self, person: int) -> tuple[int, ...]:
        """All numbers that the tracking may have given to who is `person` now, and to whoever decides about that."""
        wanted = {person}
        for edit in reversed(self._steps):
            match edit:
                case SwapIds(first, second) if {first, second} & wanted:
                    wanted |= {first, second}
                case SplitId(track_id, _, new_id) if new_id in wanted:
                    wanted.add(track_id)
                case MergeIds(keep, other) if keep in wanted:
                    wanted.add(other)
                case _:
                    pass
        uncounted = {number - splits for number in wanted for splits in range(len(self._split_ids) + 1)}
        return tuple(sorted(number for number in uncounted if number >= 1 and self.counted(number) in wanted))

    def set_by_hand(self, edited: EditedResult, hands: Hands, *, keep_hidden: bool = False) -> EditedResult:
        """Puts the joints where the hand put them (score 1, state EDITED) and leaves out hidden people."""
        result, flags = edited.result, edited.edited
        if hands:
            keypoints, scores = result.smoothed.keypoints.copy(), result.smoothed.scores.copy()
            states = result.states.copy()
            put = put_by_hand(hands, np.full(len(result), result.time_s), keypoints, states)
            scores[put] = 1.0
            flags = flags | put.any(axis=1)
            result = with_smoothed(result, Poses(keypoints, scores, result.skeleton), states)
        visible = [row for row, i in enumerate(result.tracks.ids.tolist()) if self.is_shown(i, keep_hidden=keep_hidden)]
        if len(visible) < len(result):
            result, flags = select_rows(result, visible), flags[visible]
        return EditedResult(result, flags)

    def is_shown(self, track_id: int, *, keep_hidden: bool = False) -> bool:
        """Whether somebody is shown at all."""
        if self.only is not None and track_id != self.only:
            return False
        return keep_hidden or track_id not in self.hidden


def _newest(edits: Sequence[Edit], kind: type[Kind]) -> Kind | None:
    return next((edit for edit in reversed(edits) if isinstance(edit, kind)), None)


def _names(edits: Sequence[Edit]) -> dict[int, str]:
    """Who was somebody else all along keeps a name that the other one lacks."""
    names: dict[int, str] = {}
    for edit in edits:
        if isinstance(edit, RenamePerson):
            names[edit.track_id] = edit.name
        elif isinstance(edit, MergeIds):
            names[edit.keep] = names.get(edit.keep) or names.pop(edit.other, "")
    return {track_id: name for track_id, name in names.items() if name}


def _only(edits: Sequence[Edit]) -> int | None:
    """The one person, under the number that they have after all edits."""
    only: int | None = None
    for edit in edits:
        if isinstance(edit, OnlyPerson):
            only = edit.track_id
        elif isinstance(edit, MergeIds) and edit.other == only:
            only = edit.keep
    return only


def _marks(edits: Sequence[Edit]) -> tuple[SetMark, ...]:
    marks: dict[int, SetMark] = {}
    for edit in edits:
        if isinstance(edit, SetMark):
            marks[edit.frame_index] = edit
        elif isinstance(edit, RemoveMark):
            marks.pop(edit.frame_index, None)
    return tuple(marks[frame] for frame in sorted(marks))


def _drawings(edits: Sequence[Edit]) -> tuple[SetDrawing, ...]:
    """Those that are there, tied to people under the numbers that they have after all edits."""
    drawings: dict[int, SetDrawing] = {}
    for edit in edits:
        if isinstance(edit, SetDrawing):
            drawings[edit.number] = edit
        elif isinstance(edit, RemoveDrawing):
            drawings.pop(edit.number, None)
        elif isinstance(edit, MergeIds):
            drawings = {number: drawing.tied_otherwise(edit.other, edit.keep) for number, drawing in drawings.items()}
    return tuple(drawings[number] for number in sorted(drawings))


def _step(edit: Edit, frames: Indices, ids: Indices, hands: list[tuple[Indices, HandEdit]]) -> None:
    """Brings one edit onto the numbers (M,) of people in `frames` (M,); 0 takes somebody out."""
    match edit:
        case SwapIds(first, second, start):
            one, other = ((frames >= start) & (ids == track_id) for track_id in (first, second))
            ids[one], ids[other] = second, first
        case SplitId(track_id, start, new_id):
            ids[(frames >= start) & (ids == track_id)] = new_id
        case MergeIds(keep, other_id) if other_id in ids:
            merged = ids == other_id
            ids[merged] = np.where(np.isin(frames[merged], frames[ids == keep]), 0, keep)
        case DeletePerson(track_id, start, end):
            ids[(frames >= start) & (frames <= (LAST_FRAME if end is None else end)) & (ids == track_id)] = 0
        case MoveKeypoint():
            hands.append((np.flatnonzero((frames == edit.frame_index) & (ids == edit.track_id)), edit))
        case FillKeypoint():
            inside = (frames >= edit.start.frame_index) & (frames <= edit.end.frame_index)
            hands.append((np.flatnonzero(inside & (ids == edit.track_id)), edit))
        case _:
            pass


def put_by_hand(
    hands: Hands, times_s: npt.NDArray[np.float64], keypoints: npt.NDArray[np.float32], states: npt.NDArray[np.uint8]
) -> Bools:
    """Puts joints (N, K, 2) of rows at times (N,) where the hand put them, in the state EDITED; which ones, (N, K)."""
    tracked, put = keypoints.copy(), np.zeros(states.shape, bool)
    for rows, edit in hands:
        if edit.keypoint < states.shape[1]:
            for row in rows.tolist():
                at = row, edit.keypoint
                keypoints[at], put[at] = _hand_position(edit, float(times_s[row]), tracked[at]), True
    states[put] = KeypointState.EDITED
    return put


def _hand_position(edit: HandEdit, time_s: float, tracked: npt.NDArray[np.float32]) -> tuple[float, float]:
    """Where a joint is put by hand at a time, pixels; tracked: (2,) where it was."""
    if isinstance(edit, MoveKeypoint):
        return edit.x, edit.y
    start, end = edit.start, edit.end
    span = end.time_s - start.time_s
    part = min(1.0, max(0.0, (time_s - start.time_s) / span)) if span > 0 else 0.0
    if edit.follow and np.isfinite(tracked).all():
        shift = start.dx + part * (end.dx - start.dx), start.dy + part * (end.dy - start.dy)
        return float(tracked[0]) + shift[0], float(tracked[1]) + shift[1]
    return start.x + part * (end.x - start.x), start.y + part * (end.y - start.y)


def select_rows(result: FrameResult, rows: npt.ArrayLike, *, ids: npt.NDArray[np.int64] | None = None) -> FrameResult:
    """The result with only these people, in this order, under other ids where `ids` (N,) are given."""
    index = np.array(rows, np.intp)
    tracks = result.tracks.take(index)
    return replace(
        result,
        tracks=tracks if ids is None else replace(tracks, ids=ids),
        raw=result.raw.take(index),
        smoothed=result.smoothed.take(index),
        states=result.states[index],
    )


def with_smoothed(result: FrameResult, smoothed: Poses, states: npt.NDArray[np.uint8]) -> FrameResult:
    """The result with other smoothed joints."""
    return replace(result, smoothed=smoothed, states=states)
