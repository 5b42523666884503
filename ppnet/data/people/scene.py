"""People, things and light before a backdrop -> a picture and the exact truth about everyone in it."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from ppnet.data.people import paint
from ppnet.data.people.camera import Camera
from ppnet.data.people.figure import Figure, Posed
from ppnet.data.people.raster import Coverage, rasterise

Floats = npt.NDArray[np.float32]
Image = npt.NDArray[np.uint8]

# How deep under the seen surface a joint may lie and still count as visible, metres for a person of 1.7 m.
_DEPTH_M = np.array([0.035, 0.03, 0.03, 0.04, 0.04, *([0.13] * 2), *([0.085] * 2), *([0.065] * 2),
                     *([0.18] * 2), *([0.13] * 2), *([0.10] * 2)])  # fmt: skip
VISIBLE, COVERED, OUTSIDE = 2, 1, 0
_NOBODY = -100


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
class Truth:
    """What is known of N people in a picture.

    keypoints (N, 17, 2) pixels; visibility (N, 17): 2 visible, 1 covered, 0 out of the picture;
    boxes (N, 4) xyxy of the whole person inside the picture; seen_boxes (N, 4) of what can be seen of them;
    seen_area (N,) square pixels that can be seen; seen_share (N,) of the person's whole outline (inside and outside
    the picture) that can be seen.
    """

    keypoints: Floats
    visibility: npt.NDArray[np.int64]
    boxes: Floats
    seen_boxes: Floats
    seen_area: Floats
    seen_share: Floats


@dataclass(frozen=True)
class _Stage:
    """All meshes of a scene as one: owner is the actor's index, -1 - i for prop i."""

    vertices: Floats
    normals: Floats
    faces: npt.NDArray[np.int32]
    columns: Floats
    owner: npt.NDArray[np.int32]
    keypoints: Floats


def render(
    camera: Camera, actors: list[Actor], *, backdrop: Image, light: Light,
    props: tuple[Prop, ...] = (), curtain: Image | None = None, factor: int = 2,
) -> tuple[Image, Truth]:  # fmt: skip
    """Picture (H, W, 3) and truth. `factor` x `factor` samples are taken for each pixel.

    curtain: (H, W, 4) RGB and cover (0 or 255) of what hangs before everything.
    """
    stage = _assemble(actors, props)
    fine = camera.enlarged(factor)
    coverage = rasterise(fine.project(stage.vertices), stage.faces, fine.size_wh)
    pixels = coverage.pixels()
    owner = stage.owner[pixels[:, 2]]
    layer = np.zeros((*fine.size_wh[::-1], 4), np.float32)
    if len(pixels):
        layer[pixels[:, 1], pixels[:, 0], :3] = _shade(stage, coverage, pixels, owner, actors, props, light, camera)
        layer[pixels[:, 1], pixels[:, 0], 3] = 1
    layer[:, :, :3] = layer[:, :, :3] * (1 + layer[:, :, :3] / 4) / (1 + layer[:, :, :3] / 1.6)  # film's soft shoulder
    layer = cv2.resize(layer, camera.size_wh, interpolation=cv2.INTER_AREA)
    ground = (backdrop.astype(np.float32) / 255) ** 2.2
    ground *= 1 - light.floor_shadow * _floor_shadow(camera, stage, light)[:, :, None]
    picture = layer[:, :, :3] + ground * (1 - layer[:, :, 3:])
    image = (np.clip(picture, 0, 1) ** (1 / 2.2) * 255 + 0.5).astype(np.uint8)
    owner_map = np.full(fine.size_wh[::-1], _NOBODY, np.int32)
    owner_map[pixels[:, 1], pixels[:, 0]] = owner
    nearness = coverage.inverse_depth
    if curtain is not None:
        image = np.where(curtain[:, :, 3:] > 0, curtain[:, :, :3], image)
        hidden = cv2.resize(curtain[:, :, 3], fine.size_wh, interpolation=cv2.INTER_NEAREST) > 0
        owner_map[hidden], nearness[hidden] = _NOBODY, 100.0
    return image, _truth(camera, fine, stage, nearness, owner_map, actors)


def _assemble(actors: list[Actor], props: tuple[Prop, ...]) -> _Stage:
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
        return _Stage(empty, empty, nothing, np.zeros((0, 8), np.float32), np.zeros(0, np.int32), empty[None, :0])
    joints_all = np.stack(keypoints) if keypoints else np.zeros((0, 17, 3), np.float32)
    return _Stage(
        np.concatenate(vertices).astype(np.float32),
        np.concatenate(normals).astype(np.float32),
        np.concatenate(faces).astype(np.int32),
        np.concatenate(columns).astype(np.float32),
        np.concatenate(owner),
        joints_all,
    )


# ---------------------------------------------------------------- light


