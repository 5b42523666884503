"""How a stored picture must be turned to stand upright: the display matrix of a video file as flips and a transpose."""

import struct
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Orientation:
    """A turn by a multiple of 90 degrees with or without mirroring: first transpose, then the flips."""

    transpose: bool = False
    flip_x: bool = False
    flip_y: bool = False

    @classmethod
    def from_display_matrix(cls, data: bytes) -> "Orientation":
        """Read the nine 32-bit numbers of a display matrix (ISO/IEC 14496-12, 16.16 fixed point).

        The matrix takes a stored pixel (p, q) to (a p + c q, b p + d q); only its signs and its larger
        diagonal count, so an angle between two quarter turns goes to the nearer one.
        """
        a, b, _, c, d, _, _, _, _ = struct.unpack("<9i", data[:36])
        if abs(a) + abs(d) >= abs(b) + abs(c):
            return cls(False, a < 0, d < 0)
        return cls(True, c < 0, b < 0)

    @property
    def rotation_deg(self) -> int:
        """Clockwise turn in degrees that makes the picture upright (before mirroring left to right)."""
        if self.transpose:
            return 270 if self.flip_y else 90
        return 180 if self.flip_y else 0

    @property
    def mirrored(self) -> bool:
        """True when the stored picture is a mirror image."""
        return self.transpose ^ self.flip_x ^ self.flip_y

    def upright_size(self, size_wh: tuple[int, int]) -> tuple[int, int]:
        """Size of the upright picture, width first."""
        return (size_wh[1], size_wh[0]) if self.transpose else size_wh

    def apply(self, image: Image) -> Image:
        """The upright picture of a stored (H, W, 3) one."""
        if self.transpose:
            image = cv2.transpose(image)
        if self.flip_x and self.flip_y:
            return np.asarray(cv2.flip(image, -1))
        if self.flip_x or self.flip_y:
            return np.asarray(cv2.flip(image, 1 if self.flip_x else 0))
        return image


UPRIGHT = Orientation()


def fitted(image: Image, size_wh: tuple[int, int]) -> Image:
    """The picture itself if it has that size, else shrunk or enlarged to fit, in the middle of a black frame."""
    height, width = image.shape[:2]
    if (width, height) == size_wh:
        return image
    scale = min(size_wh[0] / width, size_wh[1] / height)
    inner = max(1, round(width * scale)), max(1, round(height * scale))
    canvas = np.zeros((size_wh[1], size_wh[0], 3), np.uint8)
    x, y = (size_wh[0] - inner[0]) // 2, (size_wh[1] - inner[1]) // 2
    canvas[y : y + inner[1], x : x + inner[0]] = cv2.resize(image, inner, interpolation=cv2.INTER_AREA)
    return canvas
