"""Words as small pictures, in any script: every canvas shows the same letters."""

import threading
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from tracking.drawing.colors import OUTLINE, Color
from tracking.drawing.shapes import Label

WEIGHT = 600  # semibold
_LOCK = threading.Lock()  # a font is drawn with by one thread at a time


def label_picture(label: Label, scale: float = 1.0) -> npt.NDArray[np.uint8]:
    """(h, w, 4) RGBA of a label, read-only; scale: pixels of the canvas for one pixel of the image."""
    return _letters(label.text, max(1, round(label.size * scale)), label.ink, label.ground)


def label_inks(
    label: Label, scale: float = 1.0, *, is_bgr: bool = False
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32]]:
    """The same as colours (h, w, 3), in RGB or the other way round, and how much of each pixel they cover (h, w, 1)."""
    return _inks(label.text, max(1, round(label.size * scale)), label.ink, label.ground, is_bgr)


def label_place(label: Label, size: tuple[float, float], canvas_wh: tuple[int, int]) -> tuple[float, float]:
    """Left and top of a label of that width and height, moved so that it lies inside the picture; image pixels."""
    (x, y), (across, down), (width, height) = label.at, label.align, size
    left, top = x - across * width, y - down * height
    return min(max(left, 0.0), max(canvas_wh[0] - width, 0.0)), min(max(top, 0.0), max(canvas_wh[1] - height, 0.0))


@lru_cache(maxsize=512)
def _letters(text: str, size: int, ink: Color, ground: Color | None) -> npt.NDArray[np.uint8]:
    with _LOCK:
        face = cv2.FontFace("sans")
        _, _, width, _ = cv2.getTextSize((0, 0), text, (0, 0), face, size, WEIGHT)
        margin = max(2, round(0.25 * size))
        inked = np.zeros((round(1.35 * size), width + 2 * margin), np.uint8)
        cv2.putText(inked, text, (margin, round(1.02 * size)), (255,), face, size, WEIGHT)
    share = inked[..., None] / 255.0
    pixels = np.empty((*inked.shape, 4), np.uint8)
    pixels[..., :3] = np.rint(share * ink + (1 - share) * (OUTLINE if ground is None else ground))
    pixels[..., 3] = 255 if ground is not None else cv2.dilate(inked, np.ones((3, 3), np.uint8))
    pixels.flags.writeable = False
    return pixels


@lru_cache(maxsize=512)
def _inks(
    text: str, size: int, ink: Color, ground: Color | None, is_bgr: bool
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32]]:
    pixels = _letters(text, size, ink, ground)
    share = np.asarray(pixels[..., 3:] / np.float32(255), np.float32)
    return np.ascontiguousarray(pixels[..., 2::-1] if is_bgr else pixels[..., :3]), share
