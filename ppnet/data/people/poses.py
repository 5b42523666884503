"""Poses as anatomical angles, and samplers of natural ones.

Angles are radians, the same sign on both sides of the body. A limb hangs down at zero. It is lifted by
`elevation` towards `plane` (0 forwards, 90 degrees to its own side, 180 backwards) without turning about
itself, then turned about its long axis by `twist` (outwards positive). Elbow, knee: flexion. Pronation turns
the palm down. Limits are those of healthy adults, a little inside the ends (texts on joint mobility agree
within ten degrees).
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
from scipy.interpolate import CubicSpline

Matrix = npt.NDArray[np.float64]
Rng = np.random.Generator

ARM = ("plane", "elevation", "twist", "elbow", "pronation", "wrist", "curl")
LEG = ("plane", "elevation", "twist", "knee", "ankle")
_ARM_LIMITS_DEG = ((-40, 170), (-60, 178), (-80, 90), (0, 148), (-80, 85), (-60, 70), (0, 85))
_LEG_LIMITS_DEG = ((-30, 180), (-30, 125), (-35, 45), (0, 150), (-25, 45))
_SPINE_LIMITS_DEG = ((-25, 80), (-30, 30), (-40, 40))
_NECK_LIMITS_DEG = ((-45, 50), (-35, 35), (-70, 70))


def axis_rotation(axis: Matrix, angle: float) -> Matrix:
    """(3, 3) rotation by `angle` radians about a unit axis (Rodrigues)."""
    x, y, z = axis
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    result: Matrix = np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * (cross @ cross)
    return result


def swing_twist(plane: float, elevation: float, twist: float) -> Matrix:
    """(3, 3) turn of a hanging limb of the left side: lifted towards `plane`, turned about itself by `twist`."""
    lift = np.array([-np.cos(plane), -np.sin(plane), 0.0])
    return axis_rotation(lift, elevation) @ axis_rotation(np.array([0.0, 0, 1]), twist)


@dataclass(frozen=True)
class Pose:
    """Angles of a body in radians.

    arms: (2, 7) left and right, columns as in `ARM`; legs: (2, 5), columns as in `LEG`.
    spine, neck: flexion forwards, lean to the left, turn to the left. pelvis: (3, 3) in body axes.
    """

    arms: Matrix
    legs: Matrix
    spine: Matrix = field(default_factory=lambda: np.zeros(3))
    neck: Matrix = field(default_factory=lambda: np.zeros(3))
    pelvis: Matrix = field(default_factory=lambda: np.eye(3))

    @classmethod
    def degrees(
        cls,
        *,
        left_arm: tuple[float, ...],
        right_arm: tuple[float, ...],
        left_leg: tuple[float, ...],
        right_leg: tuple[float, ...],
        spine: tuple[float, float, float] = (0, 0, 0),
        neck: tuple[float, float, float] = (0, 0, 0),
        pelvis: Matrix | None = None,
    ) -> "Pose":
        """A pose from degrees, brought inside the limits of the joints."""
        return cls(
            arms=np.radians([_limited(arm, _ARM_LIMITS_DEG) for arm in (left_arm, right_arm)]),
            legs=np.radians([_limited(leg, _LEG_LIMITS_DEG) for leg in (left_leg, right_leg)]),
            spine=np.radians(_limited(spine, _SPINE_LIMITS_DEG)),
            neck=np.radians(_limited(neck, _NECK_LIMITS_DEG)),
            pelvis=np.eye(3) if pelvis is None else pelvis,
        )

    def mirrored(self) -> "Pose":
        """Left and right exchanged."""
        flip = np.diag([-1.0, 1, 1])
        return Pose(
            arms=self.arms[::-1],
            legs=self.legs[::-1],
            spine=self.spine * (1, -1, -1),
            neck=self.neck * (1, -1, -1),
            pelvis=flip @ self.pelvis @ flip,
        )

    def turned(self, turn: Matrix) -> "Pose":
        """The whole body turned by a rotation."""
        return replace(self, pelvis=turn @ self.pelvis)


def _limited(values: tuple[float, ...], limits: tuple[tuple[float, float], ...]) -> Matrix:
    low, high = np.array(limits, float).T
    return np.clip(np.array(values, float), low, high)


def _pitch(degrees: float) -> Matrix:
    """Whole body tipped forwards (positive) or backwards."""
    return axis_rotation(np.array([1.0, 0, 0]), np.radians(degrees))


def _roll(degrees: float) -> Matrix:
    """Whole body tipped to its left."""
    return axis_rotation(np.array([0.0, 1, 0]), np.radians(degrees))


# ---------------------------------------------------------------- arms

_ARM_HABITS: dict[str, tuple[tuple[float, ...], tuple[float, ...], float]] = {
    # name: middle, spread, how often
    "hanging": ((60, 9, 0, 18, 30, 5, 25), (30, 5, 15, 12, 25, 10, 12), 5.0),
    "pocket": ((110, 20, -25, 42, 20, 10, 30), (15, 6, 10, 10, 15, 8, 10), 1.0),
    "hip": ((105, 40, -62, 98, 30, 30, 40), (10, 6, 8, 8, 15, 10, 15), 1.0),
    "folded": ((20, 32, -62, 96, 30, 5, 25), (10, 7, 8, 8, 20, 8, 10), 1.0),
    "phone": ((25, 38, -18, 112, 10, 10, 40), (15, 12, 12, 12, 25, 10, 15), 1.2),
    "face": ((35, 50, -15, 136, 0, 10, 40), (18, 15, 15, 8, 30, 12, 20), 1.0),
    "carry": ((20, 25, -15, 80, 0, 10, 60), (20, 12, 15, 20, 35, 10, 15), 1.5),
    "forwards": ((20, 85, -10, 20, 30, 5, 35), (22, 18, 20, 18, 30, 15, 20), 1.2),
    "sideways": ((90, 80, 0, 20, 20, 5, 25), (18, 22, 25, 22, 35, 15, 15), 1.0),
    "up": ((60, 155, 0, 25, 20, 5, 30), (35, 15, 25, 20, 35, 15, 20), 1.2),
    "wave": ((75, 85, 75, 95, 20, 5, 10), (20, 18, 12, 20, 30, 15, 10), 0.8),
    "head": ((80, 125, 20, 130, 30, 5, 30), (15, 15, 15, 12, 20, 10, 15), 0.5),
    "behind": ((140, 30, -55, 50, 20, 5, 30), (15, 10, 12, 25, 20, 10, 10), 0.4),
    "swing": ((0, 25, 0, 75, 20, 5, 60), (25, 40, 15, 25, 25, 10, 15), 0.6),
    "any": ((50, 70, 0, 60, 10, 0, 35), (50, 50, 35, 45, 40, 20, 25), 1.2),
}


def _arm(rng: Rng, names: tuple[str, ...] = ()) -> tuple[float, ...]:
    choices = names or tuple(_ARM_HABITS)
    weights = np.array([_ARM_HABITS[name][2] for name in choices])
    middle, spread, _ = _ARM_HABITS[choices[rng.choice(len(choices), p=weights / weights.sum())]]
    return tuple(rng.normal(middle, spread))


def _arms(rng: Rng, names: tuple[str, ...] = ()) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Both arms: often alike, else each for itself."""
    left = _arm(rng, names)
    if rng.random() < 0.4:
        return left, tuple(rng.normal(left, (6, 6, 6, 8, 10, 6, 6)))
    return left, _arm(rng, names)


