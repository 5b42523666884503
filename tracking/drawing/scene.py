"""What is drawn over a picture, decided once for window and files: shapes in image pixels, with colours and sizes.

The canvas draws the shapes one after another and decides nothing, so that a recording shows what the window shows.
A new layer is a function here that gives shapes; the canvas stays as it is.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from tracking.drawing.angle_arcs import angle_shapes
from tracking.drawing.colors import LIGHT_INK, OUTLINE, Color, faded, ink_on, track_color
from tracking.drawing.hand_drawn import drawing_shapes
from tracking.drawing.label_places import Number, apart
from tracking.drawing.people_shown import FAR, LEVELS, PREDICTED, SIDES, SURE, UNSURE, People, Sizes
from tracking.drawing.shapes import Box, Discs, Label, Lines, Patch, Scene, Shape
from tracking.drawing.style import SceneStyle
from tracking.measurements import joints_of, places
from tracking.types import FrameResult, KeypointState

Floats = npt.NDArray[np.float32]
Groups = npt.NDArray[np.int64]

AGES = 5  # the age of a trail is shown in so many steps


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
    sizes = Sizes.of(result.size_wh, style.zoom)
    people = People.of(result, style, sizes)
    shapes: list[Shape] = [*heat]
    if style.layers.trails:
        for track_id, way in (trails or {}).items():
            if track_id not in style.people.hidden:
                shapes += _trail(way, track_id, sizes)
    if style.layers.boxes:
        shapes += _boxes(people, sizes, chosen=style.people.chosen)
    edges = _edges(people, sizes) if style.layers.skeleton else []
    joints = _joints(people, sizes) if style.layers.joints else []
    for team in range(len(people.looks)):
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


def _boxes(people: People, sizes: Sizes, *, chosen: int | None) -> Iterator[Shape]:
    """Under all lines and joints. Dashed where the person is lost for the moment."""
    usual, wide = (sizes.line(sizes.span / 900 + more) for more in (0, 2))
    corners = np.rint(people.corners / sizes.pixel) * sizes.pixel
    whole = corners.tolist()
    for row in people.order:
        width = wide if people.result.tracks.ids[row] == chosen else usual
        if people.lost[row]:
            yield Lines(_dashed_box(corners[row], 8 * sizes.pixel + 2 * width), people.colors[row], width)
        else:
            yield Box(tuple(whole[row]), people.colors[row], width)


def _dashed_box(box: npt.NDArray[np.floating], length: float) -> Floats:
    """The pieces of the outline of x1, y1, x2, y2, about `length` long."""
    corners = box[[0, 1, 2, 1, 2, 3, 0, 3, 0, 1]].reshape(5, 2).astype(np.float32)
    return _dashes(np.stack([corners[:-1], corners[1:]], axis=1), np.full(4, length))[0]


def _edges(people: People, sizes: Sizes) -> list[list[Lines]]:
    """Of each team: lines with a dark rim; thin and pale where the network is unsure, dashed where an end is
    predicted."""
    starts, ends = people.bones.edges.T
    lines, grades = people.points[:, people.bones.edges], np.minimum(people.grades[:, starts], people.grades[:, ends])
    groups = people.team_of[:, None] * len(SIDES) + people.bones.edge_sides  # of a team's side
    edges: list[list[Lines]] = [[] for _ in people.looks]
    unsure, sure, dashed = grades == UNSURE, grades == SURE, grades == PREDICTED
    for number, part in _runs(*_in_order(lines[unsure], groups[unsure])):
        team, side = divmod(number, len(SIDES))
        look = people.looks[team]
        edges[team].append(Lines(part, look.colors[LEVELS - 1][side], look.thin))
    pieces, group = lines[sure], groups[sure]
    if dashed.any():
        lengths = 3 * np.array(people.limbs)[dashed.nonzero()[0]] + 2 * sizes.pixel
        dashes, line = _dashes(lines[dashed], lengths)
        pieces, group = np.concatenate([pieces, dashes]), np.concatenate([group, groups[dashed][line]])
    pieces, group = _in_order(pieces, group)
    for team, part in _runs(pieces, group // len(SIDES)):
        look = people.looks[team]
        if look.rimmed:
            edges[team].append(Lines(part, OUTLINE, look.width + 2 * sizes.pixel))
    for number, part in _runs(pieces, group):
        team, side = divmod(number, len(SIDES))
        look = people.looks[team]
        edges[team].append(Lines(part, look.colors[LEVELS][side], look.width))
    return edges


def _joints(people: People, sizes: Sizes) -> list[list[Discs]]:
    """Of each team: discs that grow and brighten with confidence, the surer ones over the others; rings where the
    position is predicted, and around joints that were set by hand."""
    levels = np.rint(people.scores.clip(0, 1) * LEVELS).astype(np.int64)
    groups = (people.team_of[:, None] * (LEVELS + 1) + levels) * len(SIDES) + people.bones.joint_sides
    joints: list[list[Discs]] = [[] for _ in people.looks]

    def add_rims(centers: Floats, group: Groups, color: Color, beyond: float, ring: float = 0.0) -> None:
        for number, part in _runs(centers, group // len(SIDES)):
            team, level = divmod(number, LEVELS + 1)
            look = people.looks[team]
            if ring or look.rimmed:
                joints[team].append(Discs(part, look.radii[level] + beyond, color, ring))

    def add_discs(centers: Floats, group: Groups, *, hollow: bool = False) -> None:
        for number, part in _runs(centers, group):
            place, side = divmod(number, len(SIDES))
            team, level = divmod(place, LEVELS + 1)
            look = people.looks[team]
            joints[team].append(Discs(part, look.radii[level], look.colors[level][side], look.ring if hollow else 0.0))

    full, predicted = people.grades >= UNSURE, people.grades == PREDICTED
    edited = people.shown & (people.result.states == KeypointState.EDITED.value)
    centers, group = _in_order(people.points[full], groups[full])
    add_rims(centers, group, OUTLINE, sizes.pixel)
    add_discs(centers, group)
    if predicted.any():
        add_discs(*_in_order(people.points[predicted], groups[predicted]), hollow=True)
    if edited.any():
        add_rims(*_in_order(people.points[edited], groups[edited]), LIGHT_INK, sizes.line(2), sizes.line(2))
    return joints


def _angles(people: People, style: SceneStyle, sizes: Sizes) -> Iterator[Shape | Number]:
    """Of the selected person, or of everybody where nobody is chosen.

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
    left, top = people.corners[row, :2].tolist()
    ground = people.colors[row]
    text = style.people.names.get(track_id, str(track_id))
    return Label(text, (left, top), sizes.letters, ink_on(ground), ground)


