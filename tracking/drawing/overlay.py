"""Draws boxes, skeletons and ids on a picture; the look is the same in every video the program writes."""

import colorsys
import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

import cv2
import numpy as np
import numpy.typing as npt

from ppnet.errors import UserError
from ppnet.skeleton import Skeleton
from tracking.types import FrameResult, KeypointState, TrackState

Image = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Color = tuple[int, int, int]

SIDE_COLORS: dict[str, Color] = {"left": (64, 190, 255), "right": (255, 150, 40), "middle": (240, 240, 240)}
"""RGB. Blue and orange are told apart by people with any kind of colour vision."""
FAINT: Color = (90, 90, 90)
OUTLINE: Color = (24, 24, 28)
SHIFT = 4  # cv2 takes fixed-point coordinates with this many binary places
FONT = cv2.FONT_HERSHEY_SIMPLEX
UNSURE = 0.3  # edges with an end of less confidence are thin and pale
LEVELS = 4  # confidence is shown in so many steps


@dataclass(frozen=True)
class OverlaySettings:
    """What is drawn.

    skeletons, joints, boxes, labels: each part on or off. scores: the detection score beside the id.
    raw: the network's own keypoints in place of the steadied ones. min_score: joints below are left out, 0..1.
    line_width: pixels; None goes by the size of the person. names: label of an id in place of its number.
    hidden: ids that are not drawn.
    """

    skeletons: bool = True
    joints: bool = True
    boxes: bool = True
    labels: bool = True
    scores: bool = False
    raw: bool = False
    min_score: float = 0.0
    line_width: float | None = None
    names: Mapping[int, str] = field(default_factory=dict)
    hidden: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        if not 0 <= self.min_score <= 1:
            raise UserError(f"The confidence limit must lie between 0 and 1, not {self.min_score:g}.")
        if self.line_width is not None and not 0 < self.line_width <= 100:
            raise UserError(f"The line width must lie between 0 and 100 pixels, not {self.line_width:g}.")


def track_color(track_id: int) -> Color:
    """RGB colour of an id: neighbours in number lie far apart in hue."""
    hue = (0.58 + track_id * 0.618034) % 1.0
    red, green, blue = colorsys.hsv_to_rgb(hue, 0.62, 1.0)
    return round(red * 255), round(green * 255), round(blue * 255)


def draw(image: Image, result: FrameResult, settings: OverlaySettings | None = None) -> Image:
    """A copy of an (H, W, 3) RGB picture with the people of `result` drawn on it."""
    settings = settings or OverlaySettings()
    canvas = np.array(image, np.uint8, copy=True, order="C")
    rows = [row for row in range(len(result)) if int(result.tracks.ids[row]) not in settings.hidden]
    # Large people first, so that a small one in front is not covered.
    rows.sort(key=lambda row: -_height(result, row))
    for row in rows:
        if settings.boxes:
            _draw_box(canvas, result, row)
        if settings.skeletons or settings.joints:
            _draw_person(canvas, result, row, settings)
    if settings.labels:
        for row in rows:
            _draw_label(canvas, result, row, settings)
    return canvas


def _height(result: FrameResult, row: int) -> float:
    box = result.tracks.boxes[row]
    return float(box[3] - box[1])


def _fixed(points: npt.ArrayLike) -> npt.NDArray[np.int32]:
    """Pixels to cv2's fixed-point numbers, kept in a range that cv2 can clip."""
    return np.rint(np.clip(points, -30_000, 30_000) * float(1 << SHIFT)).astype(np.int32)


# -- skeleton --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Look:
    """Sizes of one person's drawing in pixels."""

    line: int
    radius: float

    @classmethod
    def of(cls, result: FrameResult, row: int, settings: OverlaySettings) -> "_Look":
        most = max(2.0, max(result.size_wh) / 320)
        width = settings.line_width or min(max(_height(result, row) / 110, 1.0), most)
        return cls(max(1, round(width)), max(1.5, width * 1.25))


