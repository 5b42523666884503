"""A dressed person as one mesh: the body swollen by its clothes, with hair, skirt, bag and brim added.

All of it is laid out at rest once per person (`Figure`), then carried by the bones into any pose.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
from scipy import sparse

from ppnet.data.people import attire, paint
from ppnet.data.people.body import BodyModel, Phenotype, Shape, body_model
from ppnet.data.people.outfit import Outfit
from ppnet.data.people.poses import Pose

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Posed:
    """A posed, dressed person in body axes.

    vertices, normals: (V, 3); keypoints: (17, 3) COCO joints of the body beneath the clothes.
    """

    vertices: Floats
    normals: Floats
    keypoints: Floats


@cache
def surface_columns() -> Floats:
    """(V, 8) what each vertex of the body is: the columns of `paint.Surface`."""
    model = body_model()
    arm, arm_share = _arm_coordinates(model)
    head_bones = [model.bone[name] for name in ("neck02", "neck03", "head", "eye.L", "eye.R")]
    head_share = np.asarray(model.skin[:, head_bones].sum(1)).ravel()
    columns = [*model.template.T, arm, arm_share, head_share, model.eye_vertices, np.zeros(len(arm))]
    return np.stack(columns, 1).astype(np.float32)


def _arm_coordinates(model: BodyModel) -> tuple[Floats, Floats]:
    """Place along the arm (0 shoulder, 1 elbow, 2 wrist, 3 finger tips) and share of arm bones, per vertex."""
    coordinate = np.full(len(model.template), -0.3, np.float32)
    share = np.zeros(len(model.template), np.float32)
    heads = np.asarray(model.rest_heads, np.float32)
    for side in "LR":
        at = {name: heads[model.bone[f"{name}.{side}"]] for name in ("upperarm01", "lowerarm01", "wrist")}
        hand = [model.bone[f"wrist.{side}"], *model.below(f"wrist.{side}")]
        groups = (
            ([model.bone[f"upperarm0{i}.{side}"] for i in (1, 2)], at["upperarm01"], at["lowerarm01"], 0.0),
            ([model.bone[f"lowerarm0{i}.{side}"] for i in (1, 2)], at["lowerarm01"], at["wrist"], 1.0),
            (hand, at["wrist"], at["wrist"] + (at["wrist"] - at["lowerarm01"]) * 0.75, 2.0),
        )
        weights = np.stack([np.asarray(model.skin[:, bones].sum(1)).ravel() for bones, *_ in groups], 1)
        along = np.stack([
            start + (model.template - low) @ (high - low) / ((high - low) @ (high - low))
            for _, low, high, start in groups
        ], 1)  # fmt: skip
        total = weights.sum(1)
        mine = total > 0.02
        coordinate[mine] = ((along * weights).sum(1)[mine] / total[mine]).astype(np.float32)
        share += total.astype(np.float32)
    return coordinate, share


class Figure:
    """One dressed person, ready to be posed many times."""

    def __init__(self, who: Phenotype, outfit: Outfit) -> None:
        """Lay out body, clothes, hair and things at rest."""
        model = body_model()
        self.who, self.outfit, self._model = who, outfit, model
        self.shape: Shape = model.shape(who)
        columns = surface_columns()
        on = paint.Surface(columns[:, :3], *columns[:, 3:].T)
        self._swell = attire.swelling(outfit, on)
        extras = attire.extras(model, self.shape, outfit)
        self.faces: Ints = np.concatenate([model.faces, *_shifted([e.faces for e in extras], len(columns), extras)])
        self.columns: Floats = np.concatenate([columns, *(extra.columns for extra in extras)]).astype(np.float32)
        self._extra_vertices = np.concatenate([extra.vertices for extra in extras]) if extras else None
        self._extra_skin = sparse.vstack([extra.skin for extra in extras]).tocsr() if extras else None

    def pose(self, pose: Pose) -> Posed:
        """The person in a pose."""
        body = self._model.pose(self.shape, pose)
        swollen = body.vertices + _normals(body.vertices, self._model.faces) * self._swell[:, None]
        if self._extra_vertices is not None and self._extra_skin is not None:
            moves = (self._extra_skin @ body.bones.reshape(-1, 12)).reshape(-1, 3, 4)
            extra = np.einsum("vij,vj->vi", moves[:, :, :3], self._extra_vertices) + moves[:, :, 3]
            swollen = np.concatenate([swollen, extra.astype(np.float32)])
        return Posed(swollen, _normals(swollen, self.faces), body.keypoints)


def _shifted(faces: list[Ints], start: int, extras: "list[attire.Extra]") -> list[Ints]:
    result = []
    for part, extra in zip(faces, extras, strict=True):
        result.append((part + start).astype(np.int32))
        start += len(extra.vertices)
    return result


def _normals(vertices: Floats, faces: Ints) -> Floats:
    """Smooth unit normals (V, 3)."""
    a, b, c = vertices[faces[:, 0]], vertices[faces[:, 1]], vertices[faces[:, 2]]
    normals = np.cross(b - a, c - a)
    result = np.empty_like(vertices)
    corners = faces.ravel("F")
    for axis in range(3):
        result[:, axis] = np.bincount(corners, np.tile(normals[:, axis], 3), len(vertices))
    length = np.sqrt(np.einsum("ij,ij->i", result, result)) + 1e-12
    return np.asarray(result / length[:, None], np.float32)
