"""How boxes move: one constant-velocity Kalman filter per person (filterpy), in seconds and fractions of the box."""

from functools import lru_cache

import numpy as np
import numpy.typing as npt
from filterpy.common import Q_continuous_white_noise
from filterpy.kalman import KalmanFilter

from tracking import boxes as box_math

Floats = npt.NDArray[np.float64]

POSITION_SPREAD = 0.03  # standard deviation of a measured middle, as a fraction of the box's longest side
SIZE_SPREAD = 0.03  # and of its width and height
POSITION_AGILITY = 0.5  # spectral density of the middle's acceleration, side^2 / s^3: people start, stop and turn
SIZE_AGILITY = 0.1
START_SPEED = 1.0  # standard deviation of an unknown speed, sides per second
SIZE_MEMORY_S = 0.4  # a change of size dies out within about this time when nothing confirms it


class BoxFilter:
    """Kalman filter of one box: state (cx, vcx, cy, vcy, w, vw, h, vh), pixels and pixels per second.

    Noise follows the person's size, so near and far people are treated alike. Continuous white noise makes
    the answer nearly independent of the frame rate. `box` is the (4,) xyxy estimate in pixels.
    """

    def __init__(self, box: npt.NDArray[np.floating]) -> None:
        measured = _measurement(box)
        self._kalman = KalmanFilter(dim_x=8, dim_z=4)
        self._kalman.H = np.zeros((4, 8))
        self._kalman.H[np.arange(4), np.arange(0, 8, 2)] = 1.0
        self._kalman.x = np.zeros((8, 1))
        self._kalman.x[::2, 0] = measured
        side = _side(measured)
        speed = np.array([START_SPEED, START_SPEED, 0.2, 0.2]) * side
        self._kalman.P = np.diag(np.stack([np.diag(_noise(side, 1.0)), speed**2], axis=1).ravel())
        self.box = _box(self._kalman.x)

    @property
    def velocity(self) -> Floats:
        """(2,) speed of the middle, pixels per second."""
        return np.array(self._kalman.x[[1, 3], 0])

    @property
    def position_variance(self) -> float:
        """Mean variance of the middle, square pixels; grows while nothing is measured."""
        covariance = self._kalman.P
        return float(covariance[0, 0] + covariance[2, 2]) / 2

    def predict(self, dt_s: float) -> None:
        """Move on by `dt_s` seconds; 0 changes nothing."""
        if dt_s <= 0:
            return
        side = _side(self._kalman.x[::2, 0])
        fading = np.exp(-dt_s / SIZE_MEMORY_S)
        moving = np.array([[1.0, dt_s], [0.0, 1.0]])
        resizing = np.array([[1.0, SIZE_MEMORY_S * (1 - fading)], [0.0, fading]])
        noise = _unit_noise(dt_s) * side**2
        wandering, growing = POSITION_AGILITY * noise, SIZE_AGILITY * noise
        self._kalman.predict(
            F=_blocks(moving, moving, resizing, resizing), Q=_blocks(wandering, wandering, growing, growing)
        )
        self.box = _box(self._kalman.x)

    def hold(self, size_wh: npt.NDArray[np.floating], velocity: npt.NDArray[np.floating]) -> None:
        """Go on with this constant width and height and this speed of the middle."""
        self._kalman.x[[4, 6], 0] = size_wh
        self._kalman.x[[5, 7], 0] = 0.0
        self._kalman.x[[1, 3], 0] = velocity
        self.box = _box(self._kalman.x)

    def update(self, box: npt.NDArray[np.floating], *, doubt: float = 1.0) -> None:
        """Take in a measured box (4,) xyxy; `doubt` above 1 trusts it less (standard deviations times that)."""
        measured = _measurement(box)
        side = _side(self._kalman.x[::2, 0])
        self._kalman.update(measured[:, None], R=_noise(side, doubt))
        self.box = _box(self._kalman.x)


def _box(state: Floats) -> Floats:
    cx, cy, width, height = (float(value) for value in state[::2, 0])
    half_width, half_height = max(width, 1.0) / 2, max(height, 1.0) / 2
    return np.array([cx - half_width, cy - half_height, cx + half_width, cy + half_height])


@lru_cache(maxsize=256)
def _unit_noise(dt_s: float) -> Floats:
    return np.asarray(Q_continuous_white_noise(2, dt_s, 1.0), np.float64)


def _measurement(box: npt.NDArray[np.floating]) -> Floats:
    row = np.asarray(box, np.float64)[None]
    return np.concatenate([box_math.centers(row)[0], box_math.sizes(row)[0]])


def _side(state: npt.NDArray[np.floating]) -> float:
    return float(max(state[2], state[3], 1.0))


def _noise(side: float, doubt: float) -> Floats:
    spread = np.array([POSITION_SPREAD, POSITION_SPREAD, SIZE_SPREAD, SIZE_SPREAD]) * side * doubt
    return np.diag(spread**2)


def _blocks(*squares: npt.NDArray[np.floating]) -> Floats:
    whole = np.zeros((8, 8))
    for index, square in enumerate(squares):
        whole[2 * index : 2 * index + 2, 2 * index : 2 * index + 2] = square
    return whole