def _neck(rng: Rng, flex: float = 0) -> tuple[float, float, float]:
    look = rng.normal((flex, 0, 0), (12, 7, 24))
    return (float(look[0]), float(look[1]), float(look[2]))


# ---------------------------------------------------------------- whole bodies


def standing(rng: Rng) -> Pose:
    """Upright, weight on one or both legs, arms at all kinds of business."""
    lean = rng.normal(0, 3)
    width = abs(rng.normal(5, 4))
    left, right = _arms(rng)
    idle = rng.random() < 0.3
    return Pose.degrees(
        left_arm=left,
        right_arm=right,
        left_leg=(rng.normal(75, 15), width + lean, rng.normal(8, 8), abs(rng.normal(3, 4)), 0),
        right_leg=(
            rng.normal(60, 30), width + (8 if idle else 0), rng.normal(8, 8),
            abs(rng.normal(25 if idle else 3, 6)), 5 if idle else 0,
        ),
        spine=(rng.normal(4, 7), rng.normal(0, 4), rng.normal(0, 8)),
        neck=_neck(rng, 6),
    )  # fmt: skip


def bending(rng: Rng) -> Pose:
    """Upright legs, trunk bent forwards, hands low or at work."""
    bend = rng.uniform(25, 75)
    left, right = _arms(rng, ("forwards", "carry", "any", "hanging"))
    knee = rng.uniform(5, 60)
    return Pose.degrees(
        left_arm=left,
        right_arm=right,
        left_leg=(20, bend * 0.6 + knee * 0.5, 5, knee, knee * 0.3),
        right_leg=(25, bend * 0.6 + knee * 0.5 + rng.normal(0, 6), 5, knee + rng.normal(0, 8), knee * 0.3),
        spine=(bend * 0.8, rng.normal(0, 8), rng.normal(0, 12)),
        neck=_neck(rng, rng.uniform(-35, 20)),
        pelvis=_pitch(bend * 0.6),
    )


