"""Paints a scene on an RGB picture with cv2: for recordings, exports and the command line."""

import cv2
import numpy as np
import numpy.typing as npt

from tracking.drawing.shapes import Box, Discs, Label, Lines, Patch, Scene
from tracking.drawing.text import label_picture, label_place

Image = npt.NDArray[np.uint8]

SHIFT = 4  # cv2 takes fixed-point coordinates with this many binary places
ONE = 1 << SHIFT
SOFT_EDGE = 0.5  # cv2 blends the edge of a disc outwards; so much smaller it has the size that was meant


def paint_scene(scene: Scene, canvas: Image) -> None:
    """Draws every shape on an (H, W, 3) uint8 RGB picture, in place."""
    for shape in scene.shapes:
        match shape:
            case Lines():
                _lines(shape, canvas)
            case Discs():
                _discs(shape, canvas)
            case Box(color=color, width=width):
                x1, y1, x2, y2 = (round(value) for value in shape.corners)
                cv2.rectangle(canvas, (x1, y1), (x2, y2), color, _thickness(width))
            case Label():
                _label(shape, canvas)
            case Patch():
                _patch(shape, canvas)


def _fixed(points: npt.NDArray[np.floating]) -> npt.NDArray[np.int32]:
    return np.rint(points * ONE).astype(np.int32)


def _thickness(width: float) -> int:
    """What cv2 is to be asked for: from 2 on, its lines are a pixel wider than that."""
    return max(1, round(width) - 1)


def _lines(lines: Lines, canvas: Image) -> None:
    pieces = list(_fixed(lines.points))
    cv2.polylines(canvas, pieces, False, lines.color, _thickness(lines.width), cv2.LINE_AA, SHIFT)


def _discs(discs: Discs, canvas: Image) -> None:
    width = _thickness(discs.ring) if discs.ring else cv2.FILLED
    radii = _fixed(discs.radii - (0 if discs.ring else SOFT_EDGE)).tolist()
    for center, radius, color in zip(_fixed(discs.centers).tolist(), radii, discs.colors, strict=True):
        cv2.circle(canvas, center, radius, color, width, cv2.LINE_AA, SHIFT)


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
