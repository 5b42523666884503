"""Edits made by hand to tracked results: what each one says, and how it is stored in the session file.

An edit refers to the ids shown when it was made, that is, after all earlier edits. `tracking/session/edit_plan.py`
applies a list of them to frames. msgspec reads, writes and range-checks them: it is small, has no dependencies, and its
structs match by position and compare like the dataclasses used elsewhere.
"""

from dataclasses import replace
from typing import Annotated, Any, Literal, Self, TypeAlias, TypeVar

import msgspec
from msgspec import Meta

from ppnet.errors import UserError
from tracking.session.format import LIMIT
from tracking.smoothing.settings import SmoothingSettings
from tracking.time_span import TimeSpan

MAX_NAME = 200
MAX_SCALE = 1e3  # metres per pixel; a satellite picture has a few tens
POINTS = {"line": 2, "angle": 3, "distance": 2}
"""The kinds of drawings, and how many points each has."""

Id = Annotated[int, Meta(ge=1, lt=LIMIT)]
Index = Annotated[int, Meta(ge=0, lt=LIMIT)]
Keypoint = Annotated[int, Meta(ge=0, lt=1000)]
Number = Annotated[float, Meta(ge=-1e9, le=1e9)]
Name = Annotated[str, Meta(max_length=MAX_NAME)]


