"""People in motion: routes over the floor, walking cycles that fit the ground covered, gestures.

Everything is a function of time alone, so the same scene can be taken at any frame rate.
"""

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
from scipy.interpolate import PchipInterpolator
from scipy.ndimage import gaussian_filter1d

from ppnet.data.people.actors import Actor
from ppnet.data.people.body import body_model
from ppnet.data.people.figure import Figure
from ppnet.data.people.poses import Pose, gait

Array = npt.NDArray[np.float64]
_STEP_S = 1 / 240

# Arms in degrees: plane, elevation, twist, elbow, pronation, wrist, curl (see `poses.ARM`).
_GESTURES: dict[str, tuple[float, ...]] = {
    "wave": (75, 92, 78, 85, 10, 0, 8),
    "phone": (25, 42, -15, 128, 0, 10, 45),
    "point": (25, 88, 0, 8, 20, 0, 25),
    "hip": (105, 40, -62, 98, 30, 30, 40),
    "head": (80, 120, 20, 130, 30, 5, 30),
    "up": (50, 160, 0, 15, 10, 0, 20),
}


@dataclass(frozen=True)
class Gesture:
    """An arm's business from `start_s` to `end_s`: `wave`, `phone`, `point`, `hip`, `head` or `up`; or `squat`."""

    kind: str
    start_s: float
    end_s: float
    left: bool = False

    def share(self, time_s: float) -> float:
        """How far the gesture has taken over, 0 to 1."""
        into = min(time_s - self.start_s, self.end_s - time_s) / 0.45
        part = float(np.clip(into, 0, 1))
        return part * part * (3 - 2 * part)


@dataclass(frozen=True)
class Route:
    """Where a person is when: rows of (time_s, x, y), passed smoothly; `facing` is the yaw when standing still."""

    stops: tuple[tuple[float, float, float], ...]
    facing: float = 0.0


