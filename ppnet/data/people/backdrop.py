"""What stands behind the people: pieces of given pictures, or a drawn place.

Pictures come from folders and tar files that the user names; nothing of them is kept but the rendered result.
"""

import tarfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from ppnet.data.samples import ImageRef
from ppnet.errors import DatasetError, UserError

Image = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
_PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".bmp")


@dataclass(frozen=True)
class Backdrops:
    """Pictures to take backdrops from; none: all are drawn."""

    pictures: tuple[ImageRef, ...] = ()

    @classmethod
    def find(cls, places: Iterable[Path | str]) -> "Backdrops":
        """All pictures in folders (and in the tar files there), tar files and single files.

        UserError when a place is missing or holds no picture.
        """
        found: list[ImageRef] = []
        for place in map(Path, places):
            before = len(found)
            files = sorted(place.rglob("*")) if place.is_dir() else [place]
            for file in files:
                if file.suffix.lower() in _PICTURES:
                    found.append(ImageRef(file))
                elif file.suffix == ".tar":
                    found.extend(_members(file))
            if not place.exists() or len(found) == before:
                raise UserError(f"{place} has no image to use as a backdrop; give a folder of images or tar files.")
        return cls(tuple(found))

    def sample(self, rng: np.random.Generator, size_wh: tuple[int, int]) -> Image:
        """A backdrop (H, W, 3) RGB of the size."""
        if not self.pictures or rng.random() < 0.08:
            return drawn(rng, size_wh)
        image = self._piece(rng, size_wh)
        if rng.random() < 0.3:  # another picture as the floor
            image = _with_floor(rng, image, self._piece(rng, size_wh))
        if rng.random() < 0.3:
            image = np.asarray(cv2.GaussianBlur(image, (0, 0), float(rng.uniform(1, 4))), np.uint8)
        return image

    def curtain(self, rng: np.random.Generator, size_wh: tuple[int, int], around_xy: tuple[float, float]) -> Image:
        """(H, W, 4): a blob or bar cut from a picture, as something that stands before people; cover 0 or 255."""
        width, height = size_wh
        x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
        turn = rng.uniform(0, np.pi)
        u = (x - around_xy[0]) * np.cos(turn) + (y - around_xy[1]) * np.sin(turn)
        v = -(x - around_xy[0]) * np.sin(turn) + (y - around_xy[1]) * np.cos(turn)
        if rng.random() < 0.3:  # rails, poles, ropes
            inside = np.abs(v) < rng.uniform(2, 14)
        else:
            angle, half = np.arctan2(v, u), rng.uniform(0.05, 0.22, 2) * height
            rim = 1 + 0.25 * np.sin(2 * angle + rng.uniform(0, 6)) + 0.15 * np.sin(5 * angle + rng.uniform(0, 6))
            power = rng.choice([2.0, 6.0])
            inside = (np.abs(u) / half[0]) ** power + (np.abs(v) / half[1]) ** power < rim
        picture = self.sample(rng, size_wh)
        return np.dstack([picture, inside.astype(np.uint8) * 255])

    def _piece(self, rng: np.random.Generator, size_wh: tuple[int, int]) -> Image:
        """A window of a picture, away from its middle more often than not (there stands its own subject)."""
        try:
            image = self.pictures[rng.integers(len(self.pictures))].read()
        except DatasetError:
            return drawn(rng, size_wh)
        height, width = image.shape[:2]
        share = rng.uniform(0.35, 1.0)
        fit = min(width / size_wh[0], height / size_wh[1]) * share
        window = max(int(size_wh[0] * fit), 8), max(int(size_wh[1] * fit), 8)
        left = int(rng.beta(0.4, 0.4) * max(width - window[0], 0))
        top = int(rng.beta(0.5, 0.5) * max(height - window[1], 0))
        piece = image[top : top + window[1], left : left + window[0]]
        if rng.random() < 0.5:
            piece = piece[:, ::-1]
        return np.asarray(cv2.resize(np.ascontiguousarray(piece), size_wh, interpolation=cv2.INTER_CUBIC), np.uint8)


def _members(file: Path) -> list[ImageRef]:
    try:
        with tarfile.open(file, "r:") as archive:
            names = [member.name for member in archive if member.isfile()]
    except (OSError, tarfile.TarError) as error:
        raise UserError(f"{file} is not a readable plain tar file.") from error
    return [ImageRef(file, name) for name in names if Path(name).suffix.lower() in _PICTURES]


def _with_floor(rng: np.random.Generator, wall: Image, floor: Image) -> Image:
    height = wall.shape[0]
    horizon = rng.uniform(0.35, 0.8) * height
    share = np.clip((np.arange(height) - horizon) / (0.01 * height) + 0.5, 0, 1)[:, None, None]
    return np.asarray(wall * (1 - share) + floor * share, np.uint8)


def drawn(rng: np.random.Generator, size_wh: tuple[int, int]) -> Image:
    """A made-up place: wall or sky above, floor below, blocks of colour, stains and grain."""
    width, height = size_wh
    horizon = int(rng.uniform(0.3, 0.7) * height)
    above, below = (rng.uniform(40, 220) + rng.normal(0, 22, 3) for _ in range(2))
    image = np.empty((height, width, 3), np.float32)
    ramp = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    image[:] = above * (1.12 - 0.25 * ramp)
    image[horizon:] = below * (0.8 + 0.3 * ramp[horizon:])
    for _ in range(rng.integers(2, 12)):
        left, wide = int(rng.uniform(-0.1, 1) * width), int(rng.uniform(0.03, 0.35) * width)
        foot, tall = horizon + int(rng.uniform(-0.05, 0.12) * height), int(rng.uniform(0.1, 0.6) * height)
        block = image[max(foot - tall, 0) : foot, max(left, 0) : max(left + wide, 0)]
        block[:] = rng.uniform(30, 225) + rng.normal(0, 25, 3)
        if rng.random() < 0.5 and block.size:  # windows, shelves, boards
            step = int(rng.integers(6, 24))
            block[::step] *= 0.7
            block[:, ::step] *= 0.75
    for cell, strength in ((4, 9), (16, 10), (64, 12)):
        noise = rng.normal(0, strength, (height // cell + 2, width // cell + 2, 1)).astype(np.float32)
        image += cv2.resize(noise, size_wh, interpolation=cv2.INTER_CUBIC)[:, :, None]
    image = cv2.GaussianBlur(image, (0, 0), float(rng.uniform(0.6, 2.0)))
    return np.asarray(image.clip(0, 255), np.uint8)