class _Edit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What all edits share: immutable, and no field but their own is accepted from a file."""


class SwapIds(_Edit, frozen=True):
    """From `from_frame` on, `first` and `second` trade ids."""

    first: Id
    second: Id
    from_frame: Index

    def __post_init__(self) -> None:
        _two_people(self.first, self.second)


class MergeIds(_Edit, frozen=True):
    """`other` was `keep` all along. In frames that hold both, the row of `keep` stays and that of `other` goes."""

    keep: Id
    other: Id

    def __post_init__(self) -> None:
        _two_people(self.keep, self.other)


class SplitId(_Edit, frozen=True):
    """From `from_frame` on, `track_id` is someone else: `new_id`, a number above all those used so far.

    Anyone tracked later under `new_id` or a higher number moves up by one, so that no two people share a number.
    """

    track_id: Id
    from_frame: Index
    new_id: Id


class DeletePerson(_Edit, frozen=True):
    """`track_id` is removed from frames `from_frame` to `to_frame` (both included; None: to the end)."""

    track_id: Id
    from_frame: Index = 0
    to_frame: Index | None = None


class HidePerson(_Edit, frozen=True):
    """`track_id` is neither drawn nor exported until shown again (`hidden=False`)."""

    track_id: Id
    hidden: bool = True


class RenamePerson(_Edit, frozen=True):
    """`track_id` gets this name; an empty one removes the name."""

    track_id: Id
    name: Name


class MoveKeypoint(_Edit, frozen=True):
    """On one frame, keypoint number `keypoint` of `track_id` is at (x, y), image pixels."""

    track_id: Id
    keypoint: Keypoint
    frame_index: Index
    x: Number
    y: Number


class Anchor(_Edit, frozen=True):
    """A position given by hand, in image pixels; (dx, dy): how far that is from where the keypoint was."""

    frame_index: Index
    time_s: Number
    x: Number
    y: Number
    dx: Number = 0.0
    dy: Number = 0.0


class FillKeypoint(_Edit, frozen=True):
    """A keypoint set by hand on two frames; the frames between are interpolated by time.

    follow=False: a straight line between the two. follow=True: the tracked curve, shifted by an amount that goes
    from the first anchor's (dx, dy) to the second's; a straight line where nothing was tracked.
    """

    track_id: Id
    keypoint: Keypoint
    start: Anchor
    end: Anchor
    follow: bool = False

    def __post_init__(self) -> None:
        if self.end.frame_index <= self.start.frame_index:
            raise ValueError("the second frame must come after the first")


class OnlyPerson(_Edit, frozen=True):
    """Nobody but `track_id` is drawn, listed or exported; None: everybody again. The newest one counts."""

    track_id: Id | None


class SetMark(_Edit, frozen=True):
    """A named mark on a frame; one that exists already gets the new name."""

    frame_index: Index
    time_s: Number
    name: Name


class RemoveMark(_Edit, frozen=True):
    """The mark on that frame is removed."""

    frame_index: Index


class SetSpan(_Edit, frozen=True):
    """In and out point: only frames of that `TimeSpan` count. The newest one counts."""

    start_s: Number | None
    end_s: Number | None

    def __post_init__(self) -> None:
        if self.span.is_empty:
            raise ValueError("the out point must come after the in point")

    @property
    def span(self) -> TimeSpan:
        """What lies between the points."""
        return TimeSpan(self.start_s, self.end_s)


class SetScale(_Edit, frozen=True):
    """Metres per pixel, from a length drawn in the picture; None: not known. The newest one counts."""

    metres_per_pixel: Annotated[float, Meta(gt=0, lt=MAX_SCALE)] | None


class DrawnPoint(_Edit, frozen=True):
    """Where a point of a drawing was put, image pixels; tied to a joint of somebody, it goes where that joint goes."""

    x: Number
    y: Number
    track_id: Id | None = None
    keypoint: Keypoint | None = None

    def __post_init__(self) -> None:
        if (self.track_id is None) != (self.keypoint is None):
            raise ValueError("a point is tied to a joint of a person, or to nothing")

    @property
    def is_tied(self) -> bool:
        """Whether it follows a joint."""
        return self.track_id is not None


class SetDrawing(_Edit, frozen=True, omit_defaults=True):
    """A line, an angle (about its second point) or a distance over the picture; drawn again, it looks otherwise.

    along: its last point keeps straight above or below, or straight beside, the one before. extended: a line goes on to
    the edges of the picture. name: "": by its kind and number.
    """

    number: Id
    kind: Literal["line", "angle", "distance"]
    points: Annotated[tuple[DrawnPoint, ...], Meta(min_length=2, max_length=3)]
    along: Literal["", "vertical", "horizontal"] = ""
    extended: bool = False
    name: Name = ""

    def __post_init__(self) -> None:
        if len(self.points) != POINTS[self.kind]:
            raise ValueError(f"this drawing has {POINTS[self.kind]} points, not {len(self.points)}")

    @property
    def people(self) -> frozenset[int]:
        """The ids of those to whom it is tied."""
        return frozenset(point.track_id for point in self.points if point.track_id is not None)

    def tied_otherwise(self, other: int, keep: int) -> "SetDrawing":
        """The same with what was tied to `other` tied to `keep`."""
        points = tuple(
            msgspec.structs.replace(point, track_id=keep) if point.track_id == other else point for point in self.points
        )
        return msgspec.structs.replace(self, points=points)


class RemoveDrawing(_Edit, frozen=True):
    """The drawing of that number is removed."""

    number: Id


class ChooseSmoothing(_Edit, frozen=True):
    """Smoothing and threshold applied again to the raw keypoints; the newest one counts. method "": as tracked."""

    method: Name
    strength: float = SmoothingSettings.strength
    min_score: float = SmoothingSettings.min_score

    @classmethod
    def of(cls, settings: SmoothingSettings) -> Self:
        """The one that these settings ask for."""
        return cls(settings.kind, settings.strength, settings.min_score)

    def on(self, settings: SmoothingSettings) -> SmoothingSettings:
        """The settings with what was chosen, the rest as it was. UserError when it is out of range."""
        return replace(settings, kind=self.method, strength=self.strength, min_score=self.min_score)


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
    | SetDrawing
    | RemoveDrawing
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
    "draw": SetDrawing,
    "erase": RemoveDrawing,
}
Kind = TypeVar("Kind", bound=_Edit)
KIND_OF = {kind: name for name, kind in KINDS.items()}


def edit_to_json(edit: Edit) -> tuple[str, str]:
    """Kind and data of an edit as stored in the session file. ValueError when a value is out of range."""
    checked(msgspec.convert(msgspec.to_builtins(edit), type(edit)))
    return KIND_OF[type(edit)], msgspec.json.encode(edit).decode()


def edit_from_json(kind: str, data: str) -> Edit:
    """The edit; ValueError when it is not one."""
    if kind not in KINDS:
        raise ValueError(f"unknown kind of edit {kind!r}")
    edit: Edit = msgspec.json.decode(data, type=KINDS[kind])
    return checked(edit)


def checked(edit: Kind) -> Kind:
    """The edit; ValueError when it asks for a smoothing that does not exist."""
    if isinstance(edit, ChooseSmoothing) and edit.method:
        try:
            edit.on(SmoothingSettings())
        except UserError as error:
            raise ValueError(str(error)) from error
    return edit


def _two_people(first: int, second: int) -> None:
    if first == second:
        raise ValueError("two different people are wanted")
