"""Angles over the picture: two sides, an arc between them, and the degrees beside the vertex."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from ppnet.skeleton import Skeleton
from tracking.angles import ANGLES, Arc, JointAngle, has_angle
from tracking.drawing.colors import DARK_INK, OUTLINE, Color
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
) -> Iterator[Shape]:
    """The shapes of some of `ANGLES` of one person: keypoints (K, 2), NaN where one is not shown.

    reach: radius of an arc; width of its line, with a dark rim about it; letters: their size. All in image pixels. The
    number is that of `tracking.angles.angle`, which graphs and tables give, without its decimals.
    """
    labels = []
    for name in names:
        if not has_angle(name, skeleton):
            continue
        definition = ANGLES[name]
        arc = definition.arc(keypoints, skeleton)
        start, sweep = float(arc.start_deg), float(arc.sweep_deg)
        if not np.isfinite(sweep):
            continue
        is_joint = isinstance(definition, JointAngle)
        yield from rimmed(wedge(arc, reach, straight=is_joint and abs(sweep) > STRAIGHT_DEG), GOLD, width, rim)
        degrees = degrees_words(float(definition.of(keypoints, skeleton)))
        (x, y), away = arc.at.tolist(), reach + 0.4 * letters
        if not is_joint:  # towards rest: away from the numbers of hips and shoulders
            turn, away = np.radians(start), reach + letters
            labels.append(
                Label(degrees, (x + away * np.cos(turn), y + away * np.sin(turn)), letters, DARK_INK, GOLD, MID)
            )
        elif name.startswith("left_"):  # always on one side of a joint, so that the number doesn't jump
            labels.append(Label(degrees, (x + away, y), letters, DARK_INK, GOLD, (0.0, 0.5)))
        else:
            labels.append(Label(degrees, (x - away, y), letters, DARK_INK, GOLD, (1.0, 0.5)))
    yield from labels


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
