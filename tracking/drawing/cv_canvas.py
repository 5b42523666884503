"""Paints a scene on an RGB picture with cv2: for recordings, exports and the command line."""

import cv2
import numpy as np
import numpy.typing as npt

from tracking.drawing.scene import Box, Discs, Label, Lines, Picture, Scene
from tracking.drawing.text import label_picture, label_place

Image = npt.NDArray[np.uint8]

SHIFT = 4  # cv2 takes fixed-point coordinates with this many binary places
ONE = 1 << SHIFT
SOFT_EDGE = 0.65  # cv2 blends the edge of a disc outwards; so much smaller it has the size that was meant


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
            case Picture():
                _picture(shape, canvas)


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
    left, top = label_place(label, (width, height), (canvas.shape[1], canvas.shape[0]))
    _lay_over(canvas, pixels, round(left), round(top), opaque=label.ground is not None)


def _picture(picture: Picture, canvas: Image) -> None:
    x1, y1, x2, y2 = picture.corners
    left, top = max(int(np.floor(x1)), 0), max(int(np.floor(y1)), 0)
    size = min(int(np.ceil(x2)) + 1, canvas.shape[1]) - left, min(int(np.ceil(y2)) + 1, canvas.shape[0]) - top
    if min(size) <= 0 or not (x2 > x1 and y2 > y1):
        return
    across, down = (x2 - x1) / picture.pixels.shape[1], (y2 - y1) / picture.pixels.shape[0]
    matrix = np.array([[across, 0, x1 + across / 2 - 0.5 - left], [0, down, y1 + down / 2 - 0.5 - top]])
    stretched = cv2.warpAffine(picture.pixels, matrix, size, borderMode=cv2.BORDER_CONSTANT, borderValue=(0, 0, 0, 0))
    _lay_over(canvas, np.asarray(stretched, np.uint8), left, top)


def _lay_over(canvas: Image, pixels: Image, left: int, top: int, *, opaque: bool = False) -> None:
    """RGBA over the canvas, cut off at its right and lower side."""
    place = canvas[top : top + pixels.shape[0], left : left + pixels.shape[1]]
    pixels = pixels[: place.shape[0], : place.shape[1]]
    if opaque:
        place[:] = pixels[..., :3]
    else:
        share = pixels[..., 3:] / np.float32(255)
        place[:] = np.rint(place + (pixels[..., :3] - place.astype(np.float32)) * share)