def walking(rng: Rng) -> Pose:
    """A moment of a walk, some with the arms busy."""
    pose = gait(rng.random(), stride=rng.uniform(0.7, 1.25))
    pose = replace(pose, neck=np.radians(_limited(_neck(rng), _NECK_LIMITS_DEG)))
    if rng.random() < 0.35:
        arms = pose.arms.copy()
        arms[rng.integers(2)] = np.radians(_limited(_arm(rng), _ARM_LIMITS_DEG))
        pose = replace(pose, arms=arms)
    return pose


def running(rng: Rng) -> Pose:
    """A moment of a run."""
    return gait(rng.random(), stride=rng.uniform(1.6, 2.6), running=True)


def sitting(rng: Rng) -> Pose:
    """On a chair, a bench or the ground."""
    thigh, knee = rng.normal(85, 10), rng.normal(85, 18)
    back = rng.normal(-8, 10)
    left, right = _arms(rng, ("folded", "phone", "face", "carry", "forwards", "hanging", "any", "wave", "up"))
    apart = rng.uniform(0, 25)
    return Pose.degrees(
        left_arm=left,
        right_arm=right,
        left_leg=(apart + rng.normal(0, 5), thigh - back, rng.normal(0, 10), knee + rng.normal(0, 15), 0),
        right_leg=(apart + rng.normal(0, 5), thigh - back + rng.normal(0, 6), rng.normal(0, 10), knee, 0),
        spine=(rng.normal(12, 12), rng.normal(0, 5), rng.normal(0, 10)),
        neck=_neck(rng, 8),
        pelvis=_pitch(back),
    )


def crouching(rng: Rng) -> Pose:
    """Squat, lunge, ski, skate, surf, defence: knees bent, trunk forwards."""
    depth = rng.uniform(25, 120)
    split = rng.normal(0, 18)
    forward = rng.uniform(5, 45)
    left, right = _arms(rng, ("forwards", "sideways", "carry", "any", "swing", "up"))
    apart = rng.uniform(5, 45)
    legs = [
        (apart, min(118, depth * 0.75 + forward + change), 8, min(148, depth + change * 0.5), depth * 0.2)
        for change in (split, -split)
    ]
    return Pose.degrees(
        left_arm=left, right_arm=right, left_leg=legs[0], right_leg=legs[1],
        spine=(rng.normal(15, 10), rng.normal(0, 8), rng.normal(0, 14)),
        neck=_neck(rng, -15), pelvis=_pitch(forward) @ _roll(rng.normal(0, 10)),
    )  # fmt: skip


def kneeling(rng: Rng) -> Pose:
    """On one or both knees."""
    left, right = _arms(rng)
    one = rng.random() < 0.5
    down = (20, rng.uniform(-5, 25), 0, rng.uniform(85, 130), -20)
    front = (15, rng.uniform(75, 100), 5, rng.uniform(80, 110), 5)
    return Pose.degrees(
        left_arm=left, right_arm=right, left_leg=down, right_leg=front if one else down,
        spine=(rng.normal(15, 12), 0, rng.normal(0, 10)), neck=_neck(rng, 5),
    )  # fmt: skip


def sport(rng: Rng) -> Pose:
    """Kicks, throws, swings, jumps: wide legs and arms, trunk turned."""
    left, right = _arms(rng, ("up", "sideways", "forwards", "swing", "any", "wave"))
    lifted = rng.uniform(-25, 100)
    return Pose.degrees(
        left_arm=left,
        right_arm=right,
        left_leg=(rng.uniform(0, 90), abs(rng.normal(15, 15)), 10, abs(rng.normal(20, 20)), -5),
        right_leg=(rng.uniform(-10, 90), lifted, 10, abs(rng.normal(45, 35)), -15),
        spine=(rng.normal(5, 15), rng.normal(0, 12), rng.normal(0, 20)),
        neck=_neck(rng),
        pelvis=_pitch(rng.normal(8, 18)) @ _roll(rng.normal(0, 14)),
    )


def lying(rng: Rng) -> Pose:
    """On the back, the belly or a side."""
    base = (standing, sitting, sport)[rng.integers(3)](rng)
    tip = rng.choice([_pitch(-90), _pitch(90), _roll(90), _roll(-90)])
    flat = Pose(base.arms, base.legs, base.spine * 0.4, base.neck * 0.5)
    return flat.turned(axis_rotation(np.array([0.0, 0, 1]), rng.uniform(0, 2 * np.pi)) @ tip @ _roll(rng.normal(0, 8)))


