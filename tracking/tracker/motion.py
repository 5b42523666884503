"""How boxes move: constant-velocity Kalman filters, all of them as one batch, and boxes made from keypoints."""

import math
from dataclasses import dataclass, fields
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from tracking import boxes as box_math
from tracking.tracker.settings import MotionSettings

Floats = npt.NDArray[np.floating]
Rows = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]


@dataclass
class BoxFilters:
    """Kalman filters of T boxes: centre, width and height, each with a velocity, in pixels and pixels per second.

    The four don't influence one another, so that covariances are three vectors rather than an 8x8 matrix. Noise scales
    with the box: near and far people are treated alike. Continuous white noise makes the result nearly independent of
    the frame rate.

    place, speed and their variances and covariance: (T, 4) of centre x, y, width and height. usual: (T, 4) mean width,
    height and velocity; usual_weight: (T, 1). boxes: the (T, 4) xyxy estimates; they may reach outside the picture.
    """

    place: Floats
    speed: Floats
    place_variance: Floats
    covariance: Floats
    speed_variance: Floats
    usual: Floats
    usual_weight: Floats
    boxes: Floats

    @classmethod
    def start(cls, boxes: Floats, settings: MotionSettings) -> "BoxFilters":
        """Fresh filters at boxes (T, 4)."""
        place = _measurements(np.asarray(boxes, np.float64).reshape(-1, 4))
        side = _sides(place)
        return cls(
            place=place,
            speed=np.zeros_like(place),
            place_variance=_noise(side, 1.0, settings),
            covariance=np.zeros_like(place),
            speed_variance=(_twice(settings.start_speed, settings.start_size_speed) * side) ** 2,
            usual=np.concatenate([place[:, 2:], np.zeros((len(place), 2))], axis=1),
            usual_weight=np.zeros((len(place), 1)),
            boxes=_boxes(place),
        )

    def joined(self, others: "BoxFilters") -> "BoxFilters":
        """These filters and then the others."""
        pairs = ((getattr(self, field.name), getattr(others, field.name)) for field in fields(self))
        return BoxFilters(*(np.concatenate(pair) for pair in pairs))

    def take(self, rows: Rows | Mask) -> "BoxFilters":
        """Only these filters, in this order."""
        return BoxFilters(*(getattr(self, field.name)[rows] for field in fields(self)))

    @property
    def position_variances(self) -> Floats:
        """(T,) mean variances of the centres, square pixels; they grow while nothing is measured."""
        return np.asarray((self.place_variance[:, 0] + self.place_variance[:, 1]) / 2)

    def predict(self, step_s: float, settings: MotionSettings) -> None:
        """Move on by `step_s` seconds; 0 changes nothing."""
        if not step_s > 0:
            return
        memory_s = settings.size_memory_s
        fading = math.exp(-step_s / memory_s)
        shift, keep = _twice(step_s, memory_s * (1 - fading)), _twice(1.0, fading)
        density = _twice(settings.position_density, settings.size_density) * _sides(self.place) ** 2
        covariance = self.covariance + shift * self.speed_variance
        self.place = self.place + shift * self.speed
        self.speed = keep * self.speed
        self.place_variance = self.place_variance + shift * (self.covariance + covariance) + density * step_s**3 / 3
        self.covariance = keep * covariance + density * step_s**2 / 2
        self.speed_variance = keep**2 * self.speed_variance + density * step_s
        self.boxes = _boxes(self.place)

    def innovation(self, boxes: Floats) -> "Innovation":
        """What boxes (T, 4) measured now tell; NaN where nothing is."""
        return Innovation(_measurements(boxes) - self.place, _sides(self.place))

    def update(self, rows: Rows, found: "Innovation", noise: Floats, settings: MotionSettings) -> None:
        """Take in what was measured of some rows (R,), with standard deviations `noise` (T,) times the usual."""
        place, variance, covariance = self.place[rows], self.place_variance[rows], self.covariance[rows]
        residual, total = found.residual[rows], variance + found.variances(rows, noise, settings)
        place_gain, speed_gain = variance / total, covariance / total
        self.place[rows] = place = place + place_gain * residual
        self.speed[rows] += speed_gain * residual
        self.speed_variance[rows] -= speed_gain * covariance
        self.covariance[rows] = (1 - place_gain) * covariance
        self.place_variance[rows] = (1 - place_gain) * variance
        self.boxes[rows] = _boxes(place)

    def updated_boxes(self, rows: Rows, found: "Innovation", noise: Floats, settings: MotionSettings) -> Floats:
        """(R, 4) the boxes that `update` would make; NaN where nothing was measured."""
        variance = self.place_variance[rows]
        gain = variance / (variance + found.variances(rows, noise, settings))
        return _boxes(self.place[rows] + gain * found.residual[rows])

    def average(self, rows: Rows, steps_s: Floats, settings: MotionSettings) -> None:
        """Take size and velocity of some rows, `steps_s` (R,) after the last time, into the running means that
        `freeze` goes back to."""
        boxes, usual = self.boxes[rows], self.usual[rows]
        now = np.concatenate([boxes[:, 2:] - boxes[:, :2], self.speed[rows, :2]], axis=1)
        fading = np.exp(-steps_s / settings.freeze_memory_s)[:, None]
        weight = self.usual_weight[rows] * fading + (1 - fading)
        self.usual_weight[rows] = weight
        self.usual[rows] = usual + (1 - fading) / np.maximum(weight, 1e-9) * (now - usual)

    def freeze(self, rows: Rows) -> None:
        """Go on with the mean size, which no longer changes, and the mean velocity: the last ones seen may be those of
        a person half hidden (OC-SORT leans on observations for the same reason)."""
        self.place[rows, 2:] = self.usual[rows, :2]
        self.speed[rows, :2] = self.usual[rows, 2:]
        self.speed[rows, 2:] = 0.0
        self.boxes[rows] = _boxes(self.place[rows])


