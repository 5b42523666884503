"""Paints a scene with cv2, on pictures of recordings and exports and on what the window shows: the one brush."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from tracking.drawing.colors import Color
from tracking.drawing.shapes import Box, Discs, Label, Lines, Patch, Scene, Shape
from tracking.drawing.text import label_inks, label_place

Image = npt.NDArray[np.uint8]
Points = npt.NDArray[np.int32]
Pieces = list[Points]  # what one call of cv2 draws

SHIFT = 4  # cv2 takes fixed-point coordinates with this many binary places
ONE = 1 << SHIFT
SOFT_EDGE = 0.5  # cv2 blends the edge of a disc outwards; so much smaller it has the size that was meant
NO_POINTS = np.zeros((0, 2), np.float32)


@dataclass(frozen=True, slots=True)
class Placement:
    """How a scene lies on a canvas: canvas pixel = scale * image pixel + shift; pixel centres lie at whole numbers."""

    scale: float = 1.0
    shift_x: float = 0.0
    shift_y: float = 0.0

    def of(self, x: float, y: float) -> tuple[float, float]:
        """Canvas pixels of a point of the image."""
        return self.scale * x + self.shift_x, self.scale * y + self.shift_y


AS_IT_IS = Placement()


def paint_scene(scene: Scene, canvas: Image, placement: Placement = AS_IT_IS) -> None:
    """Draws every shape on a picture (H, W, 3) uint8 in RGB, or one (H, W, 4) of blue, green, red and 255, in place."""
    is_bgr = canvas.shape[2] == 4
    chains, centers = _fixed_points(scene.shapes, placement)
    for shape in scene.shapes:
        match shape:
            case Lines(color=color, width=width):
                thickness = _thickness(width * placement.scale)
                cv2.polylines(canvas, next(chains), False, _ink(color, is_bgr), thickness, cv2.LINE_AA, SHIFT)
            case Discs(color=color):
                _discs(shape, next(centers), canvas, _ink(color, is_bgr), placement.scale)
            case Box(corners=(x1, y1, x2, y2), color=color, width=width):
                (left, top), (right, bottom) = placement.of(x1, y1), placement.of(x2, y2)
                first, last = (round(left), round(top)), (round(right), round(bottom))
                cv2.rectangle(canvas, first, last, _ink(color, is_bgr), _thickness(width * placement.scale))
            case Label():
                _label(shape, scene.size_wh, canvas, placement)
            case Patch():
                _patch(shape, canvas, placement)


def _fixed_points(shapes: Sequence[Shape], placement: Placement) -> tuple[Iterator[Pieces], Iterator[Pieces]]:
    """Of all lines their chains (see `_chains`), of all discs their middles (1, 2), shape by shape, on the canvas in
    fixed point: all at once, because numpy takes longer over eighty small arrays than over a large one."""
    lines = [shape.points.reshape(-1, 2) for shape in shapes if isinstance(shape, Lines)]
    discs = [shape.centers for shape in shapes if isinstance(shape, Discs)]
    shift = np.array([placement.shift_x, placement.shift_y], np.float32)
    points = np.concatenate([NO_POINTS, *lines, *discs])
    fixed = np.rint((points * placement.scale + shift) * ONE).astype(np.int32)
    ends = sum(map(len, lines))
    chains, last = _chains(fixed[:ends], [len(part) // 2 for part in lines])
    return _parts(chains, last), _parts(list(fixed[ends:, None]), itertools.accumulate(map(len, discs)))


def _parts(pieces: Pieces, ends: Iterable[int]) -> Iterator[Pieces]:
    """The pieces up to each of the ends."""
    return (pieces[first:last] for first, last in itertools.pairwise([0, *ends]))


def _chains(ends: Points, counts: list[int]) -> tuple[Pieces, list[int]]:
    """The ends (2M, 2) of the lines of several shapes, `counts` of each, as chains (P, 2) of those that go on where the
    one before stops: half of the time goes into round ends, and where two lines meet one is enough. Also, how many
    chains there are up to the end of each shape."""
    if not len(ends):
        return [], [0] * len(counts)
    spots = ends.view(np.int64).ravel()  # both coordinates as one number
    kept = np.ones(len(spots), np.bool_)
    kept[2::2] = spots[2::2] != spots[1:-1:2]
    lines = np.cumsum(counts)
    kept[2 * lines[:-1]] = True
    corners, begins = ends[kept], np.flatnonzero(kept[::2])
    bounds = [*(begins + np.arange(len(begins))).tolist(), len(corners)]
    return [corners[first:last] for first, last in itertools.pairwise(bounds)], np.searchsorted(begins, lines).tolist()


def _ink(color: Color, is_bgr: bool) -> tuple[int, ...]:
    return (*color[::-1], 255) if is_bgr else color


def _thickness(width: float) -> int:
    """What cv2 is to be asked for: from 2 on, its lines are a pixel wider than that."""
    return max(1, round(width) - 1)


@lru_cache(maxsize=1024)
def _dot(radius: float) -> int:
    """Thickness of the line whose round end is a disc of that radius; 0 where there is none."""
    thickness = 2 * (radius - SOFT_EDGE)
    return round(thickness) if thickness > 1.5 and abs(thickness - round(thickness)) < 1e-3 else 0


def _discs(discs: Discs, centers: Pieces, canvas: Image, ink: tuple[int, ...], scale: float) -> None:
    """By one call where their size allows it: the round end of a line without length is a disc."""
    radius, ring = discs.radius * scale, discs.ring * scale
    thickness = 0 if ring else _dot(radius)
    if thickness:
        cv2.polylines(canvas, centers, True, ink, thickness, cv2.LINE_AA, SHIFT)
        return
    width = _thickness(ring) if ring else cv2.FILLED
    radius_fixed = round((radius - (0 if ring else SOFT_EDGE)) * ONE)
    for center in centers:
        cv2.circle(canvas, center[0].tolist(), radius_fixed, ink, width, cv2.LINE_AA, SHIFT)


def _label(label: Label, size_wh: tuple[int, int], canvas: Image, placement: Placement) -> None:
    scale = placement.scale
    inks, share = label_inks(label, scale, is_bgr=canvas.shape[2] == 4)
    height, width = inks.shape[:2]
    x, y = label_place(label, (width / scale, height / scale), size_wh)
    # Pixels have edges: the corner of the first one lies half a pixel before its centre.
    x, y = placement.of(x - 0.5, y - 0.5)
    left, top = round(x + 0.5), round(y + 0.5)
    place = canvas[max(top, 0) : max(top + height, 0), max(left, 0) : max(left + width, 0), :3]
    if place.shape[:2] != (height, width):
        first_row, first_column = max(-top, 0), max(-left, 0)
        seen = np.s_[first_row : first_row + place.shape[0], first_column : first_column + place.shape[1]]
        inks, share = inks[seen], share[seen]
    if label.ground is not None:
        place[:] = inks
    else:
        place[:] = np.rint(place + (inks - place.astype(np.float32)) * share)


def _patch(patch: Patch, canvas: Image, placement: Placement) -> None:
    (x1, y1), (x2, y2) = placement.of(*patch.corners[:2]), placement.of(*patch.corners[2:])
    left, top = max(int(np.ceil(x1)), 0), max(int(np.ceil(y1)), 0)
    right, bottom = min(int(np.floor(x2)) + 1, canvas.shape[1]), min(int(np.floor(y2)) + 1, canvas.shape[0])
    if right <= left or bottom <= top or not (x2 > x1 and y2 > y1):
        return
    share = patch.pixels[..., 3:] / np.float32(255)
    pixels = np.concatenate([_channels(patch.pixels, canvas) * share, share], axis=2)
    across, down = (x2 - x1) / pixels.shape[1], (y2 - y1) / pixels.shape[0]
    matrix = np.array([[across, 0, x1 + across / 2 - left], [0, down, y1 + down / 2 - top]])
    stretched = cv2.warpAffine(pixels, matrix, (right - left, bottom - top), borderMode=cv2.BORDER_REPLICATE)
    place = canvas[top:bottom, left:right, :3]
    place[:] = np.rint(place * (1 - stretched[..., 3:]) + stretched[..., :3])


def _channels(pixels: Image, canvas: Image) -> Image:
    """The colours of RGBA pixels in the canvas's order."""
    return pixels[..., 2::-1] if canvas.shape[2] == 4 else pixels[..., :3]
