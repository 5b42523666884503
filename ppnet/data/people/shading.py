"""Light: how bright every pixel of a person is, and the shadows on the floor."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from ppnet.data.people import paint
from ppnet.data.people.actors import Actor, Meshes, Prop
from ppnet.data.people.camera import Camera
from ppnet.data.people.raster import Coverage, rasterise

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Light:
    """One sun or lamp (unit vector towards it) and the light from above and from below, linear RGB."""

    direction: npt.NDArray[np.float64]
    sun: Floats
    sky: Floats
    ground: Floats
    floor_shadow: float = 0.45

    @classmethod
    def sample(cls, rng: np.random.Generator) -> "Light":
        """Noon, evening, shade or a room."""
        azimuth, height = rng.uniform(0, 2 * np.pi), np.radians(rng.uniform(15, 80))
        direction = np.array([np.cos(azimuth) * np.cos(height), np.sin(azimuth) * np.cos(height), np.sin(height)])
        hard = rng.beta(1.2, 1.2)
        warm = rng.normal(0, 0.10)
        tint = np.array([1 + warm, 1, 1 - warm])
        exposure = np.exp(rng.normal(0.05, 0.3))
        return cls(
            direction=direction,
            sun=np.asarray(exposure * (0.25 + 1.15 * hard) * tint, np.float32),
            sky=np.asarray(exposure * (0.95 - 0.5 * hard) * tint[::-1] ** 0.5, np.float32),
            ground=np.asarray(exposure * rng.uniform(0.2, 0.5) * tint, np.float32),
            floor_shadow=float(rng.uniform(0.15, 0.35) + 0.3 * hard),
        )

    def tinted(self, colour: Floats, amount: float) -> "Light":
        """Drawn towards the mean linear colour of a backdrop, so that people belong to their place."""
        level = float(np.clip((colour.mean() / 0.22) ** 0.5, 0.45, 1.5))
        scale = np.asarray((1 - amount) + amount * level * (colour / colour.mean()) ** 0.5, np.float32)
        return Light(self.direction, self.sun * scale, self.sky * scale, self.ground * scale, self.floor_shadow)


def shade(
    stage: Meshes, coverage: Coverage, pixels: npt.NDArray[np.int32], owner: npt.NDArray[np.int32],
    actors: list[Actor], props: tuple[Prop, ...], light: Light, camera: Camera,
) -> Floats:  # fmt: skip
    """Linear colour (P, 3) of the covered pixels."""
    values = coverage.interpolate(np.concatenate([stage.columns, stage.normals, stage.vertices], 1), pixels)
    surface = paint.Surface(values[:, :3], *values[:, 3:8].T)
    normal, place = values[:, 8:11], values[:, 11:14]
    painted = _painted(surface, owner, actors, props)
    normal = _wrinkled(normal, surface.point, painted.wrinkle)
    to_eye = np.array([0, 0, camera.height_m], np.float32) - place
    to_eye = _unit(to_eye)
    thin = (surface.material > 0.5) & (_dot(normal, to_eye) < 0)
    normal[thin] *= -1
    toward = light.direction.astype(np.float32)
    facing = normal @ toward
    lit = np.clip((facing + 0.15) / 1.15, 0, 1) * (1 - _shadowed(stage, place, normal, light))
    upward = (0.5 + 0.5 * normal[:, 2:3]).astype(np.float32)
    hollow = _hollows(coverage, pixels, camera)[:, None]
    ambient = (light.sky * upward + light.ground * (1 - upward)) * hollow
    half = _unit(toward + to_eye)
    gloss = painted.shine * np.clip(_dot(normal, half), 0, 1) ** 24 * lit
    return np.asarray(painted.albedo * (ambient + light.sun * lit[:, None]) + light.sun * gloss[:, None], np.float32)


def _painted(
    surface: paint.Surface, owner: npt.NDArray[np.int32], actors: list[Actor], props: tuple[Prop, ...]
) -> paint.Painted:
    count = len(owner)
    albedo = np.zeros((count, 3), np.float32)
    shine, wrinkle = np.zeros(count, np.float32), np.zeros(count, np.float32)
    for index in np.unique(owner):
        mine = owner == index
        part = paint.Surface(*(column[mine] for column in surface))
        if index >= 0:
            done = paint.paint(actors[index].figure.outfit, part)
            albedo[mine], shine[mine], wrinkle[mine] = done.albedo, done.shine, done.wrinkle
        else:
            grain = 1 + 0.08 * paint.waves(part.point, int(-index), 0.3) + 0.05 * paint.waves(part.point, 7, 0.03)
            albedo[mine] = np.clip(np.array(props[-1 - index].colour) * grain[:, None], 0, 1) ** 2.2
    return paint.Painted(albedo, shine, wrinkle)


def _wrinkled(normal: Floats, point: Floats, strength: Floats) -> Floats:
    """Normals tilted by folds of the fabric."""
    fold = np.stack(
        [paint.waves(point, 100 + axis, 0.07, 4) + 0.6 * paint.waves(point, 200 + axis, 0.03, 4) for axis in range(3)],
        1,
    )
    bent = normal + fold * (0.28 * strength)[:, None]
    return _unit(bent)


def _shadowed(stage: Meshes, place: Floats, normal: Floats, light: Light, size: int = 512) -> Floats:
    """(P,) 0 lit .. 1 in the shadow of something, by a depth map seen from the light."""
    axis = light.direction / np.linalg.norm(light.direction)
    right = np.cross(axis, (0.0, 0, 1))
    right /= np.linalg.norm(right)
    view = np.stack([right, np.cross(axis, right), axis]).astype(np.float32)
    seen = stage.vertices @ view.T
    low, high = seen.min(0), seen.max(0)
    scale = (size - 4) / max(float((high - low)[:2].max()), 1e-3)
    nearness = seen[:, 2:] - low[2] + 1.0
    points = np.concatenate([(seen[:, :2] - low[:2]) * scale + 2, nearness], 1)
    depth = rasterise(points.astype(np.float32), stage.faces, (size, size)).inverse_depth
    own = (place + normal * 0.02) @ view.T
    column, row = ((own[:, :2] - low[:2]) * scale + 2).T
    total = np.zeros(len(place), np.float32)
    for shift in ((-1, -1), (1, -1), (-1, 1), (1, 1)):
        c = np.clip((column + shift[0]).astype(np.int32), 0, size - 1)
        r = np.clip((row + shift[1]).astype(np.int32), 0, size - 1)
        total += depth[r, c] > own[:, 2] - low[2] + 1.0 + 0.025
    return np.asarray(total / 4, np.float32)


def _hollows(coverage: Coverage, pixels: npt.NDArray[np.int32], camera: Camera) -> Floats:
    """(P,) how much light from all around reaches a pixel: less where it lies behind its surroundings."""
    low, high = pixels[:, :2].min(0), pixels[:, :2].max(0) + 1
    nearness = coverage.inverse_depth[low[1] : high[1], low[0] : high[0]]
    mask = (nearness > 0).astype(np.float32)
    depth = np.divide(1, nearness, out=np.zeros_like(nearness), where=nearness > 0)
    typical = float(np.median(depth[mask > 0][::7]))
    width = coverage.inverse_depth.shape[1] / camera.size_wh[0] * camera.focal_px / typical * 0.09
    kernel = max(3, int(width) | 1)
    around = cv2.blur(depth, (kernel, kernel)) / np.maximum(cv2.blur(mask, (kernel, kernel)), 1e-3)
    behind = (depth - around)[pixels[:, 1] - low[1], pixels[:, 0] - low[0]]
    return np.asarray(1 - 0.55 * np.clip(behind / 0.10, 0, 1), np.float32)


def floor_shadow(camera: Camera, stage: Meshes, light: Light) -> Floats:
    """(H, W) 0 to 1: how far the floor of the backdrop lies in the shadow of people and things."""
    if not len(stage.vertices):
        return np.zeros(camera.size_wh[::-1], np.float32)
    slope = light.direction[:2] / max(light.direction[2], 0.35)
    shadow = stage.vertices.copy()
    shadow[:, :2] -= slope * shadow[:, 2:]
    shadow[:, 2] = 0
    cast = rasterise(camera.project(shadow), stage.faces, camera.size_wh).face_index >= 0
    below = stage.vertices.copy()
    below[:, 2] = 0
    contact = rasterise(camera.project(below), stage.faces, camera.size_wh).face_index >= 0
    soft = max(3, camera.size_wh[1] // 60 | 1)
    return np.asarray(
        0.65 * cv2.GaussianBlur(cast.astype(np.float32), (soft, soft), 0)
        + 0.5 * cv2.GaussianBlur(contact.astype(np.float32), (4 * soft + 1, 4 * soft + 1), 0),
        np.float32,
    ).clip(0, 1)


def _dot(first: Floats, second: Floats) -> Floats:
    """Scalar products (P,) of rows; numpy's sums along a short last axis are slow."""
    return np.asarray(np.einsum("ij,ij->i", first, second), np.float32)


def _unit(rows: Floats) -> Floats:
    return np.asarray(rows / (np.sqrt(_dot(rows, rows)) + 1e-9)[:, None], np.float32)
