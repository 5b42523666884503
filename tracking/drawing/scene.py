"""What is drawn over a picture, decided once for window and files: shapes in image pixels, with colours and sizes.

The canvas draws the shapes one after the other and decides nothing, so that a recording shows what the window shows.
A new layer is a function here that gives shapes; the canvas stays as it is.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import numpy.typing as npt

from ppnet.skeleton import Skeleton
from tracking.drawing.angle_arcs import angle_shapes
from tracking.drawing.colors import LIGHT_INK, MUTED, OUTLINE, SIDE_COLORS, Color, faded, ink_on, track_color
from tracking.drawing.hand_drawn import drawing_shapes
from tracking.drawing.label_places import Number, apart
from tracking.drawing.shapes import Box, Discs, Label, Lines, Patch, Scene, Shape
from tracking.drawing.style import SceneStyle
from tracking.measurements import joints_of, places
from tracking.types import FrameResult, KeypointState, TrackState

Floats = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]

UNSURE = 0.3  # edges with an end of less confidence are thin and pale
LEVELS = 4  # confidence is shown in so many steps
AGES = 5  # and so is the age of a trail
FAR = 30_000.0  # pixels: nothing is drawn farther out, where fixed-point numbers of a canvas would overflow
SIDES = tuple(SIDE_COLORS)
GROUPS = (LEVELS + 1) * len(SIDES)  # joints of one person that look alike


def scene_of(
    result: FrameResult,
    style: SceneStyle,
    *,
    trails: Mapping[int, npt.NDArray[np.floating]] | None = None,
    heat: Sequence[Patch] = (),
) -> Scene:
    """Everything that lies over one frame's picture.

    trails: the way that each person has come, (M, 2) image pixels, oldest first, by track id. heat: heatmaps.
    """
    sizes = _Sizes.of(result, style)
    people = _People.of(result, style, sizes)
    shapes: list[Shape] = [*heat]
    if style.layers.trails:
        for track_id, way in (trails or {}).items():
            if track_id not in style.people.hidden:
                shapes += _trail(way, track_id, sizes)
    edges = _edges(people, sizes) if style.layers.skeleton else {}
    joints = _joints(people, sizes) if style.layers.joints else {}
    for row in people.order:
        if style.layers.boxes:
            shapes.append(_box(people, row, sizes, chosen=style.people.chosen))
        shapes += edges.get(row, ())
        shapes += joints.get(row, ())
    measured = [*_drawings(people, style, sizes), *_angles(people, style, sizes)]
    shapes += [shape for shape in measured if not isinstance(shape, Number)]
    shapes += apart([shape for shape in measured if isinstance(shape, Number)], result.size_wh, style.zoom)
    for row in people.order:
        if style.layers.joint_names:
            shapes += _joint_names(people, row, sizes)
        if style.layers.labels:
            shapes.append(_label(people, row, style, sizes))
    return Scene(result.size_wh, tuple(shapes))


# -- sizes and people ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Sizes:
    """Lengths in image pixels.

    pixel: one pixel of the screen. span: the picture's longer side on the screen; nothing grows when it is enlarged.
    """

    pixel: float
    span: float

    @classmethod
    def of(cls, result: FrameResult, style: SceneStyle) -> "_Sizes":
        return cls(1 / style.zoom, max(result.size_wh) * min(style.zoom, 1.0))

    def line(self, wanted: float) -> float:
        """A width near to so many pixels of the screen: an odd number, so that it lies evenly about its middle."""
        return (2 * (max(wanted, 0) // 2) + 1) * self.pixel

    def limb(self, person_height: float) -> float:
        """Width of the lines of a person of that height in image pixels."""
        return self.line(min(1 + person_height / self.pixel / 133, max(3.0, self.span / 256)))

    @property
    def letters(self) -> float:
        return round(min(max(self.span / 68, 13.0), 36.0)) * self.pixel


@dataclass(frozen=True, slots=True)
class _Bones:
    """Edges (E, 2) of a skeleton; of each edge and of each joint, which of `SIDES` it belongs to."""

    edges: npt.NDArray[np.int64]
    edge_sides: npt.NDArray[np.int64]
    joint_sides: npt.NDArray[np.int64]
    names: tuple[str, ...]

    @classmethod
    @cache
    def of(cls, skeleton: Skeleton) -> "_Bones":
        """An edge from one side to the other belongs to the middle."""
        sides = [SIDES.index(skeleton.side(joint)) for joint in range(len(skeleton))]
        middle = SIDES.index("middle")
        edge_sides = []
        for start, end in skeleton.edges:
            both = {sides[start], sides[end]} - {middle}
            edge_sides.append(both.pop() if len(both) == 1 else middle)
        edges = np.array(skeleton.edges, np.int64).reshape(-1, 2)
        names = tuple(name.replace("_", " ") for name in skeleton.keypoints)
        return cls(edges, np.array(edge_sides, np.int64), np.array(sides, np.int64), names)


@dataclass(frozen=True, slots=True)
class _People:
    """What of N people is shown.

    points (N, K, 2), scores, shown and predicted (N, K); corners: of the boxes, x1, y1, x2, y2; limbs: width of each
    one's lines, image pixels; mutes: how far each one's colours step back because somebody else is chosen; order: rows
    as they are painted, large people first, so that a small one in front is not covered, and the chosen one last.
    """

    result: FrameResult
    bones: _Bones
    points: Floats
    scores: Floats
    shown: Bools
    predicted: Bools
    corners: list[list[float]]
    limbs: list[float]
    mutes: list[float]
    order: list[int]

    @classmethod
    def of(cls, result: FrameResult, style: SceneStyle, sizes: _Sizes) -> "_People":
        poses, ids, boxes = result.smoothed, result.tracks.ids.tolist(), result.tracks.boxes
        finite = np.asarray(np.isfinite(poses.keypoints).all(axis=2))
        missing = result.states == KeypointState.MISSING
        shown = np.asarray(finite & (poses.scores >= style.layers.min_score) & ~missing)
        heights = (boxes[:, 3] - boxes[:, 1]).tolist()
        chosen = style.people.chosen if style.people.chosen in ids else None
        order = [row for row, track_id in enumerate(ids) if track_id not in style.people.hidden]
        order.sort(key=lambda row: (ids[row] == chosen, -heights[row]))
        return cls(
            result,
            bones=_Bones.of(result.skeleton),
            points=np.clip(np.where(finite[..., None], poses.keypoints, 0), -FAR, FAR),
            scores=poses.scores,
            shown=shown,
            predicted=shown & (result.states == KeypointState.PREDICTED),
            corners=np.clip(boxes, -FAR, FAR).tolist(),
            limbs=[sizes.limb(height) for height in heights],
            mutes=[MUTED if chosen not in (None, track_id) else 0.0 for track_id in ids],
            order=order,
        )

    def color(self, row: int) -> Color:
        return faded(track_color(int(self.result.tracks.ids[row])), self.mutes[row])


# -- layers ----------------------------------------------------------------------------------------


def _trail(way: npt.NDArray[np.floating], track_id: int, sizes: _Sizes) -> Iterator[Lines]:
    """The way a person has come, paler with age."""
    spots = np.clip(np.asarray(way, np.float32), -FAR, FAR)
    pieces = np.stack([spots[:-1], spots[1:]], axis=1)
    for age, part in enumerate(np.array_split(pieces, AGES)):
        if len(part):
            color = faded(track_color(track_id), 0.8 * (1 - (age + 1) / AGES))
            yield Lines(part, color, sizes.line(max(2.0, sizes.span / 400)))


def _box(people: _People, row: int, sizes: _Sizes, *, chosen: int | None) -> Shape:
    """Dashed where the person is lost for the moment."""
    tracks = people.result.tracks
    x1, y1, x2, y2 = (round(at / sizes.pixel) * sizes.pixel for at in people.corners[row])
    width = sizes.line(sizes.span / 900 + 2 * (int(tracks.ids[row]) == chosen))
    if tracks.states[row] != TrackState.PREDICTED:
        return Box((x1, y1, x2, y2), people.color(row), width)
    corners = np.array([(x1, y1), (x2, y1), (x2, y2), (x1, y2), (x1, y1)], np.float32)
    pieces, _ = _dashes(np.stack([corners[:-1], corners[1:]], axis=1), np.full(4, 8 * sizes.pixel + 2 * width))
    return Lines(pieces, people.color(row), width)


def _edges(people: _People, sizes: _Sizes) -> dict[int, list[Lines]]:
    """By row: lines with a dark rim; thin and pale where the network is unsure, dashed where an end is predicted."""
    bones = people.bones
    ends = people.points[:, bones.edges]
    shown = np.asarray(people.shown[:, bones.edges].all(axis=2))
    dashed = shown & people.predicted[:, bones.edges].any(axis=2)
    unsure = shown & ~dashed & (people.scores[:, bones.edges].min(axis=2) < UNSURE)
    solid = shown & ~dashed & ~unsure
    groups = np.arange(len(shown))[:, None] * len(SIDES) + bones.edge_sides  # of a person's side
    pieces, group = ends[solid], groups[solid]
    if dashed.any():
        lengths = 3 * np.repeat(people.limbs, dashed.sum(axis=1)) + 2 * sizes.pixel
        dashes, line = _dashes(ends[dashed], lengths)
        pieces, group = np.concatenate([pieces, dashes]), np.concatenate([group, groups[dashed][line]])
    count = len(shown) * len(SIDES)
    sure, pale = _grouped(pieces, group, count), _grouped(ends[unsure], groups[unsure], count)
    return {row: list(_limbs(people, row, sure, pale, sizes)) for row in people.order}


def _limbs(
    people: _People, row: int, sure: tuple[Floats, list[int]], pale: tuple[Floats, list[int]], sizes: _Sizes
) -> Iterator[Lines]:
    width, mute, first = people.limbs[row], people.mutes[row], row * len(SIDES)
    lines, bounds = pale
    for side in range(len(SIDES)):
        start, end = bounds[first + side : first + side + 2]
        if end > start:
            thin = sizes.line(width / sizes.pixel - 2)
            yield Lines(lines[start:end], faded(_joint_color(side, LEVELS - 1), mute), thin)
    lines, bounds = sure
    start, end = bounds[first], bounds[first + len(SIDES)]
    if width > sizes.pixel and end > start:  # a rim keeps the lines visible on any ground
        yield Lines(lines[start:end], OUTLINE, width + 2 * sizes.pixel)
    for side, color in enumerate(SIDE_COLORS.values()):
        start, end = bounds[first + side : first + side + 2]
        if end > start:
            yield Lines(lines[start:end], faded(color, mute), width)


def _joints(people: _People, sizes: _Sizes) -> dict[int, list[Discs]]:
    """By row: discs that grow and brighten with confidence; rings where the position is predicted, and around joints
    that were set by hand."""
    levels = np.rint(np.clip(people.scores, 0, 1) * LEVELS).astype(np.int64)
    of_person = levels * len(SIDES) + people.bones.joint_sides
    groups = np.arange(len(levels))[:, None] * GROUPS + of_person
    by_hand = people.shown & (people.result.states == KeypointState.EDITED)
    full, hollow, edited = (
        _grouped(people.points[which], groups[which], len(levels) * GROUPS)
        for which in (people.shown & ~people.predicted, people.predicted, by_hand)
    )
    joints = {}
    for row in people.order:
        limb, width = people.limbs[row], sizes.line(2)
        ring = sizes.line(limb / sizes.pixel / 2)
        rim = sizes.pixel if limb > sizes.pixel else 0.0
        joints[row] = [
            *(_rims(people, row, full, sizes, beyond=rim) if rim else ()),
            *_discs(people, row, full, sizes),
            *_discs(people, row, hollow, sizes, ring=ring),
            *_rims(people, row, edited, sizes, LIGHT_INK, beyond=width, ring=width),
        ]
    return joints


def _rims(
    people: _People, row: int, joints: tuple[Floats, list[int]], sizes: _Sizes, color: Color = OUTLINE, *,
    beyond: float, ring: float = 0.0,
) -> Iterator[Discs]:  # fmt: skip
    """Discs or rings that reach so far beyond the joints of one person."""
    centers, bounds = joints
    for level, radius in enumerate(_radii(people.limbs[row], sizes.pixel)):
        first = row * GROUPS + level * len(SIDES)
        start, end = bounds[first], bounds[first + len(SIDES)]
        if end > start:
            yield Discs(centers[start:end], radius + beyond, color, ring)


def _discs(
    people: _People, row: int, joints: tuple[Floats, list[int]], sizes: _Sizes, *, ring: float = 0.0
) -> Iterator[Discs]:
    """The joints of one person, the surer ones over the others."""
    centers, bounds = joints
    for level, radius in enumerate(_radii(people.limbs[row], sizes.pixel)):
        for side in range(len(SIDES)):
            group = row * GROUPS + level * len(SIDES) + side
            start, end = bounds[group], bounds[group + 1]
            if end > start:
                yield Discs(centers[start:end], radius, faded(_joint_color(side, level), people.mutes[row]), ring)


@cache
def _radii(limb: float, pixel: float) -> tuple[float, ...]:
    """Of a joint of each level, on a person with lines of that width: halves of a pixel of the screen."""
    largest = max(1.25 * limb, 1.5 * pixel)
    return tuple(round(2 * largest * (0.6 + 0.4 * level / LEVELS) / pixel) / 2 * pixel for level in range(LEVELS + 1))


def _angles(people: _People, style: SceneStyle, sizes: _Sizes) -> Iterator[Shape | Number]:
    """Of the chosen person, or of everybody where nobody is chosen.

    Left and right, and two people next to each other, are as high and cross each other: which of their numbers goes up
    depends on who it is, not on who is a little higher.
    """
    if not style.layers.angles:
        return
    keypoints = np.where(people.shown[..., None], people.points, np.nan)
    boxes = people.result.tracks.boxes
    for row in people.order:
        if people.mutes[row]:
            continue
        reach = max(0.08 * float(boxes[row, 3] - boxes[row, 1]), 14 * sizes.pixel)
        width = sizes.line(people.limbs[row] / sizes.pixel / 2)
        for shape in angle_shapes(
            style.layers.angles, keypoints[row], people.result.skeleton,
            reach=reach, width=width, rim=sizes.pixel, letters=1.1 * sizes.letters,
        ):  # fmt: skip
            is_odd = int(people.result.tracks.ids[row]) % 2
            yield replace(shape, lower=2 * is_odd + shape.lower) if isinstance(shape, Number) else shape


def _drawings(people: _People, style: SceneStyle, sizes: _Sizes) -> Iterator[Shape | Number]:
    """What was drawn by hand; not where a joint that it is tied to is not shown."""
    if not style.layers.drawings or not style.drawn.drawings:
        return
    joints = joints_of(people.result, style.layers.min_score, hidden=style.people.hidden)
    for drawing in style.drawn.drawings:
        for shape in drawing_shapes(
            drawing, np.clip(places(drawing, joints), -FAR, FAR), people.result.size_wh,
            metres_per_pixel=style.drawn.metres_per_pixel,
            width=sizes.line(max(2.0, sizes.span / 450)), rim=sizes.pixel, letters=1.1 * sizes.letters,
        ):  # fmt: skip
            yield Number(shape, shape.at[1]) if isinstance(shape, Label) else shape


def _joint_names(people: _People, row: int, sizes: _Sizes) -> Iterator[Label]:
    ink = faded(LIGHT_INK, people.mutes[row])
    for joint in np.flatnonzero(people.shown[row]).tolist():
        x, y = people.points[row, joint].tolist()
        yield Label(people.bones.names[joint], (x + 0.3 * sizes.letters, y), 0.75 * sizes.letters, ink)


def _label(people: _People, row: int, style: SceneStyle, sizes: _Sizes) -> Label:
    track_id = int(people.result.tracks.ids[row])
    left, top, _, _ = people.corners[row]
    ground = people.color(row)
    text = style.people.names.get(track_id, str(track_id))
    return Label(text, (left, top), sizes.letters, ink_on(ground), ground)


@cache
def _joint_color(side: int, level: int) -> Color:
    return faded(SIDE_COLORS[SIDES[side]], 1 - level / LEVELS)


def _grouped(lines: Floats, group: npt.NDArray[np.intp], count: int) -> tuple[Floats, list[int]]:
    """Lines by their group; those of group i go from bounds[i] to bounds[i + 1]."""
    order = np.argsort(group, kind="stable")
    return lines[order], np.searchsorted(group[order], np.arange(count + 1)).tolist()


def _dashes(lines: Floats, lengths: npt.NDArray[np.floating]) -> tuple[Floats, npt.NDArray[np.intp]]:
    """(P, 2, 2) pieces of (M, 2, 2) lines and which line (P,) each is of.

    Pieces are about `lengths` (M,) long, like the gaps between them; one lies at either end of a line.
    """
    starts, steps = lines[:, 0], lines[:, 1] - lines[:, 0]
    parts = np.clip(np.hypot(steps[:, 0], steps[:, 1]) / lengths, 1, 200).astype(int) // 2 * 2 + 1  # pieces and gaps
    pieces = (parts + 1) // 2
    line = np.repeat(np.arange(len(lines)), pieces)
    number = np.arange(len(line)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    shares = np.stack([2 * number, 2 * number + 1], axis=1) / parts[line][:, None]
    return np.asarray(starts[line][:, None] + shares[..., None] * steps[line][:, None], np.float32), line