@dataclass(frozen=True, slots=True)
class _Edges:
    """The edges of a skeleton by side, and the side of each keypoint."""

    by_side: tuple[tuple[str, npt.NDArray[np.int64]], ...]
    sides: tuple[str, ...]

    @classmethod
    @cache
    def of(cls, skeleton: Skeleton) -> "_Edges":
        """An edge from one side to the other belongs to the middle."""
        groups: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for start, end in skeleton.edges:
            both = {skeleton.side(start), skeleton.side(end)} - {"middle"}
            groups[both.pop() if len(both) == 1 else "middle"].append((start, end))
        by_side = tuple((side, np.array(edges)) for side, edges in groups.items())
        return cls(by_side, tuple(skeleton.side(index) for index in range(len(skeleton))))


@dataclass(frozen=True, slots=True)
class _Person:
    """What of one person is drawn: points (K, 2) pixels, scores, there and predicted (K,)."""

    points: Floats
    fixed: npt.NDArray[np.int32]
    scores: Floats
    there: npt.NDArray[np.bool_]
    predicted: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, result: FrameResult, row: int, settings: OverlaySettings) -> "_Person":
        poses = result.raw if settings.raw else result.smoothed
        points, scores, states = poses.keypoints[row], poses.scores[row], result.states[row]
        finite = np.isfinite(points[:, 0]) & np.isfinite(points[:, 1])
        there = finite & (scores >= settings.min_score)
        if not settings.raw:
            there &= states != KeypointState.MISSING
        predicted = (states == KeypointState.PREDICTED) & (not settings.raw)
        return cls(points, _fixed(np.where(finite[:, None], points, 0)), scores, there, predicted)


def _draw_person(canvas: Image, result: FrameResult, row: int, settings: OverlaySettings) -> None:
    person = _Person.of(result, row, settings)
    if not person.there.any():
        return
    edges, look = _Edges.of(result.skeleton), _Look.of(result, row, settings)
    if settings.skeletons:
        _draw_edges(canvas, person, edges, look)
    if settings.joints:
        _draw_joints(canvas, person, edges, look)


def _draw_edges(canvas: Image, person: _Person, edges: _Edges, look: _Look) -> None:
    """Lines with a dark rim; thin and pale where the network is unsure, dashed where an end is predicted."""
    thin = max(1, look.line - 1)
    sure: dict[str, list[npt.NDArray[np.int32]]] = {}
    for side, pairs in edges.by_side:
        shown = pairs[person.there[pairs].all(axis=1)]
        dashed = person.predicted[shown].any(axis=1)
        unsure = ~dashed & (person.scores[shown].min(axis=1, initial=1) < UNSURE)
        sure[side] = list(person.fixed[shown[~dashed & ~unsure]])
        for start, end in person.points[shown[dashed]]:
            sure[side] += _dashes(start, end, 3.0 * look.line + 2)
        if unsure.any():
            pale = _joint_color(side, LEVELS - 1)
            cv2.polylines(canvas, list(person.fixed[shown[unsure]]), False, pale, thin, cv2.LINE_AA, SHIFT)
    every = [line for lines in sure.values() for line in lines]
    if every and look.line > 1:  # the rim keeps the lines visible on any ground
        cv2.polylines(canvas, every, False, OUTLINE, look.line + 2, cv2.LINE_AA, SHIFT)
    for side, lines in sure.items():
        if lines:
            cv2.polylines(canvas, lines, False, SIDE_COLORS[side], look.line, cv2.LINE_AA, SHIFT)


def _dashes(start: npt.ArrayLike, end: npt.ArrayLike, length: float) -> list[npt.NDArray[np.int32]]:
    """Pieces of a dashed line: as long as the gaps between them, one at either end."""
    first, last = np.asarray(start, np.float64), np.asarray(end, np.float64)
    count = int(min(max(math.hypot(*(last - first)) / length, 1), 200)) // 2 * 2 + 1
    marks = _fixed(first + np.linspace(0, 1, count + 1)[:, None] * (last - first))
    return list(marks.reshape(-1, 2, 2))


