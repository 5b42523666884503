"""A teacher's heatmaps for the people of a COCO file, and how one of them comes onto a crop.

They lie in two files. `NAME.heatmaps.npy`: (N, K, rows, columns) uint8, 0..255 for 0..1, read in place.
`NAME.heatmaps.json`: `joints`, the K names; `sigma` of the peak of a sure answer, cells; `people`, annotation id ->
[row of the array, cx, cy, w, h], the frame that the heatmaps cover in pixels of the person's picture. Cell (c, r)
shows the point (cx + (c / columns - 1/2) w, cy + (r / rows - 1/2) h).
"""

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from ppnet.codec import Codec
from ppnet.crops import Doubles
from ppnet.data.coco import NOT_COCO, load_json
from ppnet.errors import DatasetError
from ppnet.skeleton import Skeleton

Levels = npt.NDArray[np.uint8]

FAINTEST_PEAK = 0.1  # a weaker one is not raised any further: nothing is there
LINEAR_WIDENS = 1 / 6  # variance, square cells, that reading between cells linearly adds on average


@dataclass(frozen=True)
class HeatmapFile:
    """Heatmaps of one source's people; joints, sigma and people as in the module's text."""

    path: Path
    joints: tuple[str, ...]
    sigma: float
    people: dict[int, tuple[int, Doubles]] = field(repr=False)

    @classmethod
    def read(cls, array: Path) -> "HeatmapFile":
        """The pair of files whose array is named. DatasetError for anything else."""
        index = array.with_suffix(".json")
        content = load_json(index)
        try:
            shape = _mapped(array).shape
            joints, sigma = tuple(str(name) for name in content["joints"]), float(content["sigma"])
            people = {int(key): (int(row), np.array(frame, float)) for key, (row, *frame) in content["people"].items()}
            fits = (
                _mapped(array).dtype == np.uint8
                and len(shape) == 4
                and shape[1] == len(joints)
                and sigma > 0
                and all(0 <= row < shape[0] and frame.shape == (4,) for row, frame in people.values())
            )
        except (OSError, EOFError, *NOT_COCO) as error:
            raise DatasetError(f"{array} and {index.name} are no heatmaps of people ({error!r}).") from error
        if not fits:
            raise DatasetError(f"{array} does not hold what {index.name} says; make both again.")
        return cls(array, joints, sigma, people)

    def on_crop(self, person: int, matrix: Doubles, codec: Codec, skeleton: Skeleton) -> Levels | None:
        """Heatmaps (K + 1, h, w) of annotation `person` on a crop's cells, or None where there are none.

        matrix: (2, 3), picture -> crop pixels. Joints in the order of `skeleton`, zeros for those unknown here;
        each has a peak of 255 and is about as wide as the codec's own target. Last: 255 where the frame reaches.
        """
        if person not in self.people:
            return None
        row, frame = self.people[person]
        maps = _mapped(self.path)[row]
        to_cells = _cell_matrix(frame, maps.shape[:0:-1], matrix, codec)
        warped = np.zeros((len(skeleton) + 1, *codec.heatmap_wh[::-1]), np.uint8)
        enlargement = abs(np.linalg.det(to_cells[:, :2]))
        # Enlarged linearly, a peak would stay at its cell; sharpened, it would stand beside its place.
        is_larger = enlargement > 1
        flags = cv2.INTER_CUBIC if is_larger else cv2.INTER_LINEAR
        sigma = np.sqrt((self.sigma**2 + (0 if is_larger else LINEAR_WIDENS)) * enlargement)
        missing = np.sqrt(max(codec.sigma**2 - sigma**2, 0))
        for name, source in zip(self.joints, maps, strict=True):
            if name in skeleton.keypoints:
                target = warped[skeleton.index(name)]
                cv2.warpAffine(source, to_cells, codec.heatmap_wh, dst=target, flags=flags)
                if missing > 0:
                    cv2.GaussianBlur(target, (0, 0), missing, dst=target)
        _sharpen(warped[:-1], max(sigma / codec.sigma, 1.0) ** 2)
        everywhere = np.full(maps.shape[1:], 255, np.uint8)
        cv2.warpAffine(everywhere, to_cells, codec.heatmap_wh, dst=warped[-1], flags=cv2.INTER_LINEAR)
        return warped


@lru_cache(maxsize=64)
def _mapped(array: Path) -> Levels:
    """Opened once in each process, so that loading processes started without a fork need no copy of it."""
    opened: Levels = np.load(array, mmap_mode="r", allow_pickle=False)
    return opened


def _cell_matrix(frame: Doubles, source_wh: tuple[int, ...], matrix: Doubles, codec: Codec) -> Doubles:
    """(2, 3), cells of the file -> cells of the codec's targets."""
    step = frame[2:] / source_wh
    linear = matrix[:, :2] / np.array(codec.cell_xy)[:, None]
    shift = matrix[:, 2] / codec.cell_xy + linear @ (frame[:2] - frame[2:] / 2)
    return np.column_stack([linear * step, shift])


def _sharpen(maps: Levels, power: float) -> None:
    """Raise each (h, w) of `maps` to a power, its peak to 255, in place; a Gaussian narrows by the power's root."""
    peaks = np.maximum(maps.max(axis=(1, 2)), 255 * FAINTEST_PEAK)
    tables = np.rint(255 * np.minimum(np.arange(256) / peaks[:, None], 1) ** power).astype(np.uint8)
    for plane, table in zip(maps, tables, strict=True):
        cv2.LUT(plane, table, dst=plane)
