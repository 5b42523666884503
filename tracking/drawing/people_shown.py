"""Who is shown over a picture, how large their lines are, and who is painted together."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import compress
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from ppnet.skeleton import Skeleton
from tracking import boxes as box_math
from tracking.drawing.colors import MUTED, SIDE_COLORS, Color, faded, track_color
from tracking.drawing.style import SceneStyle
from tracking.types import FrameResult, KeypointState, TrackState

Floats = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]

SURE_SCORE = 0.3  # joints of less confidence are unsure
FAR = 30_000.0  # pixels: nothing is drawn farther out, where fixed-point numbers of a canvas would overflow
SIDES = tuple(SIDE_COLORS)
LEVELS = 4  # confidence is shown in so many steps
KEPT = 512  # sizes and looks kept: while somebody zooms, every picture has others

HIDDEN, PREDICTED, UNSURE, SURE = range(4)
"""Grades: how well a joint is known. An edge is known as well as the worse of its ends."""


Wanted = TypeVar("Wanted", float, npt.NDArray[np.float64])


def _odd(wanted: Wanted) -> Wanted:
    """The odd number near it."""
    return 2 * (wanted // 2) + 1


@dataclass(frozen=True, slots=True)
class Sizes:
    """Lengths in image pixels.

    pixel: one pixel of the screen. span: the picture's longer side on the screen; nothing grows when it is enlarged.
    letters: their height.
    """

    pixel: float
    span: float
    letters: float

    @classmethod
    @lru_cache(maxsize=KEPT)
    def of(cls, size_wh: tuple[int, int], zoom: float) -> "Sizes":
        """Of a picture of that size, enlarged so much."""
        pixel, span = 1 / zoom, max(size_wh) * min(zoom, 1.0)
        return cls(pixel, span, round(min(max(span / 68, 13.0), 36.0)) * pixel)

    def line(self, wanted: float) -> float:
        """A width near to so many pixels of the screen: an odd number, so that it lies evenly about its middle."""
        return _odd(max(wanted, 0)) * self.pixel

    def limbs(self, heights: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """(N,) widths of the lines of people of these heights (N,) in image pixels."""
        wanted = np.minimum(1 + heights.clip(0) / self.pixel / 133, max(3.0, self.span / 256))
        return np.asarray(_odd(wanted) * self.pixel)


@dataclass(frozen=True, slots=True)
class Look:
    """Sizes, image pixels, and colours of people whose lines are `width` wide.

    thin: width of lines of which the network is unsure; rimmed: all have a dark rim, which keeps them visible on any
    ground; ring: width of the lines of hollow joints; radii: (LEVELS + 1,) of joints, which grow with confidence;
    colors: of joints by level and by which of `SIDES` they are on; lines are as joints of the highest level, unsure
    ones as those of the level below.
    """

    width: float
    thin: float
    rimmed: bool
    ring: float
    radii: tuple[float, ...]
    colors: tuple[tuple[Color, ...], ...]

    @classmethod
    @lru_cache(maxsize=KEPT)
    def of(cls, width: float, mute: float, sizes: Sizes) -> "Look":
        """mute: how far colours step back, 0 to 1."""
        pixel, levels = sizes.pixel, range(LEVELS + 1)
        largest = max(1.25 * width, 1.5 * pixel)
        return cls(
            width,
            thin=sizes.line(width / pixel - 2),
            rimmed=width > pixel,
            ring=sizes.line(width / pixel / 2),
            radii=tuple(round(2 * largest * (0.6 + 0.4 * level / LEVELS) / pixel) / 2 * pixel for level in levels),
            colors=tuple(
                tuple(faded(faded(SIDE_COLORS[side], 1 - level / LEVELS), mute) for side in SIDES) for level in levels
            ),
        )


@dataclass(frozen=True, slots=True)
class Bones:
    """Edges (E, 2) of a skeleton; of each edge and of each joint, which of `SIDES` it belongs to."""

    edges: npt.NDArray[np.int64]
    edge_sides: npt.NDArray[np.int64]
    joint_sides: npt.NDArray[np.int64]
    names: tuple[str, ...]

    @classmethod
    @lru_cache(maxsize=KEPT)
    def of(cls, skeleton: Skeleton) -> "Bones":
        """An edge from one side to the other belongs to the middle."""
        sides = [SIDES.index(skeleton.side(joint)) for joint in range(len(skeleton))]
        middle = SIDES.index("middle")
        of_sides: list[list[tuple[int, int]]] = [[] for _ in SIDES]
        for start, end in skeleton.edges:
            both = {sides[start], sides[end]} - {middle}
            of_sides[both.pop() if len(both) == 1 else middle].append((start, end))
        edges = np.array([edge for side in of_sides for edge in _in_a_row(side)], np.int64).reshape(-1, 2)
        edge_sides = np.repeat(np.arange(len(SIDES)), [len(side) for side in of_sides])
        names = tuple(name.replace("_", " ") for name in skeleton.keypoints)
        return cls(edges, edge_sides, np.array(sides, np.int64), names)


def _in_a_row(edges: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The same edges so that many begin where the one before ends: the canvas paints them as one line."""
    left = list(edges)
    while left:
        degrees = Counter(joint for edge in left for joint in edge)
        here = next((joint for joint in degrees if degrees[joint] % 2), left[0][0])
        while edge := next((edge for edge in left if here in edge), None):
            left.remove(edge)
            here, before = sum(edge) - here, here
            yield before, here