def _shade(
    stage: _Stage, coverage: Coverage, pixels: npt.NDArray[np.int32], owner: npt.NDArray[np.int32],
    actors: list[Actor], props: tuple[Prop, ...], light: Light, camera: Camera,
) -> Floats:  # fmt: skip
    """Linear colour (P, 3) of the covered pixels."""
    values = coverage.interpolate(np.concatenate([stage.columns, stage.normals, stage.vertices], 1), pixels)
    surface = paint.Surface(values[:, :3], *values[:, 3:8].T)
    normal, place = values[:, 8:11], values[:, 11:14]
    painted = _painted(surface, owner, actors, props)
    normal = _wrinkled(normal, surface.point, painted.wrinkle)
    to_eye = np.array([0, 0, camera.height_m], np.float32) - place
    to_eye /= np.linalg.norm(to_eye, axis=1, keepdims=True)
    thin = (surface.material > 0.5) & ((normal * to_eye).sum(1) < 0)
    normal[thin] *= -1
    toward = light.direction.astype(np.float32)
    facing = normal @ toward
    lit = np.clip((facing + 0.15) / 1.15, 0, 1) * (1 - _shadowed(stage, place, normal, light))
    upward = (0.5 + 0.5 * normal[:, 2:3]).astype(np.float32)
    hollow = _hollows(coverage, pixels, camera)[:, None]
    ambient = (light.sky * upward + light.ground * (1 - upward)) * hollow
    half = toward + to_eye
    half /= np.linalg.norm(half, axis=1, keepdims=True)
    gloss = painted.shine * np.clip((normal * half).sum(1), 0, 1) ** 24 * lit
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
    return np.asarray(bent / (np.linalg.norm(bent, axis=1, keepdims=True) + 1e-9), np.float32)


def _shadowed(stage: _Stage, place: Floats, normal: Floats, light: Light, size: int = 512) -> Floats:
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
    nearness = coverage.inverse_depth
    mask = (nearness > 0).astype(np.float32)
    depth = np.divide(1, nearness, out=np.zeros_like(nearness), where=nearness > 0)
    typical = float(np.median(depth[mask > 0]))
    width = coverage.inverse_depth.shape[1] / camera.size_wh[0] * camera.focal_px / typical * 0.09
    kernel = max(3, int(width) | 1)
    around = cv2.blur(depth, (kernel, kernel)) / np.maximum(cv2.blur(mask, (kernel, kernel)), 1e-3)
    behind = (depth - around)[pixels[:, 1], pixels[:, 0]]
    return np.asarray(1 - 0.55 * np.clip(behind / 0.10, 0, 1), np.float32)


def _floor_shadow(camera: Camera, stage: _Stage, light: Light) -> Floats:
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


# ---------------------------------------------------------------- truth


def _truth(
    camera: Camera, fine: Camera, stage: _Stage, inverse_depth: Floats,
    owner_map: npt.NDArray[np.int32], actors: list[Actor],
) -> Truth:  # fmt: skip
    count = len(actors)
    keypoints = np.zeros((count, 17, 2), np.float32)
    visibility = np.zeros((count, 17), np.int64)
    boxes, seen_boxes = np.zeros((count, 4), np.float32), np.zeros((count, 4), np.float32)
    seen_area, seen_share = np.zeros(count, np.float32), np.zeros(count, np.float32)
    factor = fine.size_wh[0] // camera.size_wh[0]
    start = 0
    limit = np.array(camera.size_wh, np.float32) - 1
    for index, actor in enumerate(actors):
        joints = stage.keypoints[index]
        projected = camera.project(joints)
        keypoints[index] = projected[:, :2]
        scale = actor.figure.shape.height_m / 1.7
        visibility[index] = _visibility(fine.project(joints), inverse_depth, owner_map, index, _DEPTH_M * scale)
        outline = camera.project(stage.vertices[start : start + len(actor.posed.vertices)])
        start += len(actor.posed.vertices)
        ahead = outline[outline[:, 2] > 0, :2]
        if not len(ahead):
            continue
        boxes[index] = np.concatenate([ahead.min(0).clip(0, limit), ahead.max(0).clip(0, limit)])
        rows, columns = np.nonzero(owner_map == index)
        if not len(rows):
            continue
        seen = np.array([columns.min(), rows.min(), columns.max(), rows.max()], np.float32)
        seen_boxes[index] = (seen + 0.5) / factor - 0.5
        seen_area[index] = len(rows) / factor**2
        seen_share[index] = seen_area[index] / max(_outline_area(camera, actor, outline), 1)
    return Truth(keypoints, visibility, boxes, seen_boxes, seen_area, seen_share.clip(0, 1))


def _outline_area(camera: Camera, actor: Actor, outline: Floats) -> float:
    """Pixels the person would cover alone in a picture without edges."""
    low = outline[:, :2].min(0)
    shrink = min(1.0, 200 / max(float((outline[:, :2].max(0) - low).max()), 1.0))
    alone = outline.copy()
    alone[:, :2] = (outline[:, :2] - low) * shrink
    size = tuple(int(extent) + 2 for extent in alone[:, :2].max(0))
    covered = rasterise(alone, actor.figure.faces, (size[0], size[1])).face_index >= 0
    return float(covered.sum()) / shrink**2


def _visibility(
    joints: Floats,
    inverse_depth: Floats,
    owner_map: npt.NDArray[np.int32],
    index: int,
    depth_m: npt.NDArray[np.float64],
) -> npt.NDArray[np.int64]:
    """(17,) visible, covered or outside: covered when a nearer surface is not the joint's own flesh or cloth."""
    height, width = owner_map.shape
    result = np.full(17, OUTSIDE, np.int64)
    for joint, (x, y, near) in enumerate(joints):
        column, row = round(float(x)), round(float(y))
        if near <= 0 or not (0 <= column < width and 0 <= row < height):
            continue
        window = np.s_[max(row - 2, 0) : row + 3, max(column - 2, 0) : column + 3]
        depth = np.where(inverse_depth[window] > 0, 1 / np.maximum(inverse_depth[window], 1e-6), np.inf)
        own = (owner_map[window] == index) & (1 / near - depth < depth_m[joint])
        behind = depth > 1 / near  # nothing before it: hands and ears at the rim
        result[joint] = VISIBLE if (own | behind).any() else COVERED
    return result