def _in_order(points: Floats, group: Groups) -> tuple[Floats, Groups]:
    """Both by group, else as they were."""
    order = np.argsort(group, kind="stable")
    return points[order], group[order]


def _runs(points: Floats, group: Groups) -> Iterator[tuple[int, Floats]]:
    """Each group of points that are in order, with them."""
    if not len(group):
        return
    bounds = [0, *((group[1:] != group[:-1]).nonzero()[0] + 1).tolist(), len(group)]
    for number, (first, last) in zip(group[bounds[:-1]].tolist(), pairwise(bounds), strict=True):
        yield number, points[first:last]


def _dashes(lines: Floats, lengths: npt.NDArray[np.floating]) -> tuple[Floats, npt.NDArray[np.intp]]:
    """(P, 2, 2) pieces of (M, 2, 2) lines and which line (P,) each is of.

    Pieces are about `lengths` (M,) long, like the gaps between them; one lies at either end of a line.
    """
    starts, steps = lines[:, 0], lines[:, 1] - lines[:, 0]
    gaps = (np.hypot(steps[:, 0], steps[:, 1]) / lengths).clip(1, 200).astype(int) // 2
    line = np.arange(len(lines)).repeat(gaps + 1)
    number = np.arange(len(line)) - ((gaps + 1).cumsum() - gaps - 1)[line]
    shares = (2 * number[:, None] + [0, 1]) / (2 * gaps + 1)[line][:, None]
    return np.asarray(starts[line][:, None] + shares[..., None] * steps[line][:, None], np.float32), line