@dataclass
class Performer:
    """A figure on its route. `at(time_s)` gives the posed actor."""

    figure: Figure
    route: Route
    gestures: tuple[Gesture, ...] = ()
    habit: float = 0.0  # phase of idle sway and of the first step, so that people don't move alike
    _grid: dict[str, Array] = field(init=False, repr=False)
    _phases: Array = field(init=False, repr=False)

    def __post_init__(self) -> None:
        stops = np.array(self.route.stops, float)
        time = np.arange(stops[0, 0], stops[-1, 0] + _STEP_S, _STEP_S)
        place = np.stack([PchipInterpolator(stops[:, 0], stops[:, axis])(time) for axis in (1, 2)], 1)
        place = gaussian_filter1d(place, 0.12 / _STEP_S, axis=0, mode="nearest")
        velocity = np.gradient(place, _STEP_S, axis=0)
        speed = np.linalg.norm(velocity, axis=1)
        stand = 0.12 * np.array([np.sin(self.route.facing), -np.cos(self.route.facing)])
        heading = gaussian_filter1d(velocity + stand, 0.22 / _STEP_S, axis=0, mode="nearest")
        length_m, self._phases = _support(self.figure)
        stride = np.clip(1.2 * np.sqrt(speed / (1.25 * length_m)), 0.55, 1.6)
        cycles = np.cumsum(speed / (length_m * stride**1.1)) * _STEP_S
        self._grid = {
            "time": time, "x": place[:, 0], "y": place[:, 1], "speed": speed, "stride": stride,
            "yaw": np.unwrap(np.arctan2(heading[:, 0], -heading[:, 1])), "cycles": cycles + self.habit,
        }  # fmt: skip

    def _value(self, name: str, time_s: float) -> float:
        return float(np.interp(time_s, self._grid["time"], self._grid[name]))

    def present(self, time_s: float) -> bool:
        """Whether the person is in the scene at all."""
        return bool(self._grid["time"][0] <= time_s <= self._grid["time"][-1])

    def at(self, time_s: float) -> Actor:
        """The person at a moment."""
        pose = self.pose_at(time_s)
        place = (self._value("x", time_s), self._value("y", time_s))
        return Actor(self.figure, self.figure.pose(pose), place, self._value("yaw", time_s))

    def cycle_at(self, time_s: float) -> float:
        """How many walking cycles lie behind; each begins with the contact of the left heel."""
        cycles = self._value("cycles", time_s)
        share = cycles % 1  # of the ground that one cycle covers
        return float(cycles // 1 + np.interp(share, self._phases, np.linspace(0, 1, len(self._phases))))

    def pose_at(self, time_s: float) -> Pose:
        """Walking or standing, with the gestures of that moment."""
        going = float(np.clip((self._value("speed", time_s) - 0.06) / 0.45, 0, 1))
        going = going * going * (3 - 2 * going)
        walk = gait(self.cycle_at(time_s) % 1, stride=self._value("stride", time_s))
        pose = _blend(_idle(time_s + 7 * self.habit), walk, going)
        for gesture in self.gestures:
            share = gesture.share(time_s)
            if share > 0:
                pose = _with_gesture(pose, gesture, share, time_s)
        return pose


def _support(figure: Figure) -> tuple[float, Array]:
    """Ground covered by one walking cycle in metres, and the share of it covered at each of 65 even phases.

    The body moves over the foot that carries it; taking that foot's path as the pace keeps it from sliding.
    """
    phases = np.linspace(0, 1, 65)
    bodies = [body_model().pose(figure.shape, gait(phase)).keypoints for phase in phases[:-1]]
    ankles = np.stack([body[[15, 16]] for body in bodies]).astype(float)
    back = np.roll(ankles[:, :, 1], -1, 0) - ankles[:, :, 1]
    lower = 1 / (1 + np.exp(np.clip(np.diff(ankles[:, ::-1, 2], axis=1)[:, 0] / 0.008, -30, 30)))
    pace = lower * back[:, 0] + (1 - lower) * back[:, 1]
    pace = np.maximum(pace, 0.35 * np.median(pace))  # never back, never still
    travelled = np.concatenate([[0.0], np.cumsum(pace)])
    return float(travelled[-1]), travelled / travelled[-1]


def _idle(time_s: float) -> Pose:
    sway = np.sin(time_s * 1.1)
    return Pose.degrees(
        left_arm=(60, 9, 5, 16 + 3 * sway, 30, 5, 25),
        right_arm=(60, 9, 5, 18 - 3 * sway, 30, 5, 25),
        left_leg=(80, 5 + 0.8 * sway, 8, 3, 0),
        right_leg=(80, 5 - 0.8 * sway, 8, 5, 0),
        spine=(3 + np.sin(time_s * 1.7), 1.2 * sway, 2 * np.sin(time_s * 0.6)),
        neck=(4 * np.sin(time_s * 0.5), 0, 16 * np.sin(time_s * 0.45 + 1)),
    )


def _blend(first: Pose, second: Pose, share: float) -> Pose:
    def mix(a: Array, b: Array) -> Array:
        return a + share * (b - a)

    # Both pelves stand nearly upright, so the mean of the matrices is a rotation but for a hair.
    u, _, v = np.linalg.svd(mix(first.pelvis, second.pelvis))
    return Pose(
        mix(first.arms, second.arms), mix(first.legs, second.legs), mix(first.spine, second.spine),
        mix(first.neck, second.neck), u @ v,
    )  # fmt: skip


def _with_gesture(pose: Pose, gesture: Gesture, share: float, time_s: float) -> Pose:
    if gesture.kind == "squat":
        deep = np.radians(np.array([[12, 78, 6, 100, 22], [12, 78, 6, 100, 22]], float))
        bent = replace(pose, legs=pose.legs + share * (deep - pose.legs))
        return replace(bent, spine=pose.spine + share * np.radians((35.0, 0, 0)))
    target = np.array(_GESTURES[gesture.kind])
    if gesture.kind == "wave":
        target = target + np.array([0, 4, 0, 24, 0, 0, 0]) * np.sin(2 * np.pi * 1.5 * time_s)
    arms = pose.arms.copy()
    side = 0 if gesture.left else 1
    arms[side] += share * (np.radians(target) - arms[side])
    return replace(pose, arms=arms)