def _draw_joints(canvas: Image, person: _Person, edges: _Edges, look: _Look) -> None:
    """Discs that grow and brighten with confidence; rings where the position is predicted."""
    levels = np.rint(np.clip(person.scores, 0, 1) * LEVELS).astype(int).tolist()
    centers, predicted = person.fixed.tolist(), person.predicted.tolist()
    one = 1 << SHIFT
    for index in np.flatnonzero(person.there).tolist():
        color = _joint_color(edges.sides[index], levels[index])
        radius = round(look.radius * (0.6 + 0.4 * levels[index] / LEVELS) * one)
        if predicted[index]:
            cv2.circle(canvas, centers[index], radius + one, color, max(1, look.line // 2), cv2.LINE_AA, SHIFT)
            continue
        if look.line > 1:
            cv2.circle(canvas, centers[index], radius + one, OUTLINE, -1, cv2.LINE_AA, SHIFT)
        cv2.circle(canvas, centers[index], radius, color, -1, cv2.LINE_AA, SHIFT)


@cache
def _joint_color(side: str, level: int) -> Color:
    share = level / LEVELS
    red, green, blue = (round(low + (high - low) * share) for low, high in zip(FAINT, SIDE_COLORS[side], strict=True))
    return red, green, blue


# -- boxes and labels ------------------------------------------------------------------------------


def _draw_box(canvas: Image, result: FrameResult, row: int) -> None:
    x1, y1, x2, y2 = np.clip(np.rint(result.tracks.boxes[row]), -30_000, 30_000).astype(int).tolist()
    corners = [(x1, y1), (x2, y1), (x2, y2), (x1, y2)]
    width = max(1, round(max(result.size_wh) / 800))
    color = track_color(int(result.tracks.ids[row]))
    if result.tracks.states[row] == TrackState.PREDICTED:
        pieces: list[npt.NDArray[np.int32]] = []
        for index in range(4):
            pieces += _dashes(corners[index], corners[(index + 1) % 4], 8.0 + 2 * width)
        cv2.polylines(canvas, pieces, False, color, width, cv2.LINE_8, SHIFT)
    else:
        cv2.rectangle(canvas, (x1, y1), (x2, y2), color, width)


def _draw_label(canvas: Image, result: FrameResult, row: int, settings: OverlaySettings) -> None:
    track_id = int(result.tracks.ids[row])
    text = settings.names.get(track_id, str(track_id))
    if settings.scores:
        text += f" {float(result.tracks.scores[row]):.2f}"
    chip = _chip(text, track_color(track_id), round(min(max(max(result.size_wh) / 2000, 0.4), 1.6), 2))
    height, width = canvas.shape[:2]
    x1, y1 = result.tracks.boxes[row, :2].tolist()
    left = round(min(max(x1, 0), max(width - chip.shape[1], 0)))
    top = round(min(max(y1 - chip.shape[0], 0), max(height - chip.shape[0], 0)))
    place = canvas[top : top + chip.shape[0], left : left + chip.shape[1]]
    place[:] = chip[: place.shape[0], : place.shape[1]]


@cache
def _chip(text: str, color: Color, scale: float) -> Image:
    """A small filled plate with the text; made once per label."""
    stroke = 2 if scale >= 0.55 else 1
    (width, height), base = cv2.getTextSize(text, FONT, scale, stroke)
    margin = max(2, round(5 * scale))
    chip = np.full((height + base + margin, width + 2 * margin, 3), color, np.uint8)
    red, green, blue = color
    ink = (16, 16, 20) if 0.299 * red + 0.587 * green + 0.114 * blue > 120 else (255, 255, 255)
    cv2.putText(chip, text, (margin, height + margin // 2 + base // 4), FONT, scale, ink, stroke, cv2.LINE_AA)
    chip.flags.writeable = False
    return chip
