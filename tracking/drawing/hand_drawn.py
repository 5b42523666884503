"""What was drawn over the picture by hand, as shapes: lines, angles with their arcs, distances with their lengths."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from tracking.angles import inner_arc
from tracking.drawing.angle_arcs import MID, STRAIGHT_DEG, degrees_words, rimmed, wedge
from tracking.drawing.colors import DARK_INK, OUTLINE, Color
from tracking.drawing.shapes import Discs, Label, Shape
from tracking.measurements import measured
from tracking.session.edits import SetDrawing

Floats = npt.NDArray[np.float64]

MINT: Color = (130, 250, 190)
"""Of what is drawn by hand: neither a side of the body nor an angle of the body."""


def drawing_shapes(
    drawing: SetDrawing,
    spots: Floats,
    size_wh: tuple[int, int],
    *,
    metres_per_pixel: float | None,
    width: float,
    rim: float,
    letters: float,
) -> Iterator[Shape]:
    """The shapes of a drawing whose points are `spots` (P, 2); none where one of them is NaN.

    width: of its lines, with a dark rim about them; letters: their size. All in image pixels. A ring marks each point
    that is tied to a joint.
    """
    if not np.isfinite(spots).all():
        return
    lines = outline(drawing, spots, size_wh).astype(np.float32)
    if drawing.kind == "distance":
        lines = np.concatenate([lines, _strokes_across(spots, 3 * width)])
    yield from rimmed(lines, MINT, width, rim)
    value = float(measured(drawing, spots, metres_per_pixel=metres_per_pixel))
    words = None
    if drawing.kind == "angle" and np.isfinite(value):
        arc = inner_arc(*spots)
        sides = np.linalg.norm(spots[[0, 2]] - spots[1], axis=1)
        reach = min(0.5 * float(sides.min()), 3 * letters)
        yield from rimmed(wedge(arc, reach, straight=value > STRAIGHT_DEG), MINT, width, rim)
        turn = np.radians(float(arc.start_deg + arc.sweep_deg / 2))
        middle = spots[1] + (reach + 1.3 * letters) * np.array([np.cos(turn), np.sin(turn)])
        words = Label(degrees_words(value), _xy(middle), letters, DARK_INK, MINT, MID)
    elif drawing.kind == "distance":
        length = f"{value:.0f} px" if metres_per_pixel is None else f"{value:.2f} m"
        words = _beside(spots, length, letters)
    yield from _points(drawing, spots, width, rim)
    if words is not None:
        yield words


def outline(drawing: SetDrawing, spots: Floats, size_wh: tuple[int, int]) -> Floats:
    """(M, 2, 2) the lines from point to point, `spots` (P, 2), or to the edges of the picture."""
    ends = to_the_edges(spots, size_wh) if drawing.kind == "line" and drawing.extended else spots
    return np.stack([ends[:-1], ends[1:]], axis=1)


def to_the_edges(spots: Floats, size_wh: tuple[int, int]) -> Floats:
    """(2, 2) where the line through two points leaves the picture; the points themselves where it misses it."""
    start, step = spots[0], spots[1] - spots[0]
    low, high = -np.inf, np.inf
    for axis in (0, 1):
        if step[axis] != 0:
            crossings = sorted(((-0.5 - start[axis]) / step[axis], (size_wh[axis] - 0.5 - start[axis]) / step[axis]))
            low, high = max(low, crossings[0]), min(high, crossings[1])
        elif not -0.5 <= start[axis] <= size_wh[axis] - 0.5:
            return spots
    crosses = np.isfinite([low, high]).all() and low < high
    return np.array([start + low * step, start + high * step]) if crosses else spots


def _strokes_across(spots: Floats, half: float) -> npt.NDArray[np.float32]:
    """(2, 2, 2) short strokes across both ends of a distance."""
    step = spots[1] - spots[0]
    length = float(np.linalg.norm(step))
    across = half * np.array([-step[1], step[0]]) / length if length else np.zeros(2)
    return np.array([(spot - across, spot + across) for spot in spots], np.float32)


def _beside(spots: Floats, text: str, letters: float) -> Label:
    """Words at the middle of a distance: above it or, where it goes up rather than across, to its right."""
    x, y = _xy(spots.mean(axis=0))
    across, down = np.abs(spots[1] - spots[0])
    if across >= down:
        return Label(text, (x, y - 0.7 * letters), letters, DARK_INK, MINT, (0.5, 1.0))
    return Label(text, (x + 0.7 * letters, y), letters, DARK_INK, MINT, (0.0, 0.5))


def _points(drawing: SetDrawing, spots: Floats, width: float, rim: float) -> Iterator[Discs]:
    """A ring about each point that is tied to a joint."""
    tied = np.array([point.is_tied for point in drawing.points])
    if tied.any():
        centers, radius = spots[tied].astype(np.float32), 3.5 * width
        yield Discs(centers, radius, OUTLINE, width + 2 * rim)
        yield Discs(centers, radius, MINT, width)


def _xy(spot: Floats) -> tuple[float, float]:
    return float(spot[0]), float(spot[1])
