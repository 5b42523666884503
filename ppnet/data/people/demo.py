"""The demonstration clip that ships with the program: three people in a yard, walking, crossing, waving."""

from pathlib import Path
from typing import Any

import numpy as np

from ppnet.data.people import props
from ppnet.data.people.actors import Prop
from ppnet.data.people.body import Phenotype
from ppnet.data.people.camera import Camera
from ppnet.data.people.clip import Stage, write_clip
from ppnet.data.people.figure import Figure
from ppnet.data.people.motion import Gesture, Performer, Route
from ppnet.data.people.outfit import Cloth, Outfit
from ppnet.data.people.place import Place
from ppnet.data.people.shading import Light

FRAMES, RATE = 300, 30


def demo_stage() -> Stage:
    """The scene of the demo."""
    camera = Camera(980.0, (1280, 720), 1.55, np.radians(5.5))
    light = Light(
        direction=np.array([0.50, -0.62, 0.60]) / np.linalg.norm([0.50, -0.62, 0.60]),
        sun=np.array([1.05, 1.0, 0.92], np.float32),
        sky=np.array([0.62, 0.66, 0.72], np.float32),
        ground=np.array([0.30, 0.28, 0.25], np.float32),
    )
    place = Place("tiles", (0.60, 0.57, 0.52), "plaster", (0.74, 0.70, 0.62), 9.5, 5.0, 4)
    return Stage(_cast(), camera, place, light, _furniture(), noise=1.0)


def _furniture() -> tuple[Prop, ...]:
    """Two planted tubs and a bench by the wall."""
    green, clay, wood = (0.25, 0.36, 0.17), (0.55, 0.36, 0.27), (0.45, 0.33, 0.22)
    things = [props.box((0.1, 9.0, 0.45), (1.7, 0.42, 0.06), wood)]
    things += [props.box((x, 9.0, 0.21), (0.08, 0.36, 0.42), (0.3, 0.3, 0.31)) for x in (-0.6, 0.8)]
    for x in (-3.6, 4.4):
        things.append(props.box((x, 8.9, 0.3), (0.6, 0.6, 0.6), clay))
        things.append(props.ball((x, 8.9, 0.95), 0.5, green))
    return tuple(things)


def _cast() -> tuple[Performer, ...]:
    man = Phenotype(0.05, 34, muscle=0.6, weight=0.5, height=0.42, caucasian=0.9, asian=0.05, african=0.05)
    woman = Phenotype(0.95, 28, muscle=0.45, weight=0.42, height=0.42, caucasian=0.2, asian=0.7, african=0.1)
    elder = Phenotype(0.1, 52, muscle=0.5, weight=0.6, height=0.41, caucasian=0.1, asian=0.1, african=0.8)
    first = Performer(
        Figure(man, _outfit(1)),
        Route(((0, -3.3, 4.6), (3.6, 0.6, 4.4), (4.6, 0.9, 4.3), (6.6, 0.9, 4.25), (10.2, 3.4, 4.6))),
        (Gesture("wave", 4.5, 6.9),), habit=0.1,
    )  # fmt: skip
    second = Performer(
        Figure(woman, _outfit(2)),
        Route(((0, 2.6, 5.2), (3.9, -1.0, 5.5), (4.8, -1.25, 5.3), (7.2, -1.25, 5.2), (10.2, 0.9, 4.5)), facing=0.3),
        (Gesture("wave", 5.0, 7.2, left=True), Gesture("phone", 0.3, 2.4)), habit=0.45,
    )  # fmt: skip
    third = Performer(
        Figure(elder, _outfit(3)),
        Route(((0, 0.3, 7.2), (3.5, 1.6, 6.6), (7.0, -0.9, 6.2), (10.2, -2.2, 4.9))),
        (Gesture("point", 4.0, 5.6),), habit=0.75,
    )  # fmt: skip
    return first, second, third


def _outfit(number: int) -> Outfit:
    common: dict[str, Any] = {
        "sock": (0.8, 0.8, 0.8), "sock_top_m": -0.7, "shoe_top_m": -0.74, "beard": 0.0, "glasses": "none",
        "head_wear": "none", "head_wear_colour": (0.2, 0.2, 0.2), "backpack": False, "bag_colour": (0.2, 0.25, 0.3),
        "neckline_m": 0.01, "seed": number,
    }  # fmt: skip
    grey = Cloth((0.80, 0.80, 0.78), (0.4, 0.4, 0.42))
    jeans = Cloth((0.20, 0.27, 0.40), (0.1, 0.1, 0.2), wrinkle=0.5)
    if number == 1:
        return Outfit(
            skin=(0.80, 0.60, 0.50), hair=(0.22, 0.14, 0.09), hair_style="short", top_kind="shirt",
            top=Cloth((0.66, 0.16, 0.16), (0.13, 0.15, 0.24), "checks", 0.07, 0.4), inner=grey, sleeve=1.2, hem_m=0.0,
            bottom=jeans, bottom_kind="trousers", bottom_hem_m=-0.755, top_loose_m=0.014, bottom_loose_m=0.01,
            shoe=(0.85, 0.85, 0.84), sole=(0.95, 0.95, 0.95), **common | {"beard": 0.5},
        )  # fmt: skip
    if number == 2:
        return Outfit(
            skin=(0.80, 0.62, 0.48), hair=(0.07, 0.06, 0.06), hair_style="long", top_kind="jacket",
            top=Cloth((0.18, 0.30, 0.42), (0.9, 0.9, 0.9), "plain", 0.05, 0.5), inner=grey, sleeve=1.95, hem_m=-0.03,
            bottom=Cloth((0.10, 0.10, 0.12), (0.2, 0.2, 0.2)), bottom_kind="trousers", bottom_hem_m=-0.74,
            top_loose_m=0.012, bottom_loose_m=0.003, shoe=(0.30, 0.20, 0.14), sole=(0.1, 0.1, 0.1),
            **common | {"backpack": True, "bag_colour": (0.72, 0.45, 0.16)},
        )  # fmt: skip
    return Outfit(
        skin=(0.42, 0.28, 0.20), hair=(0.10, 0.09, 0.09), hair_style="short", top_kind="shirt",
        top=Cloth((0.90, 0.88, 0.82), (0.16, 0.3, 0.5), "stripes", 0.05, 0.35), inner=grey, sleeve=0.6, hem_m=-0.02,
        bottom=Cloth((0.46, 0.40, 0.30), (0.3, 0.3, 0.3), wrinkle=0.45), bottom_kind="trousers", bottom_hem_m=-0.755,
        top_loose_m=0.013, bottom_loose_m=0.014, shoe=(0.08, 0.08, 0.08), sole=(0.08, 0.08, 0.08),
        **common | {"head_wear": "cap", "head_wear_colour": (0.15, 0.22, 0.45)},
    )  # fmt: skip


def write_demo(folder: Path) -> tuple[Path, Path]:
    """Write `demo.mp4` and `demo_truth.json`; returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    video, truth = folder / "demo.mp4", folder / "demo_truth.json"
    write_clip(demo_stage(), [number / RATE for number in range(FRAMES)], video, truth, crf=24)
    return video, truth
