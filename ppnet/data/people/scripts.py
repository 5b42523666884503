"""Scripts of the evaluation clips: who walks where and when, before which camera."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ppnet.data.people import props
from ppnet.data.people.actors import Prop
from ppnet.data.people.body import Phenotype
from ppnet.data.people.camera import Camera
from ppnet.data.people.clip import Stage
from ppnet.data.people.figure import Figure
from ppnet.data.people.motion import Gesture, Performer, Route
from ppnet.data.people.outfit import Outfit
from ppnet.data.people.place import Place
from ppnet.data.people.shading import Light

Rng = np.random.Generator
Stop = tuple[float, float, float]
SIZE_WH = (640, 360)


@lru_cache(maxsize=2)
def stage_of(kind: str, seed: int, people: int, duration_s: float) -> Stage:
    """The scene of a clip; the same for every frame rate."""
    rng = np.random.default_rng((seed, 5))
    camera = Camera(
        float(rng.uniform(480, 620)), SIZE_WH, float(rng.uniform(1.4, 2.6)), float(np.radians(rng.uniform(3, 8)))
    )
    view = _View(camera, rng, duration_s)
    routes, things = _KINDS[kind](view, people)
    performers = tuple(
        Performer(_figure(rng), route, gestures, habit=float(rng.random())) for route, gestures in routes
    )
    return Stage(performers, camera, Place.sample(rng), _light(rng), tuple(things))


def _figure(rng: Rng) -> Figure:
    who = Phenotype.sample(rng)
    return Figure(who, Outfit.sample(rng, who))


def _light(rng: Rng) -> Light:
    light = Light.sample(rng)
    level = float((light.sun.mean() + light.sky.mean()) / 1.5)  # no clip too dark or too bright to see anything
    return Light(light.direction, light.sun / level, light.sky / level, light.ground / level, light.floor_shadow)


# ---------------------------------------------------------------- scenes

Routes = list[tuple[Route, tuple[Gesture, ...]]]


@dataclass(frozen=True)
class _View:
    """What a scene's script needs: where the picture's edges are, chance, time."""

    camera: Camera
    rng: Rng
    end_s: float

    def edge(self, depth_m: float, *, side: float) -> float:
        """x just outside the picture at a depth, on the left (-1) or right (+1)."""
        half = SIZE_WH[0] / 2 / self.camera.focal_px * depth_m
        return float(side * (half + 0.6))

    def across(
        self, depth_m: float, side: float, speed: float, start_s: float = 0.0, end_depth_m: float | None = None
    ) -> Route:
        """A walk through the whole picture, from `side` to the other."""
        first, last = self.edge(depth_m, side=side), self.edge(end_depth_m or depth_m, side=-side)
        end = start_s + abs(last - first) / speed
        return Route(((start_s, first, depth_m), (end, last, end_depth_m or depth_m)))

    def uniform(self, low: float, high: float) -> float:
        """A random number."""
        return float(self.rng.uniform(low, high))

    def side(self) -> float:
        """Left or right."""
        return float(self.rng.choice([-1.0, 1.0]))


def _crossing(view: _View, people: int) -> tuple[Routes, list[Prop]]:
    """Everyone walks through the picture, one against the other; they meet near its middle."""
    depth = view.uniform(4.5, 6.0)
    side = view.side()
    routes: Routes = []
    for index in range(people):
        own = depth + index * view.uniform(0.5, 0.8)
        length = 2 * abs(view.edge(own, side=1))
        speed = view.uniform(1.0, 1.5)
        start = view.end_s / 2 - length / speed / 2 + view.uniform(-0.2, 0.2)  # in the middle at half time
        routes.append((view.across(own, side if index % 2 else -side, speed, start), ()))
    return routes, []


def _meeting(view: _View, people: int) -> tuple[Routes, list[Prop]]:
    """Two come together, stand close, wave, and part: back, or on past each other."""
    depth, middle = view.uniform(4.2, 5.5), view.uniform(-0.4, 0.4)
    turn_back = view.rng.random() < 0.5
    routes: Routes = []
    for index in range(people):
        side = -1.0 if index % 2 else 1.0
        near = middle + side * 0.38
        own = depth + 0.35 * index
        far = view.edge(own, side=side)
        leave = far if turn_back else -far
        stops: tuple[Stop, ...] = (
            (0.0, far * 0.85, own),
            (2.6, near, own),
            (4.2, near, own),
            (view.end_s, leave * 0.9, own + 0.2),
        )
        routes.append((Route(stops, facing=-side * 1.2), (Gesture("wave", 2.4, 4.3, left=side > 0),)))
    return routes, []


def _group(view: _View, people: int) -> tuple[Routes, list[Prop]]:
    """Several walk the same way, close together; the last one overtakes."""
    depth, side, speed = view.uniform(4.8, 6.5), view.side(), view.uniform(1.0, 1.25)
    routes: Routes = []
    for index in range(people):
        own = depth + 0.45 * (index % 2) + view.uniform(-0.1, 0.1)
        faster = 1.35 if index == people - 1 else 1.0
        routes.append((view.across(own, side, speed * faster, start_s=0.45 * index - 1.2), ()))
    return routes, []


def _pillar(view: _View, people: int) -> tuple[Routes, list[Prop]]:
    """People vanish behind a pillar in front; some wait there for a second."""
    wide, place = view.uniform(0.13, 0.19), view.uniform(-0.25, 0.25)
    things = [props.pillar((place, 2.4), wide, 4.0, (0.45, 0.43, 0.40))]
    routes: Routes = []
    for index in range(people):
        own, side, speed = view.uniform(4.6, 6.5), (-1.0) ** index, view.uniform(1.0, 1.4)
        behind = place * own / 2.4
        first = view.edge(own, side=side)
        start = view.uniform(-0.5, 0.8) + 0.7 * (index // 2)
        arrive = start + abs(first - behind) / speed
        wait = view.uniform(0.0, 0.7) if index % 2 == 0 else 0.02
        leave = arrive + wait + abs(first + behind) / speed
        routes.append(
            (
                Route(
                    (
                        (start, first, own),
                        (arrive, behind, own),
                        (arrive + wait, behind + 0.01, own),
                        (leave, -first, own),
                    )
                ),
                (),
            )
        )
    return routes, things


def _handover(view: _View, people: int) -> tuple[Routes, list[Prop]]:
    """One leaves, and right after another comes in at the same place."""
    depth, side = view.uniform(4.4, 5.5), view.side()
    routes: Routes = []
    out, inside = view.edge(depth, side=side), -side * 0.6
    routes.append((Route(((0.0, inside, depth), (2.6, out, depth))), ()))
    routes.append(
        (Route(((2.9, out, depth + 0.1), (5.2, inside, depth + 0.2), (view.end_s + 1, inside - side, depth))), ())
    )
    for _ in range(people - 2):
        place = (-side * view.uniform(0.9, 1.5), depth + 1.0)
        routes.append(
            (Route(((0.0, *place), (view.end_s, place[0] + 0.02, place[1])), facing=0.4), (Gesture("phone", 1.0, 4.5),))
        )
    return routes, []


def _nearfar(view: _View, people: int) -> tuple[Routes, list[Prop]]:
    """From three metres to twelve; one walks up to the camera, one away from it."""
    routes: Routes = [
        (Route(((0.0, view.uniform(-0.5, 0.5), 9.5), (view.end_s, view.uniform(-0.9, 0.9), 3.2))), ()),
        (Route(((0.0, view.uniform(-1.2, 1.2), 3.8), (view.end_s, view.uniform(-1.5, 1.5), 9.0))), ()),
    ]
    for index in range(people - 2):
        own = 4.0 + 2.6 * index
        length = 2 * abs(view.edge(own, side=1))
        speed = view.uniform(1.0, 1.5)
        routes.append((view.across(own, view.side(), speed, view.end_s / 2 - length / speed / 2), ()))
    return routes, []


def _gestures(view: _View, people: int) -> tuple[Routes, list[Prop]]:
    """People on the spot: they wave, point, scratch their head, squat, take a step aside."""
    routes: Routes = []
    for index in range(people):
        x = (index - (people - 1) / 2) * 1.25
        own = view.uniform(3.4, 4.6)
        step = view.uniform(-0.4, 0.4)
        kinds = view.rng.permutation(["wave", "point", "head", "up", "hip"])
        gestures = [
            Gesture(str(kind), 0.3 + 1.8 * turn, 2.0 + 1.8 * turn, left=bool(view.rng.random() < 0.5))
            for turn, kind in enumerate(kinds[:3])
        ]
        if index % 2 == 0:
            gestures.append(Gesture("squat", 3.6, 5.4))
        stops: tuple[Stop, ...] = ((0.0, x, own), (2.2, x, own), (3.0, x + step, own), (view.end_s, x + step, own))
        routes.append((Route(stops, facing=view.uniform(-0.5, 0.5)), tuple(gestures)))
    return routes, []


def _crowd(view: _View, people: int) -> tuple[Routes, list[Prop]]:
    """Everyone on their own way: through, in, out, to and fro."""
    routes: Routes = []
    for index in range(people):
        own = 4.4 + 4.6 * (index + view.uniform(0, 0.8)) / people
        speed = view.uniform(0.9, 1.6)
        if index % 3 == 2:
            places = [
                (view.uniform(-0.7, 0.7) * abs(view.edge(own, side=1)), own + view.uniform(-0.3, 0.3)) for _ in range(3)
            ]
            stops = tuple((turn * view.end_s / 2, *place) for turn, place in enumerate(places))
            routes.append((Route(stops, facing=view.uniform(-1, 1)), (Gesture("phone", 0.5, 3.0),)))
        else:
            length = 2 * abs(view.edge(own, side=1))
            start = view.uniform(0.2, 0.8) * view.end_s - length / speed / 2
            routes.append((view.across(own, view.side(), speed, start, own + view.uniform(-0.4, 0.4)), ()))
    return routes, []


_KINDS: dict[str, Callable[[_View, int], tuple[Routes, list[Prop]]]] = {
    "crossing": _crossing, "meeting": _meeting, "group": _group, "pillar": _pillar, "handover": _handover,
    "nearfar": _nearfar, "gestures": _gestures, "crowd": _crowd,
}  # fmt: skip
