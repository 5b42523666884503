"""Movements whose steps, jumps and squats are known exactly: joints as a camera sees them, without pictures.

The same bodies and poses as in the rendered clips. `python -m ppnet render movements FILE` writes them; the answers of
`tracking.answers` are judged by them (docs/answers.md).
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ppnet.data.people.actors import Actor
from ppnet.data.people.body import Phenotype
from ppnet.data.people.camera import Camera
from ppnet.data.people.figure import Figure
from ppnet.data.people.motion import Gesture, Performer, Route
from ppnet.data.people.outfit import Outfit
from ppnet.data.people.poses import Pose
from ppnet.skeleton import COCO_17

Floats = npt.NDArray[np.float64]
Events = dict[str, list[Any]]

RATE = 30
CAMERA = Camera(1000.0, (1280, 720), 1.2, float(np.radians(3)))
STANCE = 0.62  # share of a walking cycle that a foot is on the ground
GRAVITY = 9.80665


@dataclass(frozen=True)
class Movement:
    """One person before a fixed camera. actor_at(time_s); events(times, knees): what is known of it, from the angles of
    both knees in space (F, 2) in degrees."""

    name: str
    duration_s: float
    actor_at: Callable[[float], Actor]
    events: Callable[[Floats, Floats], Events]


def movements() -> Iterator[Movement]:
    """Walks seen from the side, obliquely, and coming; squats; jumps of three heights."""
    rng = np.random.default_rng(5)
    who = Phenotype(0.3, 30, muscle=0.55, weight=0.45, height=0.5, caucasian=0.5, asian=0.3, african=0.2)
    figure = Figure(who, Outfit.sample(rng, who))
    for name, start, end, seconds in (
        ("walk-side", (-2.6, 5.0), (2.6, 5.0), 4.2),
        ("walk-oblique", (-1.8, 6.5), (1.2, 3.9), 3.4),
        ("walk-coming", (0.3, 9.0), (-0.1, 4.0), 4.2),
    ):
        walker = Performer(figure, Route(((0.0, *start), (seconds, *end))), habit=0.2)
        yield Movement(name, seconds, walker.at, partial(_steps, walker))
    turns = [(0.4, 2.2), (2.4, 4.0), (4.5, 6.5)]
    squats = tuple(Gesture("squat", start, end) for start, end in turns)
    for name, facing in ("squat-side", 1.5), ("squat-oblique", 0.8):
        stander = Performer(figure, Route(((0.0, 0.0, 4.0), (7.0, 0.001, 4.0)), facing=facing), squats)
        yield Movement(name, 7.0, stander.at, lambda times, knees: _squat_events(times, knees, turns))
    for height_m in (0.15, 0.3, 0.45):
        jumper, known = partial(_jumper, figure, height_m), _jump_events(height_m)
        yield Movement(f"jump-{100 * height_m:.0f}cm", 2.4, jumper, lambda *_args, known=known: known)


def write_movements(path: Path) -> Path:
    """All of them as JSON: `size_wh`, `metres_per_pixel` at the place of the jumps, `movements` with `name`, `times`,
    `keypoints` (F, 17, 2) and `events`."""
    written = []
    for movement in movements():
        times = np.arange(0, movement.duration_s, 1 / RATE)
        points, knees = [], []
        for time_s in times:
            _, _, joints = movement.actor_at(float(time_s)).in_scene()
            points.append(CAMERA.project(joints)[:, :2])
            knees.append([_angle(joints[[hip, hip + 2, hip + 4]]) for hip in (11, 12)])
        written.append({
            "name": movement.name,
            "times": times.round(6).tolist(),
            "keypoints": np.round(np.array(points, float), 1).tolist(),
            "events": movement.events(times, np.array(knees)),
        })  # fmt: skip
    content = {
        "size_wh": CAMERA.size_wh,
        "keypoints": COCO_17.keypoints,
        "metres_per_pixel": 4.0 / CAMERA.focal_px,
        "movements": written,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, separators=(",", ":")), encoding="utf-8")
    return path


def _angle(points: npt.NDArray[np.float32]) -> float:
    """Degrees at the middle one of three points in space."""
    first, second = points[0] - points[1], points[2] - points[1]
    return float(np.degrees(np.arccos(np.dot(first, second) / np.linalg.norm(first) / np.linalg.norm(second))))


# ---------------------------------------------------------------- events


def _steps(walker: Performer, times: Floats, _knees: Floats) -> Events:
    """Contact and toe-off of every step that begins inside: the walking cycle begins with the left heel's contact, and
    a foot leaves the ground after 0.62 of it, as in gait laboratories, whose mean curves the bodies follow."""
    times = np.arange(0, times[-1], 1 / 240)
    cycles = np.array([walker.cycle_at(time_s) for time_s in times])
    steps = []
    for number in range(int(np.ceil(2 * cycles[0])), int(2 * cycles[-1]) + 1):
        begun = number / 2
        off_s = float(np.interp(begun + STANCE, cycles, times)) if begun + STANCE <= cycles[-1] else None
        contact_s = float(np.interp(begun, cycles, times))
        side = "left" if number % 2 == 0 else "right"
        steps.append({"side": side, "contact_s": round(contact_s, 4), "toe_off_s": off_s and round(off_s, 4)})
    return {"steps": steps}


def _squat_events(times: Floats, knees: Floats, turns: list[tuple[float, float]]) -> Events:
    """Each squat: from its start to its end, and the range of the knee in space."""
    squats = []
    for start_s, end_s in turns:
        inside = (times >= start_s) & (times <= end_s)
        degrees = knees[inside].max(axis=1)
        squats.append({"start_s": start_s, "end_s": end_s, "range_deg": round(float(np.ptp(degrees)), 1)})
    return {"squats": squats}


_TAKE_OFF_S = 1.2


def _jumper(figure: Figure, height_m: float, time_s: float) -> Actor:
    """Goes down, pushes off over the toes, flies, lands on the toes and gives way."""
    flight = float(np.sqrt(8 * height_m / GRAVITY))
    landing = _TAKE_OFF_S + flight
    knots = [0.3, 0.85, _TAKE_OFF_S, landing, landing + 0.3, landing + 0.8]
    deep = np.interp(time_s, knots, [0, 0.8, 0, 0, 0.6, 0])
    toes = np.interp(time_s, [_TAKE_OFF_S - 0.12, _TAKE_OFF_S, landing, landing + 0.08], [0, 1, 1, 0])
    deep = deep * deep * (3 - 2 * deep)
    leg = (12.0 * deep, 78 * deep, 6.0, 3 + 97 * deep, 22 * deep - 35 * toes)
    arm = (30.0, 20 + 60 * toes, 0.0, 20.0, 20.0, 0.0, 20.0)
    pose = Pose.degrees(left_arm=arm, right_arm=arm, left_leg=leg, right_leg=leg, spine=(35 * deep, 0, 0))
    into = time_s - _TAKE_OFF_S
    lift = max(GRAVITY * into * (flight - into) / 2, 0.0)
    return Actor(figure, figure.pose(pose), (0.0, 4.0), 0.7, lift)


def _jump_events(height_m: float) -> Events:
    flight = float(np.sqrt(8 * height_m / GRAVITY))
    return {"jumps": [{"take_off_s": _TAKE_OFF_S, "landing_s": _TAKE_OFF_S + flight, "height_m": height_m}]}
