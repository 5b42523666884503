"""Who and what is in a scene: people at their places, things, and all their meshes as one."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ppnet.data.people.figure import Figure, Posed

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Actor:
    """A posed figure at a place on the floor, turned by `yaw` radians to its left; `lift_m` off the floor."""

    figure: Figure
    posed: Posed
    place_xy: tuple[float, float]
    yaw: float
    lift_m: float = 0.0

    def in_scene(self) -> tuple[Floats, Floats, Floats]:
        """Vertices (V, 3), normals (V, 3) and keypoints (17, 3) in scene axes; the lowest point touches the floor."""
        cos, sin = np.cos(self.yaw), np.sin(self.yaw)
        turn = np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]], np.float32)
        lowest = float(self.posed.vertices[:, 2].min())
        shift = np.array([*self.place_xy, self.lift_m - lowest], np.float32)
        return (
            self.posed.vertices @ turn.T + shift,
            self.posed.normals @ turn.T,
            self.posed.keypoints @ turn.T + shift,
        )


@dataclass(frozen=True)
class Prop:
    """A thing of one colour with a little texture: vertices (V, 3) in scene axes, faces (F, 3), sRGB colour."""

    vertices: Floats
    faces: npt.NDArray[np.int32]
    colour: tuple[float, float, float]


@dataclass(frozen=True)
class Meshes:
    """All meshes of a scene as one: owner is the actor's index, -1 - i for prop i."""

    vertices: Floats
    normals: Floats
    faces: npt.NDArray[np.int32]
    columns: Floats
    owner: npt.NDArray[np.int32]
    keypoints: Floats


def assemble(actors: list[Actor], props: tuple[Prop, ...]) -> Meshes:
    """The meshes of all actors and props."""
    vertices, normals, faces, columns, owner, keypoints = [], [], [], [], [], []
    start = 0
    for index, actor in enumerate(actors):
        points, directions, joints = actor.in_scene()
        vertices.append(points)
        normals.append(directions)
        columns.append(actor.figure.columns)
        faces.append(actor.figure.faces + start)
        owner.append(np.full(len(actor.figure.faces), index, np.int32))
        keypoints.append(joints)
        start += len(points)
    for index, prop in enumerate(props):
        vertices.append(prop.vertices)
        centre = prop.vertices.mean(0)
        away = (prop.vertices - centre) * (1, 1, 0.05)
        normals.append((away / (np.linalg.norm(away, axis=1, keepdims=True) + 1e-9)).astype(np.float32))
        columns.append(np.concatenate([prop.vertices, np.zeros((len(prop.vertices), 5), np.float32)], 1))
        faces.append(prop.faces + start)
        owner.append(np.full(len(prop.faces), -1 - index, np.int32))
        start += len(prop.vertices)
    if not vertices:
        empty = np.zeros((0, 3), np.float32)
        nothing = np.zeros((0, 3), np.int32)
        return Meshes(empty, empty, nothing, np.zeros((0, 8), np.float32), np.zeros(0, np.int32), empty[None, :0])
    joints_all = np.stack(keypoints) if keypoints else np.zeros((0, 17, 3), np.float32)
    return Meshes(
        np.concatenate(vertices).astype(np.float32),
        np.concatenate(normals).astype(np.float32),
        np.concatenate(faces).astype(np.int32),
        np.concatenate(columns).astype(np.float32),
        np.concatenate(owner),
        joints_all,
    )
