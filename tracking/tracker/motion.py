"""How a person's box moves: a constant-velocity Kalman filter, and boxes made from keypoints."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tracking import boxes as box_math
from tracking.tracker.settings import MotionSettings

Floats = npt.NDArray[np.floating]


class BoxMotion:
    """Kalman filter of one box: centre, width and height, each with a velocity, in pixels and pixels per second.

    The four don't influence one another, so that covariances are three vectors rather than an 8x8 matrix. Noise scales
    with the box: near and far people are treated alike. Continuous white noise makes the result nearly independent of
    the frame rate. `box` is the (4,) xyxy estimate in pixels; it may reach outside the picture.
    """

    def __init__(self, box: Floats, settings: MotionSettings) -> None:
        self._settings = settings
        self._noise_sides = _twice(settings.position_noise, settings.size_noise)
        self._density_sides = _twice(settings.position_density, settings.size_density)
        self._place = _measurement(box)  # cx, cy, width, height
        self._speed = np.zeros(4)
        side = self._side
        self._place_variance = self._noise(1.0)
        self._covariance = np.zeros(4)
        self._speed_variance = (_twice(settings.start_speed, settings.start_size_speed) * side) ** 2
        self._usual = np.concatenate([self._place[2:], np.zeros(2)])  # mean width, height and velocity
        self._usual_weight = 0.0
        self.box = self._box()

    @property
    def velocity(self) -> Floats:
        """(2,) speed of the centre, pixels per second."""
        return self._speed[:2].copy()

    @property
    def position_variance(self) -> float:
        """Mean variance of the centre, square pixels; it grows while nothing is measured."""
        return float(self._place_variance[0] + self._place_variance[1]) / 2

    def predict(self, step_s: float) -> None:
        """Move on by `step_s` seconds; 0 changes nothing."""
        if step_s <= 0:
            return
        memory_s = self._settings.size_memory_s
        fading = math.exp(-step_s / memory_s)
        shift, keep = _twice(step_s, memory_s * (1 - fading)), _twice(1.0, fading)
        density = self._density_sides * self._side**2
        self._place = self._place + shift * self._speed
        self._speed = keep * self._speed
        covariance = self._covariance + shift * self._speed_variance
        self._place_variance = self._place_variance + shift * (self._covariance + covariance) + density * step_s**3 / 3
        self._covariance = keep * covariance + density * step_s**2 / 2
        self._speed_variance = keep**2 * self._speed_variance + density * step_s
        self.box = self._box()

    def update(self, box: Floats, *, noise: float) -> None:
        """Take in a measured box (4,) xyxy whose standard deviations are `noise` times the usual ones."""
        residual = _measurement(box) - self._place
        total = self._place_variance + self._noise(noise)
        place_gain, speed_gain = self._place_variance / total, self._covariance / total
        self._place = self._place + place_gain * residual
        self._speed = self._speed + speed_gain * residual
        self._speed_variance = self._speed_variance - speed_gain * self._covariance
        self._covariance = (1 - place_gain) * self._covariance
        self._place_variance = (1 - place_gain) * self._place_variance
        self.box = self._box()

    def average(self, step_s: float) -> None:
        """Take size and velocity, `step_s` after the last time, into the running means that `freeze` goes back to."""
        now = np.concatenate([self.box[2:] - self.box[:2], self._speed[:2]])
        fading = math.exp(-step_s / self._settings.freeze_memory_s)
        self._usual_weight = self._usual_weight * fading + (1 - fading)
        share = (1 - fading) / max(self._usual_weight, 1e-9)
        self._usual = self._usual + share * (now - self._usual)

    def freeze(self) -> None:
        """Go on with the mean size, which no longer changes, and the mean velocity: the last ones seen may be those of
        a person half hidden (OC-SORT leans on observations for the same reason)."""
        self._place[2:] = self._usual[:2]
        self._speed[:] = *self._usual[2:], 0.0, 0.0
        self.box = self._box()

    @property
    def _side(self) -> float:
        return max(float(self._place[2]), float(self._place[3]), 1.0)

    def _noise(self, factor: float) -> Floats:
        """(4,) variances of a measurement."""
        return np.asarray((self._noise_sides * (self._side * factor)) ** 2)

    def _box(self) -> Floats:
        half = np.maximum(self._place[2:], 1.0) / 2
        return np.concatenate([self._place[:2] - half, self._place[:2] + half])


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
        count = int(common.sum())
        if count < least:
            return None
        old, new = self.keypoints[common].astype(np.float64), keypoints[common].astype(np.float64)
        old_center, new_center = old.sum(axis=0) / count, new.sum(axis=0) / count
        old_spread, new_spread = float(np.linalg.norm(old - old_center)), float(np.linalg.norm(new - new_center))
        growth = new_spread / max(old_spread, math.sqrt(count))
        scale = min(max(growth, 1 / settings.max_scale), settings.max_scale)
        center = new_center + (box_math.centers(self.box[None])[0] - old_center) * scale
        whole = box_math.from_centers(center[None], box_math.sizes(self.box[None]) * scale)[0]
        edges = self.box + np.concatenate([new.min(axis=0) - old.min(axis=0), new.max(axis=0) - old.max(axis=0)])
        reach = settings.max_edge_shift * float(box_math.sizes(whole[None]).max())
        return whole, np.clip(edges, whole - reach, whole + reach)


def _twice(of_center: float, of_size: float) -> Floats:
    """(4,) values for centre x, y, width and height."""
    return np.array([of_center, of_center, of_size, of_size])


def _measurement(box: Floats) -> Floats:
    """(4,) centre, width and height of a box (4,) xyxy."""
    size = np.maximum(box[2:] - box[:2], 0.0)
    return np.concatenate([(box[:2] + box[2:]) / 2, size])
