"""Edits made by hand on tracked results: what each says, and how it stands in the session file.

An edit speaks of the ids as they are shown when it is made, that is after all edits before it. How a list of them is
brought onto the frames stands in `tracking/session/edit_plan.py`.
"""

import json
import math
from dataclasses import asdict, dataclass, fields
from typing import Any, TypeAlias

from tracking.smoothing.settings import SmoothingSettings
from tracking.time_span import TimeSpan

MAX_NAME = 200
MAX_SCALE = 1e3  # metres per pixel; a satellite's picture has some tens


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
    """From `from_frame` on, `track_id` is someone else, `new_id`: a number above all that were there so far.

    Whoever is tracked later under `new_id` or a higher number counts one up, so that nobody has the same.
    """

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
class OnlyPerson:
    """Nobody but `track_id` is drawn, listed or exported; None: everybody again. The newest one counts."""

    track_id: int | None


@dataclass(frozen=True, slots=True)
class SetMark:
    """A mark on a frame, with a name; one that is there already gets the new name."""

    frame_index: int
    time_s: float
    name: str


@dataclass(frozen=True, slots=True)
class RemoveMark:
    """The mark on that frame is taken away."""

    frame_index: int


@dataclass(frozen=True, slots=True)
class SetSpan:
    """In and out point: only frames of that `TimeSpan` count. The newest one counts."""

    start_s: float | None
    end_s: float | None

    @property
    def span(self) -> TimeSpan:
        """What lies between the points."""
        return TimeSpan(self.start_s, self.end_s)


@dataclass(frozen=True, slots=True)
class SetScale:
    """So many metres is a pixel, from a length drawn in the picture; None: not known. The newest one counts."""

    metres_per_pixel: float | None


@dataclass(frozen=True, slots=True)
class ChooseSmoothing:
    """Smoothing and threshold made anew from the raw joints; the newest one counts. method "": as tracked."""

    method: str
    strength: float = SmoothingSettings.strength
    min_score: float = SmoothingSettings.min_score


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
    | OnlyPerson
    | SetMark
    | RemoveMark
    | SetSpan
    | SetScale
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
    "only": OnlyPerson,
    "mark": SetMark,
    "unmark": RemoveMark,
    "span": SetSpan,
    "scale": SetScale,
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
_MAY_BE_NONE = frozenset({(DeletePerson, "to_frame"), (OnlyPerson, "track_id"), (SetScale, "metres_per_pixel"),
                          (SetSpan, "start_s"), (SetSpan, "end_s")})  # fmt: skip


def _check(edit: Edit | Anchor) -> None:
    """ValueError unless every field has its type and a sensible value."""
    for f in fields(edit):
        value = getattr(edit, f.name)
        if not (value is None and (type(edit), f.name) in _MAY_BE_NONE) and not _sensible(f.name, value):
            raise ValueError(f"{f.name} of an edit is out of range")
    if isinstance(edit, SwapIds) and edit.first == edit.second:
        raise ValueError("two different people are wanted")
    if isinstance(edit, MergeIds) and edit.keep == edit.other:
        raise ValueError("two different people are wanted")
    if isinstance(edit, FillKeypoint) and edit.end.frame_index <= edit.start.frame_index:
        raise ValueError("the second frame must come after the first")
    if isinstance(edit, SetSpan) and edit.span.is_empty:
        raise ValueError("the out point must come after the in point")


def _sensible(name: str, value: Any) -> bool:
    if isinstance(value, Anchor):
        _check(value)
        return True
    if name in _IDS or name in _COUNTS:
        return _whole(value) and value >= (1 if name in _IDS else 0)
    if name in {"hidden", "follow"}:
        return isinstance(value, bool)
    if name in {"name", "method"}:
        return isinstance(value, str) and len(value) <= MAX_NAME
    if name == "metres_per_pixel":
        return isinstance(value, int | float) and 0 < value < MAX_SCALE
    return isinstance(value, int | float) and math.isfinite(value)


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 62
