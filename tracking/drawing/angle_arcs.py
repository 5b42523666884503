"""Angles over the picture: two sides, an arc between them, and the degrees beside the vertex."""

import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from ppnet.skeleton import Skeleton
from tracking.angles import ANGLES, Arc, JointAngle, has_angle
from tracking.drawing.colors import DARK_INK, OUTLINE, SIDE_COLORS, Color, ink_on
from tracking.drawing.label_places import Number
from tracking.drawing.shapes import Label, Lines, Shape

GOLD: Color = (255, 214, 80)  # neither of the sides of the body nor, so pale, of a person
STRAIGHT_DEG = 172.0
"""A joint beyond this has no arc: it would jump from side to side with every tremble."""
STEP_DEG = 6.0
MID = (0.5, 0.5)


def angle_shapes(
    names: tuple[str, ...],
    keypoints: npt.NDArray[np.floating],
    skeleton: Skeleton,
    *,
    reach: float,
    width: float,
    rim: float,
    letters: float,
) -> Iterator[Shape | Number]:
    """The shapes of some of `ANGLES` of one person: keypoints (K, 2), NaN where one is not shown.

    reach: radius of an arc; width of its line, with a dark rim about it; letters: their size. All in image pixels. The
    number is that of `tracking.angles.angle`, which graphs and tables give, without its decimals. That of a joint wears
    the colour of its side, and stands on the side that looks away from the other leg or arm.
    """
    numbers = []
    for name in names:
        if not has_angle(name, skeleton):
            continue
        definition = ANGLES[name]
        arc = definition.arc(keypoints, skeleton)
        start, sweep = float(arc.start_deg), float(arc.sweep_deg)
        if not np.isfinite(sweep):
            continue
        straight = isinstance(definition, JointAngle) and abs(sweep) > STRAIGHT_DEG
        yield from rimmed(wedge(arc, reach, straight=straight), GOLD, width, rim)
        degrees = degrees_words(float(definition.of(keypoints, skeleton)))
        x, y = arc.at.tolist()
        if isinstance(definition, JointAngle):
            side = name.partition("_")[0]
            rises = 1 if side == "left" else -1
            out, level = _beside_the_other(definition.at[0], keypoints, skeleton, scale=3 * reach)
            over = rises * math.sqrt(1 - out * out)
            away = reach + 0.4 * letters
            at, align = (x + out * away, y - over * away), (0.5 - 0.5 * out, 0.5 + 0.5 * over)
            ground = SIDE_COLORS[side]
            label = Label(degrees, at, letters, ink_on(ground), ground, align)
            numbers.append(Number(label, level, float(rises < 0)))
        else:  # towards rest: away from the numbers of hips and shoulders
            turn, away = np.radians(start), reach + letters
            at = x + away * np.cos(turn), y + away * np.sin(turn)
            numbers.append(Number(Label(degrees, at, letters, DARK_INK, GOLD, MID), at[1], 0.5))
    yield from numbers


def _beside_the_other(
    joint: str, keypoints: npt.NDArray[np.floating], skeleton: Skeleton, *, scale: float
) -> tuple[float, float]:
    """Where a joint lies beside the same one of the other side: -1 to 1, and the height of both, image pixels.

    -1: `scale` or more to the left in the picture, 1: to the right. Between them it changes smoothly, and a number that
    follows it goes over its joint or under it to the other side, without a jump. Where the other one is not shown it is
    beside all that is shown.
    """
    here = keypoints[skeleton.index(joint)]
    other = keypoints[skeleton.flip_index[skeleton.index(joint)]]
    if not np.isfinite(other[0]):
        other = np.array([np.nanmean(keypoints[:, 0]), here[1]])
    return float(np.clip((here[0] - other[0]) / scale, -1, 1)), float(here[1] + other[1]) / 2


def degrees_words(degrees: float) -> str:
    """An angle as it stands on the picture."""
    return f"{round(degrees)}°"


def rimmed(lines: npt.NDArray[np.float32], color: Color, width: float, rim: float) -> Iterator[Lines]:
    """Lines (M, 2, 2) that can be seen on any ground."""
    yield Lines(lines, OUTLINE, width + 2 * rim)
    yield Lines(lines, color, width)


def wedge(arc: Arc, reach: float, *, straight: bool) -> npt.NDArray[np.float32]:
    """(M, 2, 2) lines: from the arc's one end to its vertex, to its other end and, unless `straight`, back along it."""
    sweep_deg = float(arc.sweep_deg)
    steps = 1 if straight else max(2, round(abs(sweep_deg) / STEP_DEG))
    turns = np.radians(float(arc.start_deg) + np.linspace(0, sweep_deg, steps + 1))
    rim = arc.at + reach * np.stack([np.cos(turns), np.sin(turns)], axis=-1)
    sides = np.array([(rim[0], arc.at), (arc.at, rim[-1])])
    bow = np.stack([rim[:-1], rim[1:]], axis=1)
    return np.asarray(sides if straight else np.concatenate([sides, bow]), np.float32)
