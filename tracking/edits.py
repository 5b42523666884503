"""Edits made by hand on tracked results: pure functions that leave what was tracked as it is.

An edit speaks of the ids as they are shown when it is made, that is after all edits before it.
`EditPlan` brings a list of edits onto one frame at a time: first ids (swap, merge, split, delete, in their order), then
smoothing where it is made anew (`tracking/replay.py`), then joints set by hand.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from ppnet.poses import Poses
from tracking.types import FrameResult, KeypointState, Tracks

Bools = npt.NDArray[np.bool_]
MAX_NAME = 200


@dataclass(frozen=True, slots=True)
class SwapIds:
    """From `from_frame` on, `first` is `second` and the other way round."""

    first: int
    second: int
    from_frame: int


@dataclass(frozen=True, slots=True)
class MergeIds:
    """`other` was `keep` all along. In frames that hold both, the row of `keep` stays and the one of `other` goes."""

    keep: int
    other: int


@dataclass(frozen=True, slots=True)
class SplitId:
    """From `from_frame` on, `track_id` is someone else, `new_id` (a number not in use)."""

    track_id: int
    from_frame: int
    new_id: int


@dataclass(frozen=True, slots=True)
class DeletePerson:
    """`track_id` is taken out of the frames from `from_frame` to `to_frame` (both included; None: to the end)."""

    track_id: int
    from_frame: int = 0
    to_frame: int | None = None


@dataclass(frozen=True, slots=True)
class HidePerson:
    """`track_id` is neither drawn nor exported, until shown again (`hidden=False`)."""

    track_id: int
    hidden: bool = True


@dataclass(frozen=True, slots=True)
class RenamePerson:
    """`track_id` has this name; an empty one takes the name away."""

    track_id: int
    name: str


@dataclass(frozen=True, slots=True)
class MoveKeypoint:
    """On one frame, keypoint number `keypoint` of `track_id` lies at (x, y), image pixels."""

    track_id: int
    keypoint: int
    frame_index: int
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Anchor:
    """A place given by hand: position in image pixels, and (dx, dy): how far that is from where the joint was."""

    frame_index: int
    time_s: float
    x: float
    y: float
    dx: float = 0.0
    dy: float = 0.0


@dataclass(frozen=True, slots=True)
class FillKeypoint:
    """A keypoint set by hand on two frames, the span between filled in by time.

    follow=False: a straight line from place to place. follow=True: the tracked curve, shifted by an amount that goes
    from the first anchor's (dx, dy) to the second's; a straight line where nothing was tracked.
    """

    track_id: int
    keypoint: int
    start: Anchor
    end: Anchor
    follow: bool = False


@dataclass(frozen=True, slots=True)
class ChooseSmoothing:
    """Smoothing and threshold made anew from the raw joints; the newest one counts. method "": as tracked."""

    method: str
    strength: float = 50.0
    min_score: float = 0.2


Edit: TypeAlias = (
    SwapIds
    | MergeIds
    | SplitId
    | DeletePerson
    | HidePerson
    | RenamePerson
    | MoveKeypoint
    | FillKeypoint
    | ChooseSmoothing
)
KINDS: dict[str, type[Any]] = {
    "swap": SwapIds,
    "merge": MergeIds,
    "split": SplitId,
    "delete": DeletePerson,
    "hide": HidePerson,
    "rename": RenamePerson,
    "move": MoveKeypoint,
    "fill": FillKeypoint,
    "smooth": ChooseSmoothing,
}
_KIND_OF = {kind: name for name, kind in KINDS.items()}


def edit_to_json(edit: Edit) -> tuple[str, str]:
    """Kind and data of an edit as they stand in the session file. ValueError when the edit makes no sense."""
    _check(edit)
    return _KIND_OF[type(edit)], json.dumps(asdict(edit), ensure_ascii=False, allow_nan=False)


def edit_from_json(kind: str, data: str) -> Edit:
    """The edit; ValueError when it is none."""
    if kind not in KINDS:
        raise ValueError(f"unknown kind of edit {kind!r}")
    edit: Edit = _built(KINDS[kind], json.loads(data))
    _check(edit)
    return edit


def _built(kind: type[Any], values: Any) -> Any:
    if not isinstance(values, dict) or set(values) != {f.name for f in fields(kind)}:
        raise ValueError(f"{kind.__name__} wants other fields")
    if kind is FillKeypoint:
        values = {**values, "start": _built(Anchor, values["start"]), "end": _built(Anchor, values["end"])}
    return kind(**values)


_IDS = frozenset({"first", "second", "keep", "other", "track_id", "new_id"})
_COUNTS = frozenset({"from_frame", "to_frame", "frame_index", "keypoint"})


def _check(edit: Edit | Anchor) -> None:
    """ValueError unless every field has its type and a sensible value."""
    for f in fields(edit):
        if not _sensible(f.name, getattr(edit, f.name)):
            raise ValueError(f"{f.name} of an edit is out of range")
    if isinstance(edit, SwapIds) and edit.first == edit.second:
        raise ValueError("two different people are wanted")
    if isinstance(edit, MergeIds) and edit.keep == edit.other:
        raise ValueError("two different people are wanted")
    if isinstance(edit, FillKeypoint) and edit.end.frame_index <= edit.start.frame_index:
        raise ValueError("the second frame must come after the first")


def _sensible(name: str, value: Any) -> bool:
    if isinstance(value, Anchor):
        _check(value)
        return True
    if name in _IDS or name in _COUNTS:
        return (name == "to_frame" and value is None) or (_whole(value) and value >= (1 if name in _IDS else 0))
    if name in {"hidden", "follow"}:
        return isinstance(value, bool)
    if name in {"name", "method"}:
        return isinstance(value, str) and len(value) <= MAX_NAME
    return isinstance(value, int | float) and math.isfinite(value)


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 62


@dataclass(frozen=True, slots=True)
class _Hand:
    """A joint set by hand: row, keypoint and the edit that did it."""

    row: int
    keypoint: int
    edit: MoveKeypoint | FillKeypoint


@dataclass(frozen=True)
class EditedResult:
    """A result with the edits in it. edited: (N,) rows that an edit changed (id or a joint)."""

    result: FrameResult
    edited: Bools

    def __len__(self) -> int:
        return len(self.result)


class EditPlan:
    """A list of edits, ready to be brought onto frames one at a time and in any order."""

    def __init__(self, edits: Sequence[Edit]) -> None:
        self.edits = tuple(edits)
        self.names: Mapping[int, str] = _names(self.edits)
        self.hidden = frozenset(
            track_id
            for track_id, hidden in {e.track_id: e.hidden for e in self.edits if isinstance(e, HidePerson)}.items()
            if hidden
        )
        self.smoothing = next((e for e in reversed(self.edits) if isinstance(e, ChooseSmoothing)), None)
        if self.smoothing is not None and not self.smoothing.method:
            self.smoothing = None
        self._steps = tuple(e for e in self.edits if not isinstance(e, HidePerson | RenamePerson | ChooseSmoothing))

    @property
    def identity_edits(self) -> tuple[Edit, ...]:
        """The edits that change who a row is or whether it is there: smoothing made anew depends on them."""
        return tuple(e for e in self._steps if not isinstance(e, MoveKeypoint | FillKeypoint))

    def apply(self, result: FrameResult, *, keep_hidden: bool = False) -> EditedResult:
        """The frame with all edits in it; hidden people are left out unless `keep_hidden`."""
        return self.set_by_hand(*self.identified(result), keep_hidden=keep_hidden)

    def identified(self, result: FrameResult) -> tuple[EditedResult, list[_Hand]]:
        """The frame with the edits of ids in it, and the joints that are still to be set by hand."""
        if not self._steps:
            return EditedResult(result, np.zeros(len(result), bool)), []
        ids = [int(i) for i in result.tracks.ids]
        rows: dict[int, int] = {track_id: row for row, track_id in enumerate(ids)}  # id -> row, as the edits go on
        hands: list[_Hand] = []
        for edit in self._steps:
            _step(edit, result.frame_index, rows, hands)
        kept = sorted(rows.values())
        now = {row: track_id for track_id, row in rows.items()}
        new_ids = np.array([now[row] for row in kept], np.int64)
        place = {row: at for at, row in enumerate(kept)}
        hands = [_Hand(place[hand.row], hand.keypoint, hand.edit) for hand in hands if hand.row in place]
        edited = new_ids != result.tracks.ids[kept] if kept else np.zeros(0, bool)
        return EditedResult(select_rows(result, kept, ids=new_ids), edited), hands

    def set_by_hand(self, edited: EditedResult, hands: Sequence[_Hand], *, keep_hidden: bool = False) -> EditedResult:
        """Puts the joints where the hand put them (score 1, state EDITED) and leaves out hidden people."""
        result, flags = edited.result, edited.edited
        if hands:
            keypoints, scores = result.smoothed.keypoints.copy(), result.smoothed.scores.copy()
            states, flags = result.states.copy(), flags.copy()
            for hand in hands:
                if hand.keypoint < scores.shape[1]:
                    at = hand.row, hand.keypoint
                    keypoints[at] = _hand_position(hand.edit, result.time_s, result.smoothed.keypoints[at])
                    scores[at], states[at], flags[hand.row] = 1.0, KeypointState.EDITED, True
            result = with_smoothed(result, Poses(keypoints, scores), states)
        visible = [row for row, i in enumerate(result.tracks.ids) if keep_hidden or int(i) not in self.hidden]
        if len(visible) < len(result):
            result, flags = select_rows(result, visible), flags[visible]
        return EditedResult(result, flags)


def _names(edits: Sequence[Edit]) -> dict[int, str]:
    names = {e.track_id: e.name for e in edits if isinstance(e, RenamePerson)}
    return {track_id: name for track_id, name in names.items() if name}


def _step(edit: Edit, frame: int, rows: dict[int, int], hands: list[_Hand]) -> None:
    """Brings one edit onto the rows of a frame."""
    match edit:
        case SwapIds(first, second, start) if frame >= start:
            swapped = {first: rows.pop(second, None), second: rows.pop(first, None)}
            rows.update({track_id: row for track_id, row in swapped.items() if row is not None})
        case SplitId(track_id, start, new_id) if frame >= start and track_id in rows:
            rows[new_id] = rows.pop(track_id)
        case MergeIds(keep, other) if other in rows:
            row = rows.pop(other)
            rows.setdefault(keep, row)
        case DeletePerson(track_id, start, end) if start <= frame and (end is None or frame <= end):
            rows.pop(track_id, None)
        case MoveKeypoint() if frame == edit.frame_index and edit.track_id in rows:
            hands.append(_Hand(rows[edit.track_id], edit.keypoint, edit))
        case FillKeypoint() if edit.start.frame_index <= frame <= edit.end.frame_index and edit.track_id in rows:
            hands.append(_Hand(rows[edit.track_id], edit.keypoint, edit))
        case _:
            pass


def _hand_position(
    edit: MoveKeypoint | FillKeypoint, time_s: float, tracked: npt.NDArray[np.float32]
) -> tuple[float, float]:
    if isinstance(edit, MoveKeypoint):
        return edit.x, edit.y
    start, end = edit.start, edit.end
    span = end.time_s - start.time_s
    part = min(1.0, max(0.0, (time_s - start.time_s) / span)) if span > 0 else 0.0
    if edit.follow and np.isfinite(tracked).all():
        shift = start.dx + part * (end.dx - start.dx), start.dy + part * (end.dy - start.dy)
        return float(tracked[0]) + shift[0], float(tracked[1]) + shift[1]
    return start.x + part * (end.x - start.x), start.y + part * (end.y - start.y)


def select_rows(result: FrameResult, rows: Sequence[int], *, ids: npt.NDArray[np.int64] | None = None) -> FrameResult:
    """The result with only these people, in this order, under other ids where `ids` (N,) are given."""
    index = np.array(rows, np.intp)
    tracks = result.tracks
    return FrameResult(
        frame_index=result.frame_index,
        time_s=result.time_s,
        size_wh=result.size_wh,
        tracks=Tracks(
            tracks.ids[index] if ids is None else ids, tracks.boxes[index], tracks.scores[index], tracks.states[index]
        ),
        raw=Poses(result.raw.keypoints[index], result.raw.scores[index]),
        smoothed=Poses(result.smoothed.keypoints[index], result.smoothed.scores[index]),
        states=result.states[index],
        times=result.times,
    )


def with_smoothed(result: FrameResult, smoothed: Poses, states: npt.NDArray[np.uint8]) -> FrameResult:
    """The result with other smoothed joints."""
    return FrameResult(
        frame_index=result.frame_index,
        time_s=result.time_s,
        size_wh=result.size_wh,
        tracks=result.tracks,
        raw=result.raw,
        smoothed=smoothed,
        states=states,
        times=result.times,
    )
