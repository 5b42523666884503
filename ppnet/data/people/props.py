"""Simple things that stand in a scene: boxes, pillars, balls."""

import numpy as np
import numpy.typing as npt

from ppnet.data.people.actors import Prop

Colour = tuple[float, float, float]


def box(centre: tuple[float, float, float], size: tuple[float, float, float], colour: Colour, yaw: float = 0.0) -> Prop:
    """A box with its own corners on every side, so that its edges stay sharp in the light."""
    corners: list[npt.NDArray[np.float64]] = []
    faces: list[tuple[int, int, int]] = []
    for axis in range(3):
        for sign in (-0.5, 0.5):
            u, v = [other for other in range(3) if other != axis]
            start = len(corners)
            for a, b in ((-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)):
                corner = np.zeros(3)
                corner[axis], corner[u], corner[v] = sign, a, b
                corners.append(corner * size)
            faces += [(start, start + 1, start + 2), (start, start + 2, start + 3)]
    turn = np.array([[np.cos(yaw), -np.sin(yaw), 0], [np.sin(yaw), np.cos(yaw), 0], [0, 0, 1]])
    points = np.array(corners) @ turn.T + centre
    return Prop(points.astype(np.float32), np.array(faces, np.int32), colour)


def pillar(place_xy: tuple[float, float], radius: float, height: float, colour: Colour) -> Prop:
    """A round pillar on the floor."""
    angle = np.arange(24) * 2 * np.pi / 24
    ring = np.stack([radius * np.cos(angle) + place_xy[0], radius * np.sin(angle) + place_xy[1]], 1)
    points = np.concatenate([np.column_stack([ring, np.full(24, z)]) for z in (0.0, height)])
    faces = []
    for i in range(24):
        j = (i + 1) % 24
        faces += [(i, j, 24 + i), (j, 24 + j, 24 + i)]
    return Prop(points.astype(np.float32), np.array(faces, np.int32), colour)


def bar(start: npt.ArrayLike, end: npt.ArrayLike, radius: float, colour: Colour) -> Prop:
    """A round stick between two points: a bat, a pole, a handle."""
    start, end = np.asarray(start, float), np.asarray(end, float)
    along = (end - start) / np.linalg.norm(end - start)
    side = np.cross(along, (0.3, 0.5, 0.81))
    side /= np.linalg.norm(side)
    angle = np.arange(10)[:, None] * 2 * np.pi / 10
    ring = radius * (np.cos(angle) * side + np.sin(angle) * np.cross(along, side))
    points = np.concatenate([start + ring, end + ring])
    faces = [(i, (i + 1) % 10, 10 + i) for i in range(10)]
    faces += [((i + 1) % 10, 10 + (i + 1) % 10, 10 + i) for i in range(10)]
    return Prop(points.astype(np.float32), np.array(faces, np.int32), colour)


def ball(centre: tuple[float, float, float], radius: float, colour: Colour) -> Prop:
    """A ball."""
    rows, columns = 9, 14
    latitude, longitude = np.meshgrid(
        np.linspace(-np.pi / 2, np.pi / 2, rows), np.arange(columns) * 2 * np.pi / columns, indexing="ij"
    )
    around = np.stack(
        [np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)], -1
    )
    points: npt.NDArray[np.float64] = around.reshape(-1, 3) * radius + centre
    faces = []
    for row in range(rows - 1):
        for column in range(columns):
            a, b = row * columns + column, row * columns + (column + 1) % columns
            faces += [(a, a + columns, b), (b, a + columns, b + columns)]
    return Prop(points.astype(np.float32), np.array(faces, np.int32), colour)