@dataclass(frozen=True, slots=True)
class People:
    """What of N people is shown.

    points (N, K, 2) and scores (N, K); grades: (N, K) from `HIDDEN` to `SURE`; a still person who was not read for this
    one frame has no predicted joints: that looks like the frames around it; corners: (N, 4) of the boxes;
    lost: whose box is a guess; colors: of boxes and labels; limbs: width of each one's lines, image pixels; mutes: how
    far each one's colours step back because somebody else is chosen; order: rows as they are painted, large people
    first, so that a small one in front is not covered, and the chosen one last; team_of: (N,) which of the teams that
    are painted at once each belongs to (see `_teams`), -1 where they are hidden; looks: of each team.
    """

    result: FrameResult
    bones: Bones
    points: Floats
    scores: Floats
    grades: npt.NDArray[np.uint8]
    corners: npt.NDArray[np.float64]
    lost: list[bool]
    colors: list[Color]
    limbs: list[float]
    mutes: list[float]
    order: list[int]
    team_of: npt.NDArray[np.int64]
    looks: list[Look]

    @classmethod
    def of(cls, result: FrameResult, style: SceneStyle, sizes: Sizes) -> "People":
        """Everybody of a frame."""
        poses, ids, boxes = result.smoothed, result.tracks.ids.tolist(), result.tracks.boxes
        chosen = style.people.chosen if style.people.chosen in ids else None
        order = [row for row, track_id in enumerate(ids) if track_id not in style.people.hidden]
        placed = poses.placed
        grades = _grades(result, placed & (poses.scores >= style.layers.min_score))
        if len(order) < len(ids):
            grades[[row for row, track_id in enumerate(ids) if track_id in style.people.hidden]] = HIDDEN
        heights = (boxes[:, 3] - boxes[:, 1]).astype(np.float64)
        order.sort(key=lambda row: (ids[row] == chosen, -heights[row]))
        points = np.where(placed[..., None], poses.keypoints, 0).clip(-FAR, FAR)
        widths = sizes.limbs(heights)
        limbs = widths.tolist()
        mutes = [MUTED if chosen not in (None, track_id) else 0.0 for track_id in ids]
        reach = 1.5 * widths + 7 * sizes.pixel
        extents = box_math.around(np.where((grades > HIDDEN)[..., None], points, np.nan))
        teams = _teams(order, list(zip(limbs, mutes, strict=True)), extents, reach)
        team_of = np.full(len(ids), -1)
        for team, rows in enumerate(teams):
            team_of[rows] = team
        return cls(
            result,
            bones=Bones.of(result.skeleton),
            points=points,
            scores=poses.scores,
            grades=grades,
            corners=boxes.clip(-FAR, FAR).astype(np.float64),
            lost=(result.tracks.states == TrackState.PREDICTED.value).tolist(),
            colors=[faded(track_color(track_id), mute) for track_id, mute in zip(ids, mutes, strict=True)],
            limbs=limbs,
            mutes=mutes,
            order=order,
            team_of=team_of,
            looks=[Look.of(limbs[rows[0]], mutes[rows[0]], sizes) for rows in teams],
        )

    @property
    def shown(self) -> Bools:
        """(N, K) which joints are shown."""
        return np.asarray(self.grades > HIDDEN)


def _grades(result: FrameResult, known: Bools) -> npt.NDArray[np.uint8]:
    """(N, K) grades of everybody's joints; known: (N, K) those that have a place and are sure enough to be shown."""
    grades = np.where(result.smoothed.scores < SURE_SCORE, np.uint8(UNSURE), np.uint8(SURE))
    predicted = result.states == KeypointState.PREDICTED.value
    if predicted.any():
        grades[predicted & ~result.unread[:, None]] = PREDICTED
    grades[~known | (result.states == KeypointState.MISSING.value)] = HIDDEN
    return grades


def _teams(
    order: list[int], looks: list[tuple[float, float]], extents: box_math.Boxes, reach: npt.NDArray[np.floating]
) -> list[list[int]]:  # fmt: skip
    """Rows of `order` that can be painted at once, in an order that gives the same picture: of the same look, and no
    two with joints whose extents (N, 4), and lines so far (N,) around them, overlap. A few large calls take less time
    than many small ones."""
    around = box_math.grown(extents, reach)
    touches = box_math.near(around, around).tolist()
    depths = [0] * len(looks)
    teams: dict[tuple[int, tuple[float, float]], list[int]] = {}
    for row in order:
        depths[row] = 1 + max(compress(depths, touches[row]), default=0)
        teams.setdefault((depths[row], looks[row]), []).append(row)
    return [teams[key] for key in sorted(teams)]