@dataclass(frozen=True, slots=True)
class Innovation:
    """What was measured of T boxes: residual (T, 4), how far that is from what was expected; side (T, 1), the longest
    one expected."""

    residual: Floats
    side: Floats

    def variances(self, rows: Rows, noise: Floats, settings: MotionSettings) -> Floats:
        """(R, 4) of the measurements of some rows (R,), with standard deviations `noise` (T,) times the usual."""
        return _noise(self.side[rows], noise[rows, None], settings)


def boxes_of_keypoints(
    anchors: Floats, anchor_keypoints: Floats, keypoints: Floats, settings: MotionSettings, *, least: int
) -> tuple[Floats, Floats]:
    """Boxes (N, 4) moved with keypoints (N, K, 2); NaN where fewer than `least` are common with those of the anchor.

    anchors: (N, 4) the last detected boxes, with their keypoints (N, K, 2): whatever is made from later keypoints
    refers to them, so that errors don't add up from frame to frame.
    Twice: moved and scaled as all of them together, for the filter; and with each edge moved as the outermost ones (a
    stride makes the box wider at once), but never far from the first, for the report.
    """
    # (2, N, 2, K): what lies in a row is added up soonest.
    points = np.array([anchor_keypoints.swapaxes(1, 2), keypoints.swapaxes(1, 2)])
    common = np.isfinite(points).all(axis=(0, 2))[:, None]
    points = np.where(common, points, np.nan)
    counts = common.sum(axis=2)
    center, new_center = centers = np.where(common, points, 0.0).sum(axis=3) / np.maximum(counts, 1)
    away = np.where(common, points - centers[..., None], 0.0)
    spread, new_spread = np.sqrt((away**2).sum(axis=(2, 3)))[..., None]
    growth = new_spread / np.maximum(spread, np.sqrt(np.maximum(counts, 1)))
    scale = np.minimum(np.maximum(growth, 1 / settings.max_scale), settings.max_scale)
    middles = new_center + (box_math.centers(anchors) - center) * scale
    wholes = box_math.from_centers(middles, box_math.sizes(anchors) * scale)
    wholes[counts[:, 0] < max(least, 1)] = np.nan
    (low, new_low), (high, new_high) = np.fmin.reduce(points, axis=3), np.fmax.reduce(points, axis=3)
    edges = anchors + np.concatenate([new_low - low, new_high - high], axis=1)
    reach = settings.max_edge_shift * box_math.sizes(wholes).max(axis=1, keepdims=True)
    return wholes, np.minimum(np.maximum(edges, wholes - reach), wholes + reach)


def _sides(place: Floats) -> Floats:
    """(T, 1) longest sides."""
    return np.asarray(np.maximum(np.maximum(place[:, 2], place[:, 3]), 1.0)[:, None])


def _noise(side: Floats, factor: Floats | float, settings: MotionSettings) -> Floats:
    """(T, 4) variances of a measurement."""
    return np.asarray((_twice(settings.position_noise, settings.size_noise) * (side * factor)) ** 2)


def _boxes(place: Floats) -> Floats:
    half = np.maximum(place[:, 2:], 1.0) / 2
    return np.concatenate([place[:, :2] - half, place[:, :2] + half], axis=1)


@lru_cache(maxsize=64)
def _twice(of_center: float, of_size: float) -> Floats:
    """(4,) values for centre x, y, width and height."""
    values = np.array([of_center, of_center, of_size, of_size])
    values.flags.writeable = False
    return values


def _measurements(boxes: Floats) -> Floats:
    """(T, 4) centres, widths and heights of boxes (T, 4) xyxy."""
    return np.concatenate([(boxes[:, :2] + boxes[:, 2:]) / 2, np.maximum(boxes[:, 2:] - boxes[:, :2], 0.0)], axis=1)
