"""The exact truth about everyone in a picture: joints, what of them can be seen, boxes."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ppnet.data.people.actors import Actor, Meshes
from ppnet.data.people.camera import Camera
from ppnet.data.people.raster import rasterise

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]

# How deep under the seen surface a joint may lie and still count as visible, metres for a person of 1.7 m.
_DEPTH_M = np.array([0.035, 0.03, 0.03, 0.04, 0.04, *([0.13] * 2), *([0.085] * 2), *([0.065] * 2),
                     *([0.18] * 2), *([0.13] * 2), *([0.10] * 2)])  # fmt: skip
VISIBLE, COVERED, OUTSIDE = 2, 1, 0
NOBODY = -100


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


def find_truth(
    camera: Camera, fine: Camera, stage: Meshes, inverse_depth: Floats,
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
        left, top, right, bottom = (boxes[index] * factor).astype(int) + np.array([0, 0, 2, 2]) * factor
        rows, columns = np.nonzero(owner_map[top:bottom, left:right] == index)
        if not len(rows):
            continue
        seen = np.array([columns.min() + left, rows.min() + top, columns.max() + left, rows.max() + top], np.float32)
        seen_boxes[index] = (seen + 0.5) / factor - 0.5
        seen_area[index] = len(rows) / factor**2
        seen_share[index] = seen_area[index] / max(_outline_area(actor, outline), 1)
    return Truth(keypoints, visibility, boxes, seen_boxes, seen_area, seen_share.clip(0, 1))


def _outline_area(actor: Actor, outline: Floats) -> float:
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
