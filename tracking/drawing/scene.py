"""What is drawn over a picture, decided once for window and files: shapes in image pixels, with colours and sizes.

The canvas draws the shapes one after the other and decides nothing, so that a recording shows what the window shows.
A new layer is a function here that gives shapes; the canvas stays as it is.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from itertools import compress

import numpy as np
import numpy.typing as npt

from tracking.drawing.angle_arcs import angle_shapes
from tracking.drawing.colors import LIGHT_INK, OUTLINE, SIDE_COLORS, Color, faded, ink_on, track_color
from tracking.drawing.hand_drawn import drawing_shapes
from tracking.drawing.label_places import Number, apart
from tracking.drawing.people_shown import FAR, SIDES, People, Sizes
from tracking.drawing.shapes import Box, Discs, Label, Lines, Patch, Scene, Shape
from tracking.drawing.style import SceneStyle
from tracking.measurements import joints_of, places
from tracking.types import FrameResult, KeypointState

Floats = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]

UNSURE = 0.3  # edges with an end of less confidence are thin and pale
LEVELS = 4  # confidence is shown in so many steps
AGES = 5  # and so is the age of a trail


def scene_of(
    result: FrameResult,
    style: SceneStyle,
    *,
    trails: Mapping[int, npt.NDArray[np.floating]] | None = None,
    heat: Sequence[Patch] = (),
    ghost: Sequence[Shape] = (),
) -> Scene:
    """Everything that lies over one frame's picture.

    trails: the way that each person has come, (M, 2) image pixels, oldest first, by track id. heat: heatmaps.
    ghost: what lies over the people and under all words, in image pixels.
    """
    sizes = Sizes.of(result, style)
    people = People.of(result, style, sizes)
    shapes: list[Shape] = [*heat]
    if style.layers.trails:
        for track_id, way in (trails or {}).items():
            if track_id not in style.people.hidden:
                shapes += _trail(way, track_id, sizes)
    boxes = _boxes(people, sizes, chosen=style.people.chosen) if style.layers.boxes else []
    edges = _edges(people, sizes) if style.layers.skeleton else []
    joints = _joints(people, sizes) if style.layers.joints else []
    for team, rows in enumerate(people.teams):
        if boxes:
            shapes += [boxes[row] for row in rows]
        shapes += edges[team] if edges else ()
        shapes += joints[team] if joints else ()
    measured = [*_drawings(people, style, sizes), *_angles(people, style, sizes)]
    shapes += [shape for shape in measured if not isinstance(shape, Number)]
    shapes += ghost
    shapes += apart([shape for shape in measured if isinstance(shape, Number)], result.size_wh, style.zoom)
    for row in people.order:
        if style.layers.joint_names:
            shapes += _joint_names(people, row, sizes)
        if style.layers.labels:
            shapes.append(_label(people, row, style, sizes))
    return Scene(result.size_wh, tuple(shapes))


# -- layers ----------------------------------------------------------------------------------------


def _trail(way: npt.NDArray[np.floating], track_id: int, sizes: Sizes) -> Iterator[Lines]:
    """The way a person has come, paler with age."""
    spots = np.clip(np.asarray(way, np.float32), -FAR, FAR)
    pieces = np.stack([spots[:-1], spots[1:]], axis=1)
    for age, part in enumerate(np.array_split(pieces, AGES)):
        if len(part):
            color = faded(track_color(track_id), 0.8 * (1 - (age + 1) / AGES))
            yield Lines(part, color, sizes.line(max(2.0, sizes.span / 400)))


def _boxes(people: People, sizes: Sizes, *, chosen: int | None) -> list[Shape]:
    """Of each row, also of those who are hidden. Dashed where the person is lost for the moment."""
    usual, wide = (sizes.line(sizes.span / 900 + more) for more in (0, 2))
    widths = [wide if track_id == chosen else usual for track_id in people.result.tracks.ids.tolist()]
    corners = np.rint(np.array(people.corners).reshape(-1, 4) / sizes.pixel) * sizes.pixel
    boxes: list[Shape] = [
        Box(tuple(box), color, width) for box, color, width in zip(corners.tolist(), people.colors, widths, strict=True)
    ]
    if any(people.lost):
        rows = list(compress(range(len(boxes)), people.lost))
        lengths = [8 * sizes.pixel + 2 * widths[row] for row in rows]
        for row, pieces in zip(rows, _dashed_boxes(corners[rows], lengths), strict=True):
            boxes[row] = Lines(pieces, people.colors[row], widths[row])
    return boxes


def _dashed_boxes(boxes: npt.NDArray[np.floating], lengths: Sequence[float]) -> Iterator[Floats]:
    """Of each box (N, 4) the pieces of its outline, about `lengths` (N,) long."""
    corners = boxes[:, [0, 1, 2, 1, 2, 3, 0, 3, 0, 1]].reshape(-1, 5, 2).astype(np.float32)
    sides = np.stack([corners[:, :-1], corners[:, 1:]], axis=2).reshape(-1, 2, 2)
    pieces, side = _dashes(sides, np.repeat(lengths, 4))
    yield from np.split(pieces, np.searchsorted(side, 4 * np.arange(1, len(boxes))))


def _edges(people: People, sizes: Sizes) -> list[list[Lines]]:
    """Of each team: lines with a dark rim; thin and pale where the network is unsure, dashed where an end is
    predicted."""
    bones = people.bones
    ends = people.points[:, bones.edges]
    shown = np.asarray(people.shown[:, bones.edges].all(axis=2))
    dashed = shown & people.predicted[:, bones.edges].any(axis=2)
    unsure = shown & ~dashed & (people.scores[:, bones.edges].min(axis=2) < UNSURE)
    solid = shown & ~dashed & ~unsure
    groups = people.team_of[:, None] * len(SIDES) + bones.edge_sides  # of a team's side
    pieces, group = ends[solid], groups[solid]
    if dashed.any():
        lengths = 3 * np.repeat(people.limbs, dashed.sum(axis=1)) + 2 * sizes.pixel
        dashes, line = _dashes(ends[dashed], lengths)
        pieces, group = np.concatenate([pieces, dashes]), np.concatenate([group, groups[dashed][line]])
    edges: list[list[Lines]] = [[] for _ in people.teams]
    for number, lines in _grouped(ends[unsure], groups[unsure]):
        team, side = divmod(number, len(SIDES))
        width, mute = people.look(team)
        thin = sizes.line(width / sizes.pixel - 2)
        edges[team].append(Lines(lines, faded(_joint_color(side, LEVELS - 1), mute), thin))
    for team, lines in _grouped(pieces, group, several=len(SIDES)):
        width, _ = people.look(team)
        if width > sizes.pixel:  # a rim keeps the lines visible on any ground
            edges[team].append(Lines(lines, OUTLINE, width + 2 * sizes.pixel))
    for number, lines in _grouped(pieces, group):
        team, side = divmod(number, len(SIDES))
        width, mute = people.look(team)
        edges[team].append(Lines(lines, faded(SIDE_COLORS[SIDES[side]], mute), width))
    return edges


def _joints(people: People, sizes: Sizes) -> list[list[Discs]]:
    """Of each team: discs that grow and brighten with confidence, the surer ones over the others; rings where the
    position is predicted, and around joints that were set by hand."""
    levels = np.rint(np.clip(people.scores, 0, 1) * LEVELS).astype(np.int64)
    groups = (people.team_of[:, None] * (LEVELS + 1) + levels) * len(SIDES) + people.bones.joint_sides
    joints: list[list[Discs]] = [[] for _ in people.teams]

    def add_rims(which: Bools, color: Color, beyond: float, ring: float = 0.0) -> None:
        for number, centers in _grouped(people.points[which], groups[which], several=len(SIDES)):
            team, level = divmod(number, LEVELS + 1)
            limb, _ = people.look(team)
            if ring or limb > sizes.pixel:
                joints[team].append(Discs(centers, _radii(limb, sizes.pixel)[level] + beyond, color, ring))

    def add_discs(which: Bools, *, hollow: bool = False) -> None:
        for number, centers in _grouped(people.points[which], groups[which]):
            place, side = divmod(number, len(SIDES))
            team, level = divmod(place, LEVELS + 1)
            limb, mute = people.look(team)
            ring = sizes.line(limb / sizes.pixel / 2) if hollow else 0.0
            color = faded(_joint_color(side, level), mute)
            joints[team].append(Discs(centers, _radii(limb, sizes.pixel)[level], color, ring))

    full = people.shown & ~people.predicted
    add_rims(full, OUTLINE, sizes.pixel)
    add_discs(full)
    add_discs(people.predicted, hollow=True)
    add_rims(people.shown & (people.result.states == KeypointState.EDITED), LIGHT_INK, sizes.line(2), sizes.line(2))
    return joints


@cache
def _radii(limb: float, pixel: float) -> tuple[float, ...]:
    """Of a joint of each level, on a person with lines of that width: halves of a pixel of the screen."""
    largest = max(1.25 * limb, 1.5 * pixel)
    return tuple(round(2 * largest * (0.6 + 0.4 * level / LEVELS) / pixel) / 2 * pixel for level in range(LEVELS + 1))


def _angles(people: People, style: SceneStyle, sizes: Sizes) -> Iterator[Shape | Number]:
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


def _drawings(people: People, style: SceneStyle, sizes: Sizes) -> Iterator[Shape | Number]:
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


def _joint_names(people: People, row: int, sizes: Sizes) -> Iterator[Label]:
    ink = faded(LIGHT_INK, people.mutes[row])
    for joint in np.flatnonzero(people.shown[row]).tolist():
        x, y = people.points[row, joint].tolist()
        yield Label(people.bones.names[joint], (x + 0.3 * sizes.letters, y), 0.75 * sizes.letters, ink)


def _label(people: People, row: int, style: SceneStyle, sizes: Sizes) -> Label:
    track_id = int(people.result.tracks.ids[row])
    left, top, _, _ = people.corners[row]
    ground = people.colors[row]
    text = style.people.names.get(track_id, str(track_id))
    return Label(text, (left, top), sizes.letters, ink_on(ground), ground)


@cache
def _joint_color(side: int, level: int) -> Color:
    return faded(SIDE_COLORS[SIDES[side]], 1 - level / LEVELS)


def _grouped(lines: Floats, group: npt.NDArray[np.int64], *, several: int = 1) -> Iterator[tuple[int, Floats]]:
    """Each group that has lines, with them, in order; `several`: so many groups taken for one, in the same order."""
    if not len(lines):
        return
    order = np.argsort(group, kind="stable")
    lines, group = lines[order], group[order] // several
    starts = [0, *(np.flatnonzero(group[1:] != group[:-1]) + 1).tolist()]
    for number, start, end in zip(group[starts].tolist(), starts, [*starts[1:], len(lines)], strict=True):
        yield number, lines[start:end]


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
