"""Curves of degrees over time, painted into a picture."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

Color = tuple[int, int, int]
Doubles = npt.NDArray[np.float64]


def round_range(values: npt.NDArray[np.floating], step: int) -> tuple[float, float]:
    """What holds all finite ones from one multiple of `step` to another; 0 to 180 where there are none."""
    known = values[np.isfinite(values)]
    if not len(known):
        return 0.0, 180.0
    low, high = float(np.floor(known.min() / step) * step), float(np.ceil(known.max() / step) * step)
    return low, max(high, low + step)


@dataclass(frozen=True)
class CurveAxes:
    """Where times and degrees lie in a picture: ltrb in pixels, from the first time to the last, from low to high."""

    ltrb: tuple[int, int, int, int]
    times_s: tuple[float, float]
    degrees: tuple[float, float]

    def place(self, times: npt.ArrayLike, degrees: npt.ArrayLike) -> npt.NDArray[np.int32]:
        """(..., 2) whole pixels x, y."""
        left, top, right, bottom = self.ltrb
        x = left + (np.asarray(times) - self.times_s[0]) / (self.times_s[1] - self.times_s[0] or 1.0) * (right - left)
        y = bottom - (np.asarray(degrees) - self.degrees[0]) / (self.degrees[1] - self.degrees[0]) * (bottom - top)
        return np.stack([x, y], axis=-1).round().astype(np.int32)

    def paint(self, image: npt.NDArray[np.uint8], times: Doubles, degrees: Doubles, color: Color) -> None:
        """A curve; it is broken where nothing is known."""
        for rows in np.split(np.arange(len(times)), np.flatnonzero(~np.isfinite(degrees))):
            known = rows[np.isfinite(degrees[rows])]
            if len(known) > 1:
                cv2.polylines(image, [self.place(times[known], degrees[known])], False, color, 2, cv2.LINE_AA)
