"""Paints a scene on an RGB picture with cv2: for recordings, exports and the command line."""

import itertools
from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from tracking.drawing.shapes import Box, Discs, Label, Lines, Patch, Scene, Shape
from tracking.drawing.text import label_picture, label_place

Image = npt.NDArray[np.uint8]
Points = npt.NDArray[np.int32]

SHIFT = 4  # cv2 takes fixed-point coordinates with this many binary places
ONE = 1 << SHIFT
SOFT_EDGE = 0.5  # cv2 blends the edge of a disc outwards; so much smaller it has the size that was meant
NO_POINTS = np.zeros((0, 2), np.float32)


def paint_scene(scene: Scene, canvas: Image) -> None:
    """Draws every shape on an (H, W, 3) uint8 RGB picture, in place."""
    for shape, points in zip(scene.shapes, _fixed_points(scene.shapes), strict=True):
        match shape:
            case Lines(color=color, width=width):
                cv2.polylines(
                    canvas, list(points.reshape(-1, 2, 2)), False, color, _thickness(width), cv2.LINE_AA, SHIFT
                )
            case Discs():
                _discs(shape, points, canvas)
            case Box(color=color, width=width):
                x1, y1, x2, y2 = (round(value) for value in shape.corners)
                cv2.rectangle(canvas, (x1, y1), (x2, y2), color, _thickness(width))
            case Label():
                _label(shape, canvas)
            case Patch():
                _patch(shape, canvas)


def _fixed_points(shapes: Sequence[Shape]) -> list[Points]:
    """Of each shape the ends of its lines or the middles of its discs (P, 2) in fixed point, none of other shapes: all
    at once, because numpy takes longer over eighty small arrays than over a large one."""
    points = [
        shape.points.reshape(-1, 2) if isinstance(shape, Lines) else
        shape.centers if isinstance(shape, Discs) else NO_POINTS
        for shape in shapes
    ]  # fmt: skip
    fixed = np.rint(np.concatenate([NO_POINTS, *points]) * ONE).astype(np.int32)
    ends = itertools.accumulate(map(len, points))
    return [fixed[end - len(part) : end] for part, end in zip(points, ends, strict=True)]


def _thickness(width: float) -> int:
    """What cv2 is to be asked for: from 2 on, its lines are a pixel wider than that."""
    return max(1, round(width) - 1)


def _discs(discs: Discs, centers: Points, canvas: Image) -> None:
    """By one call where their size allows it: the round end of a line without length is a disc."""
    thickness = 2 * (discs.radius - SOFT_EDGE)
    if not discs.ring and thickness >= 2 and float(thickness).is_integer():
        cv2.polylines(canvas, list(centers[:, None]), True, discs.color, int(thickness), cv2.LINE_AA, SHIFT)
        return
    width = _thickness(discs.ring) if discs.ring else cv2.FILLED
    radius = round((discs.radius - (0 if discs.ring else SOFT_EDGE)) * ONE)
    for center in centers.tolist():
        cv2.circle(canvas, center, radius, discs.color, width, cv2.LINE_AA, SHIFT)


def _label(label: Label, canvas: Image) -> None:
    pixels = label_picture(label)
    height, width = pixels.shape[:2]
    left, top = (round(at) for at in label_place(label, (width, height), (canvas.shape[1], canvas.shape[0])))
    place = canvas[top : top + height, left : left + width]
    pixels = pixels[: place.shape[0], : place.shape[1]]
    if label.ground is not None:
        place[:] = pixels[..., :3]
    else:
        share = pixels[..., 3:] / np.float32(255)
        place[:] = np.rint(place + (pixels[..., :3] - place.astype(np.float32)) * share)


def _patch(patch: Patch, canvas: Image) -> None:
    x1, y1, x2, y2 = patch.corners
    left, top = max(int(np.ceil(x1)), 0), max(int(np.ceil(y1)), 0)
    right, bottom = min(int(np.floor(x2)) + 1, canvas.shape[1]), min(int(np.floor(y2)) + 1, canvas.shape[0])
    if right <= left or bottom <= top or not (x2 > x1 and y2 > y1):
        return
    pixels = patch.pixels / np.float32(255)
    pixels[..., :3] *= pixels[..., 3:] * 255
    across, down = (x2 - x1) / pixels.shape[1], (y2 - y1) / pixels.shape[0]
    matrix = np.array([[across, 0, x1 + across / 2 - left], [0, down, y1 + down / 2 - top]])
    stretched = cv2.warpAffine(pixels, matrix, (right - left, bottom - top), borderMode=cv2.BORDER_REPLICATE)
    place = canvas[top:bottom, left:right]
    place[:] = np.rint(place * (1 - stretched[..., 3:]) + stretched[..., :3])
