"""How a person's box moves: a constant-velocity Kalman filter (filterpy), and boxes made from keypoints."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from filterpy.common import Q_continuous_white_noise
from filterpy.kalman import KalmanFilter

from tracking import boxes as box_math
from tracking.tracker.settings import MotionSettings

Floats = npt.NDArray[np.floating]


class BoxMotion:
    """Kalman filter of one box: state (cx, vcx, cy, vcy, w, vw, h, vh), pixels and pixels per second.

    Noise scales with the box, so near and far people are treated alike. Continuous white noise makes the result
    nearly independent of the frame rate. `box` is the (4,) xyxy estimate in pixels; it may reach outside the picture.
    """

    def __init__(self, box: Floats, settings: MotionSettings) -> None:
        self._settings = settings
        measured = _measurement(box)
        self._kalman = KalmanFilter(dim_x=8, dim_z=4)
        self._kalman.H = np.zeros((4, 8))
        self._kalman.H[np.arange(4), np.arange(0, 8, 2)] = 1.0
        self._kalman.x = np.zeros((8, 1))
        self._kalman.x[::2, 0] = measured
        side = _side(measured)
        speed = np.repeat([settings.start_speed, settings.start_size_speed], 2) * side
        self._kalman.P = np.diag(np.stack([np.diag(self._noise(side, 1.0)), speed**2], axis=1).ravel())
        self.box = _box(self._kalman.x)
        self._usual = np.concatenate([measured[2:], np.zeros(2)])  # mean width, height and velocity
        self._usual_weight = 0.0

    @property
    def velocity(self) -> Floats:
        """(2,) speed of the centre, pixels per second."""
        return np.array(self._kalman.x[[1, 3], 0])

    @property
    def position_variance(self) -> float:
        """Mean variance of the centre, square pixels; it grows while nothing is measured."""
        covariance = self._kalman.P
        return float(covariance[0, 0] + covariance[2, 2]) / 2

    def predict(self, step_s: float) -> None:
        """Move on by `step_s` seconds; 0 changes nothing."""
        if step_s <= 0:
            return
        side = _side(self._kalman.x[::2, 0])
        memory_s = self._settings.size_memory_s
        fading = np.exp(-step_s / memory_s)
        moving = np.array([[1.0, step_s], [0.0, 1.0]])
        resizing = np.array([[1.0, memory_s * (1 - fading)], [0.0, fading]])
        noise = _unit_noise(step_s) * side**2
        position, size = self._settings.position_density * noise, self._settings.size_density * noise
        self._kalman.predict(F=_blocks(moving, moving, resizing, resizing), Q=_blocks(position, position, size, size))
        self.box = _box(self._kalman.x)

    def update(self, box: Floats, *, noise: float) -> None:
        """Take in a measured box (4,) xyxy whose standard deviations are `noise` times the usual ones."""
        side = _side(self._kalman.x[::2, 0])
        self._kalman.update(_measurement(box)[:, None], R=self._noise(side, noise))
        self.box = _box(self._kalman.x)

    def average(self, step_s: float) -> None:
        """Take size and velocity, `step_s` after the last time, into the running means that `freeze` goes back to."""
        now = np.concatenate([box_math.sizes(self.box[None])[0], self.velocity])
        fading = np.exp(-step_s / self._settings.freeze_memory_s)
        self._usual_weight = self._usual_weight * fading + (1 - fading)
        share = (1 - fading) / max(self._usual_weight, 1e-9)
        self._usual = self._usual + share * (now - self._usual)

    def freeze(self) -> None:
        """Go on with the mean size, which no longer changes, and the mean velocity: the last ones seen may be those of
        a person half hidden (OC-SORT leans on observations for the same reason)."""
        self._kalman.x[[4, 6], 0] = self._usual[:2]
        self._kalman.x[[5, 7], 0] = 0.0
        self._kalman.x[[1, 3], 0] = self._usual[2:]
        self.box = _box(self._kalman.x)

    def _noise(self, side: float, factor: float) -> Floats:
        return np.diag((np.repeat([self._settings.position_noise, self._settings.size_noise], 2) * side * factor) ** 2)


@dataclass(frozen=True)
class BoxAnchor:
    """The last detected box (4,) with its keypoints (K, 2): boxes made from later keypoints refer to it, so that errors
    don't add up from frame to frame."""

    box: Floats
    keypoints: Floats

    def boxes_of(self, keypoints: Floats, settings: MotionSettings, *, least: int) -> tuple[Floats, Floats] | None:
        """The anchor moved with keypoints (K, 2); None when fewer than `least` are common.

        Twice: moved and scaled as all of them together, for the filter; and with each edge moved as the outermost
        ones (a stride makes the box wider at once), but never far from the first, for the report.
        """
        common = np.isfinite(self.keypoints).all(axis=1) & np.isfinite(keypoints).all(axis=1)
        if common.sum() < least:
            return None
        old, new = self.keypoints[common].astype(np.float64), keypoints[common].astype(np.float64)
        spreads = [np.sqrt(((points - points.mean(axis=0)) ** 2).sum(axis=1).mean()) for points in (old, new)]
        scale = float(np.clip(spreads[1] / max(spreads[0], 1.0), 1 / settings.max_scale, settings.max_scale))
        center = new.mean(axis=0) + (box_math.centers(self.box[None])[0] - old.mean(axis=0)) * scale
        whole = box_math.from_centers(center[None], box_math.sizes(self.box[None]) * scale)[0]
        edges = self.box + np.concatenate([new.min(axis=0) - old.min(axis=0), new.max(axis=0) - old.max(axis=0)])
        reach = settings.max_edge_shift * float(box_math.sizes(whole[None]).max())
        return whole, np.clip(edges, whole - reach, whole + reach)


def _box(state: Floats) -> Floats:
    cx, cy, width, height = (float(value) for value in state[::2, 0])
    half_width, half_height = max(width, 1.0) / 2, max(height, 1.0) / 2
    return np.array([cx - half_width, cy - half_height, cx + half_width, cy + half_height])


@lru_cache(maxsize=256)
def _unit_noise(step_s: float) -> Floats:
    return np.asarray(Q_continuous_white_noise(2, step_s, 1.0), np.float64)


def _measurement(box: Floats) -> Floats:
    row = np.asarray(box, np.float64)[None]
    return np.concatenate([box_math.centers(row)[0], box_math.sizes(row)[0]])


def _side(state: Floats) -> float:
    return float(max(state[2], state[3], 1.0))


def _blocks(*squares: Floats) -> Floats:
    whole = np.zeros((8, 8))
    for index, square in enumerate(squares):
        whole[2 * index : 2 * index + 2, 2 * index : 2 * index + 2] = square
    return whole
