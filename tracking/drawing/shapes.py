"""Shapes that a canvas paints: in image pixels (pixel centres at whole numbers), with their colours and sizes.

Those that come by the dozen in every frame are named tuples, which are made in a third of the time of data classes.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tracking.drawing.colors import Color

Floats = npt.NDArray[np.float32]

ABOVE = (0.0, 1.0)  # where a label lies at its point


class Lines(NamedTuple):
    """Straight lines with round ends: points (M, 2, 2), start and end of each."""

    points: Floats
    color: Color
    width: float


class Discs(NamedTuple):
    """Discs of one size and colour: centers (M, 2). ring: width of the line where they are hollow, else 0."""

    centers: Floats
    radius: float
    color: Color
    ring: float = 0.0


class Box(NamedTuple):
    """The outline of x1, y1, x2, y2."""

    corners: tuple[float, float, float, float]
    color: Color
    width: float


class Label(NamedTuple):
    """Words on a plate of colour `ground`, or with a dark rim where that is None; always wholly inside the picture.

    at: where the point `align` of the plate lies: (0, 0) its upper left corner, (1, 1) its lower right one.
    size: of the letters.
    """

    text: str
    at: tuple[float, float]
    size: float
    ink: Color
    ground: Color | None = None
    align: tuple[float, float] = ABOVE


@dataclass(frozen=True, slots=True)
class Patch:
    """A small picture laid over the frame: pixels (h, w, 4) RGBA, stretched to x1, y1, x2, y2."""

    pixels: npt.NDArray[np.uint8]
    corners: tuple[float, float, float, float]


Shape = Lines | Discs | Box | Label | Patch


@dataclass(frozen=True, slots=True)
class Scene:
    """Shapes in the order in which they are painted, all in image pixels (pixel centres at whole numbers)."""

    size_wh: tuple[int, int]
    shapes: tuple[Shape, ...]
