"""The third dimension of clothes: how far garments stand off the body, and the meshes that are not body.

Meshes (hair, skirt, bag, brim) are drawn in coordinates of the template and fitted to the person's own shape.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from ppnet.data.people import paint
from ppnet.data.people.body import BodyModel, Shape
from ppnet.data.people.outfit import WAIST, Outfit

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]

_LEG_SPREAD = 0.16  # tangent of the legs' angle on the template, which stands with feet apart


@dataclass(frozen=True)
class Extra:
    """A mesh at rest on one person: vertices (V, 3), faces (F, 3), skin (V, B), surface columns (V, 8)."""

    vertices: Floats
    faces: Ints
    skin: sparse.csr_matrix
    columns: Floats


def swelling(outfit: Outfit, on: paint.Surface) -> Floats:
    """(V,) metres by which clothes and hair lift each vertex of the body."""
    swell = np.zeros(len(on.arm), np.float32)
    folds = paint.waves(on.point, outfit.seed + 11, 0.13, 6)
    bottom = paint.bottom_mask(outfit, on)
    lower = np.clip((0.0 - on.point[:, 2]) / 0.6, 0, 1)
    swell[bottom] = (outfit.bottom_loose_m * (0.6 + 0.8 * lower) * (1 + 0.35 * folds))[bottom]
    top = paint.top_mask(outfit, on)
    swell[top] = (outfit.top_loose_m * (1 + 0.4 * folds))[top] + 0.002
    shoe, _ = paint.foot_masks(outfit, on)
    swell[shoe] = 0.003
    swell = np.clip(swell, 0, 0.05)
    swell[bottom & top] += 0.004
    return np.maximum(swell, _head_swelling(outfit, on))


def _head_swelling(outfit: Outfit, on: paint.Surface) -> Floats:
    thickness = {"bald": 0.0, "short": 0.007, "medium": 0.02, "bob": 0.018, "long": 0.017, "tail": 0.01}
    z = on.point[:, 2]
    hair = paint.hair_mask(outfit, on) & (outfit.hair_style != "bald")
    curls = 1 + 0.25 * paint.waves(on.point, outfit.seed + 12, 0.05)
    swell = np.where(hair, thickness[outfit.hair_style] * curls * np.clip((z - 0.66) / 0.1, 0.3, 1), 0)
    if outfit.head_wear != "none":
        over = {"cap": 0.008, "beanie": 0.013, "helmet": 0.03}[outfit.head_wear]
        worn = (on.head_share > 0.5) & (z > 0.775 - 0.12 * np.maximum(on.point[:, 1] + 0.1, 0))
        swell = np.where(worn, over, np.minimum(swell, 0.012))
    return np.asarray(swell, np.float32)


def extras(model: BodyModel, shape: Shape, outfit: Outfit) -> list[Extra]:
    """The meshes this outfit adds to the body."""
    result = []
    if outfit.hair_style in ("bob", "long") and outfit.head_wear != "helmet":
        result.append(_hanging_hair(model, shape, outfit))
    if outfit.hair_style == "tail":
        result.append(_tail(model, shape, outfit))
    if outfit.head_wear == "cap":
        result.append(_brim(model, shape))
    if outfit.bottom_kind == "skirt":
        result.append(_skirt(model, shape, outfit))
    if outfit.backpack:
        result.append(_bag(model, shape))
    if outfit.shoe_top_m > -0.8:
        result += [_shoe(model, shape, side) for side in "LR"]
    return result


def _grid_faces(rows: int, columns: int, *, closed: bool = False) -> Ints:
    """Triangles over a grid of vertices, row by row; `closed` joins the last column to the first."""
    last = columns if closed else columns - 1
    row, column = np.meshgrid(np.arange(rows - 1), np.arange(last), indexing="ij")
    a = (row * columns + column).ravel()
    b = (row * columns + (column + 1) % columns).ravel()
    return np.concatenate([np.stack([a, a + columns, b], 1), np.stack([b, a + columns, b + columns], 1)]).astype(
        np.int32
    )


def _columns(points: Floats, material: int) -> Floats:
    count = len(points)
    rest = np.tile(np.array([-0.3, 0, 0, 0, material], np.float32), (count, 1))
    return np.concatenate([points.astype(np.float32), rest], 1)


def _skin(model: BodyModel, weights: dict[str, Floats]) -> sparse.csr_matrix:
    count = len(next(iter(weights.values())))
    dense = np.zeros((count, len(model.bone_names)), np.float32)
    for name, weight in weights.items():
        dense[:, model.bone[name]] += weight
    return sparse.csr_matrix(dense)


def _fitted(model: BodyModel, shape: Shape, points: Floats, bones: tuple[str, ...]) -> Floats:
    """Template points carried onto a person: scaled and shifted as the part of the body with `bones` is."""
    share = np.asarray(model.skin[:, [model.bone[name] for name in bones]].sum(1)).ravel()
    part = share > 0.8
    before, after = model.template[part], shape.vertices[part]
    scale = after.std(0) / before.std(0)
    return np.asarray((points - before.mean(0)) * scale + after.mean(0), np.float32)


def _hanging_hair(model: BodyModel, shape: Shape, outfit: Outfit) -> Extra:
    rng = np.random.default_rng(outfit.seed)
    low = rng.uniform(0.58, 0.65) if outfit.hair_style == "bob" else rng.uniform(0.36, 0.56)
    angle = np.radians(np.linspace(-118, 118, 29))
    height = np.linspace(0.80, low, 12)
    z, theta = np.meshgrid(height, angle, indexing="ij")
    narrow = np.clip((0.62 - z) / 0.1, 0, 1)
    theta = theta * (1 - 0.25 * narrow)
    wave = 1 + 0.05 * np.sin(theta * 9 + z * 25 + rng.uniform(0, 6))
    radius_x = np.where(z > 0.74, 0.088, 0.088 + 0.01 * np.sin((0.74 - z) * 12)) * wave
    radius_y = 0.10 * wave
    x = radius_x * np.sin(theta)
    y = -0.045 + radius_y * np.cos(theta) + np.maximum(0.60 - z, 0) * 0.55 * (np.cos(theta) > -0.1)
    points = np.stack([x, y, z], -1).reshape(-1, 3).astype(np.float32)
    hang = np.clip((0.66 - points[:, 2]) / 0.2, 0, 0.7).astype(np.float32)
    return Extra(
        _fitted(model, shape, points, ("head", "neck03")),
        _grid_faces(*z.shape),
        _skin(model, {"head": 1 - hang, "spine01": hang}),
        _columns(points, paint.HAIR),
    )


def _squared(wave: npt.NDArray[np.float64], power: float) -> npt.NDArray[np.float64]:
    """A sine or cosine whose circle bulges towards a square as `power` falls below 1."""
    result: npt.NDArray[np.float64] = np.sign(wave) * np.abs(wave) ** power
    return result


def _ball(
    centre: tuple[float, float, float], radii: tuple[float, float, float], box: float = 1.0
) -> tuple[Floats, Ints]:
    """A ball; `box` below 1 squares it."""
    latitude, longitude = np.meshgrid(np.linspace(-np.pi / 2, np.pi / 2, 11), np.arange(18) * np.pi / 9, indexing="ij")
    x = _squared(np.cos(latitude), box) * _squared(np.cos(longitude), box)
    y = _squared(np.cos(latitude), box) * _squared(np.sin(longitude), box)
    points = np.stack([x, y, _squared(np.sin(latitude), box)], -1).reshape(-1, 3) * radii + np.array(centre)
    return points.astype(np.float32), _grid_faces(*latitude.shape, closed=True)


def _tail(model: BodyModel, shape: Shape, outfit: Outfit) -> Extra:
    bun = outfit.seed % 3 == 0
    points, faces = (
        _ball((0, 0.075, 0.80), (0.034, 0.03, 0.034)) if bun else _ball((0, 0.085, 0.67), (0.026, 0.026, 0.11))
    )
    return Extra(
        _fitted(model, shape, points, ("head", "neck03")),
        faces,
        _skin(model, {"head": np.ones(len(points), np.float32)}),
        _columns(points, paint.TAIL),
    )


def _brim(model: BodyModel, shape: Shape) -> Extra:
    along, across = np.meshgrid(np.linspace(0, 1, 6), np.linspace(-1, 1, 11), indexing="ij")
    x = across * 0.068
    y = -0.135 + 0.03 * across**2 - along * 0.075 * np.sqrt(1 - 0.7 * across**2)
    z = 0.783 - 0.018 * along - 0.012 * across**2
    points = np.stack([x, y, z], -1).reshape(-1, 3).astype(np.float32)
    return Extra(
        _fitted(model, shape, points, ("head", "neck03")),
        _grid_faces(*along.shape),
        _skin(model, {"head": np.ones(len(points), np.float32)}),
        _columns(points, paint.BRIM),
    )


def _shoe(model: BodyModel, shape: Shape, side: str) -> Extra:
    """A shoe lofted around the foot, so that nobody shows toes through leather."""
    along = np.array([0.052, 0.045, 0.02, -0.02, -0.06, -0.10, -0.14, -0.17, -0.195, -0.208])
    half = np.array([0.004, 0.026, 0.034, 0.034, 0.037, 0.043, 0.047, 0.044, 0.032, 0.006])
    upper = np.array([-0.75, -0.735, -0.728, -0.722, -0.735, -0.757, -0.771, -0.778, -0.784, -0.795])
    angle = np.linspace(0, 2 * np.pi, 16, endpoint=False)
    middle_z, half_z = (upper - 0.813) / 2, (upper + 0.813) / 2
    x = 0.226 + half[:, None] * _squared(np.cos(angle), 0.6)
    z = middle_z[:, None] + half_z[:, None] * _squared(np.sin(angle), 0.7)
    points = np.stack([x, np.repeat(along[:, None], 16, 1), z], -1).reshape(-1, 3).astype(np.float32)
    if side == "R":
        points[:, 0] *= -1
    bones = tuple(model.bone_names[index] for index in model.below(f"foot.{side}"))
    return Extra(
        _fitted(model, shape, points, bones),
        _grid_faces(len(along), 16, closed=True),
        _skin(model, {f"foot.{side}": np.ones(len(points), np.float32)}),
        _columns(points, paint.SHOE),
    )


def _skirt(model: BodyModel, shape: Shape, outfit: Outfit) -> Extra:
    rng = np.random.default_rng(outfit.seed)
    flare = rng.uniform(0.05, 0.6)
    marks = [model.bone[name] for name in ("foot.L", "lowerleg01.L", "upperleg01.L", "spine04", "spine03")]
    template_z = np.linspace(WAIST - 0.01, outfit.bottom_hem_m, 12)
    own_z = np.interp(template_z, model.rest_heads[marks, 2], shape.heads[marks, 2])
    legs_and_hips = (
        np.asarray(model.skin[:, [model.bone[n] for n in model.bone_names if "arm" in n]].sum(1)).ravel() < 0.1
    )
    rings = []
    angle = np.arange(32) * 2 * np.pi / 32
    hip_z = np.interp(-0.04, model.rest_heads[marks, 2], shape.heads[marks, 2])
    for level in own_z:
        at = max(level, hip_z)
        near = shape.vertices[
            legs_and_hips & (np.abs(shape.vertices[:, 2] - at) < 0.025) & (np.abs(shape.vertices[:, 0]) < 0.35)
        ]
        half = np.abs(near[:, 0]).max() + 0.012
        front, back = near[:, 1].min() - 0.012, near[:, 1].max() + 0.012
        drop = max(hip_z - level, 0)
        wide = 1 + flare * drop
        fold = 1 + min(drop, 0.25) * 0.25 * np.sin(angle * rng.integers(7, 11))
        x = half * wide * fold * np.sin(angle)
        y = (front + back) / 2 + (back - front) / 2 * wide * fold * np.cos(angle)
        x = x + _LEG_SPREAD * drop * np.tanh(x / 0.08)
        rings.append(np.stack([x, y, np.full_like(x, level)], 1))
    own = np.concatenate(rings).astype(np.float32)
    points = own.copy()
    points[:, 2] = np.repeat(template_z, 32)
    left = 0.5 + 0.5 * np.tanh(own[:, 0] / 0.07)
    thigh = np.clip((hip_z + 0.06 - own[:, 2]) / 0.2, 0, 0.85)
    weights = {"root": 1 - thigh, "upperleg02.L": thigh * left, "upperleg02.R": thigh * (1 - left)}
    return Extra(own, _grid_faces(12, 32, closed=True), _skin(model, weights), _columns(points, paint.SKIRT))


def _bag(model: BodyModel, shape: Shape) -> Extra:
    points, faces = _ball((0, 0.155, 0.36), (0.14, 0.085, 0.2), 0.5)
    torso = ("spine01", "spine02", "spine03", "spine04")
    half = np.full(len(points), 0.5, np.float32)
    return Extra(
        _fitted(model, shape, points, torso), faces, _skin(model, {"spine02": half, "spine01": half}),
        _columns(points, paint.BAG),
    )  # fmt: skip