def upside_down(rng: Rng) -> Pose:
    """Handstands, cartwheels, flips."""
    base = sport(rng)
    left, right = _arm(rng, ("up",)), _arm(rng, ("up",))
    arms = np.radians([_limited(arm, _ARM_LIMITS_DEG) for arm in (left, right)])
    tip = _roll(rng.uniform(90, 270)) if rng.random() < 0.5 else _pitch(rng.uniform(90, 270))
    return replace(base, arms=arms).turned(tip)


def wild(rng: Rng) -> Pose:
    """Anything the joints allow."""
    legs = rng.normal((45, 35, 3, 45, 0), (50, 40, 15, 40, 12), (2, 5))
    left, right = _arms(rng, ("any", "up", "forwards", "sideways"))
    return Pose.degrees(
        left_arm=left, right_arm=right, left_leg=tuple(legs[0]), right_leg=tuple(legs[1]),
        spine=(rng.normal(15, 22), rng.normal(0, 12), rng.normal(0, 18)), neck=_neck(rng),
        pelvis=_pitch(rng.normal(10, 25)) @ _roll(rng.normal(0, 20)),
    )  # fmt: skip


KINDS: dict[str, tuple[Callable[[Rng], Pose], float]] = {
    # name: sampler, how often in training
    "standing": (standing, 30), "walking": (walking, 14), "running": (running, 6), "sitting": (sitting, 15),
    "bending": (bending, 6), "crouching": (crouching, 9), "kneeling": (kneeling, 4), "sport": (sport, 9),
    "lying": (lying, 3), "upside_down": (upside_down, 1.5), "wild": (wild, 2.5),
}  # fmt: skip


def sample_pose(rng: Rng) -> tuple[str, Pose]:
    """A natural pose and its kind, mirrored half of the time."""
    names = tuple(KINDS)
    weights = np.array([KINDS[name][1] for name in names], float)
    name = names[rng.choice(len(names), p=weights / weights.sum())]
    pose = KINDS[name][0](rng)
    return name, pose.mirrored() if rng.random() < 0.5 else pose


# ---------------------------------------------------------------- walking cycle


# Even while the foot stands: then it stays where it is and the body passes over it at a steady pace.
_HIP_CURVE = CubicSpline(
    (0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.58, 0.7, 0.8, 0.88, 1),
    (30, 24, 16, 7.5, -1.5, -9, -8, 14, 28, 33, 30),
    bc_type="periodic",
)


def gait(phase: float, *, stride: float = 1.0, running: bool = False) -> Pose:
    """The pose at `phase` (0 to 1, left heel strike at 0) of a walk or run.

    stride: 1 is an easy walk; it widens the swing of legs and arms. The curves of hip, knee and ankle follow
    the mean of gait laboratories (thigh +22 to -18 degrees, knee 5, 18, 5, 60, ankle 10 to -18).
    """
    left, right = (_gait_leg((phase + shift) % 1, stride, running) for shift in (0.0, 0.5))
    arms = []
    for shift in (0.5, 0.0):  # arms swing against the leg of their side
        swing = np.cos(2 * np.pi * (phase + shift))
        if running:
            arms.append((15, 35 * swing - 5, 0, 88 + 12 * swing, 20, 0, 55))
        else:
            arms.append((12 * np.sign(swing), 20 * stride * swing + 2, 2, 18 + 10 * stride * max(swing, 0), 30, 5, 28))
    sway = np.sin(2 * np.pi * phase)
    turn = 5 * stride * np.cos(2 * np.pi * phase)
    return Pose.degrees(
        left_arm=tuple(arms[0]), right_arm=tuple(arms[1]), left_leg=left, right_leg=right,
        spine=(6 if running else 2, 1.5 * sway, turn), neck=(0, 0, -0.6 * turn),
        pelvis=_pitch(9 if running else 2) @ axis_rotation(np.array([0.0, 0, 1]), np.radians(-0.7 * turn)),
    )  # fmt: skip


def _gait_leg(phase: float, stride: float, running: bool) -> tuple[float, ...]:
    def bump(at: float, width: float) -> float:
        distance = (phase - at + 0.5) % 1 - 0.5
        return float(np.exp(-((distance / width) ** 2)))

    hip = (10 if running else 2) + stride * (_HIP_CURVE(phase) - 10)
    if running:
        knee = 18 + 22 * bump(0.14, 0.1) + 80 * bump(0.66, 0.14)
        ankle = 14 * bump(0.2, 0.12) - 24 * bump(0.45, 0.12)
    else:
        knee = 4 + 13 * bump(0.14, 0.08) + 56 * bump(0.73, 0.11) * min(1.2, 0.6 + 0.4 * stride)
        ankle = 9 * bump(0.42, 0.13) - 16 * bump(0.63, 0.07)
    return (0.0, hip + 2, 4, knee, ankle)
