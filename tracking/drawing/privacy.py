"""Hides who people are: heads made coarse, or the whole picture replaced by a plain ground.

Careful on purpose: where the network is not sure of a face, the upper part of the person is hidden; whoever is lost
from view stays hidden for a while where they were last seen; who comes into view is hidden a moment before, where that
is known. A person whom the detector never found can't be hidden.
"""

from collections import deque
from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from tracking import boxes as box_math
from tracking.drawing.style import PictureLayers
from tracking.types import FrameResult, KeypointState

Image = npt.NDArray[np.uint8]
Boxes = npt.NDArray[np.float64]

SHOULDERS = ("left_shoulder", "right_shoulder")
SURE = 0.4  # confidence from which two joints of a head show where it is
BLOCKS = 5  # a head is left with so many blocks across
ROUGH_BLOCKS = 32  # and the surroundings of one person, along the longer side
GROUND = (29, 33, 41)
CARRY_S = 1.0
"""Somebody who was in view so long before (or will be so long after) is hidden at the place where that was."""
AHEAD_S = 0.5
GROWTH = 1.0  # by how much that place grows in a second, heads
CROWD = 0.05  # share of a person's box under another's from which the joints of a head may be the other's
UPPER = 0.4  # share of a person's box that surely holds the head of somebody upright
REACH = 0.2  # sides of the box around somebody followed alone that stay clear


def head_boxes(result: FrameResult) -> Boxes:
    """(N, 4) xyxy areas around the heads in image pixels, generous on purpose.

    From the joints of the head where two or more are sure and nobody else is near, whose head it might be; else the
    whole upper part of the person's box, or all of it where somebody lies, together with what there is of joints.
    """
    crowded = _crowded(result.tracks.boxes.astype(np.float64))
    heads = [_head_of(result, row, alone=not crowded[row]) for row in range(len(result))]
    return np.array(heads, np.float64).reshape(-1, 4)


def _crowded(boxes: Boxes) -> npt.NDArray[np.bool_]:
    """(N,) whose box lies under another one by more than `CROWD` of it."""
    common = box_math.intersections(boxes, boxes)
    np.fill_diagonal(common, 0.0)
    areas = np.maximum(box_math.areas(boxes), 1.0)
    return np.asarray((common > CROWD * areas[:, None]).any(axis=1), np.bool_)


def _head_of(result: FrameResult, row: int, *, alone: bool) -> Boxes:
    x1, y1, x2, y2 = result.tracks.boxes[row].astype(np.float64)
    points = result.smoothed.keypoints[row].astype(np.float64)
    known = np.isfinite(points).all(axis=1)
    seen = (result.states[row] != KeypointState.PREDICTED) | result.unread[row]
    sure = known & (result.smoothed.scores[row] >= SURE) & seen
    half = max(0.09 * (y2 - y1), 6.0)
    skeleton = result.skeleton
    shoulders = [skeleton.index(name) for name in SHOULDERS if name in skeleton.keypoints]
    if len(shoulders) == 2 and sure[shoulders].all():
        half = max(half, 0.4 * float(np.linalg.norm(points[shoulders[0]] - points[shoulders[1]])))
    at = skeleton.head_index
    head, weak = points[at[sure[at]]], points[at[known[at]]]
    if len(head) >= 2:  # the joints show how large a head is
        half = max(half, 1.3 * float(np.ptp(head, axis=0).max()))
    if len(head) >= 2 and alone:
        return np.concatenate([head.mean(axis=0) - half, head.mean(axis=0) + half])
    margin = 0.1 * (x2 - x1)
    lower = y2 if x2 - x1 > y2 - y1 else y1 + UPPER * (y2 - y1)
    above = margin + 0.04 * (y2 - y1)  # boxes often begin below the hair
    corners = [[x1 - margin, y1 - above], [x2 + margin, lower + margin], *(weak - half), *(weak + half)]
    return np.concatenate([np.min(corners, axis=0), np.max(corners, axis=0)])


def hidden_areas(results: Sequence[FrameResult], time_s: float) -> Boxes:
    """(M, 4) xyxy what to hide in the picture of `time_s`: everybody of the results near to it, each as of the nearest.

    results: in any order, of everybody, also of those who are left out of tables.
    """
    areas: dict[int, Boxes] = {}
    for result in sorted(results, key=lambda result: abs(result.time_s - time_s)):
        away_s = abs(result.time_s - time_s)
        if away_s > CARRY_S:
            break
        heads = head_boxes(result)
        for row, track_id in enumerate(result.tracks.ids.tolist()):
            if track_id not in areas:
                grown = GROWTH * away_s * (heads[row, 2:] - heads[row, :2]) / 2
                areas[track_id] = heads[row] + np.concatenate([-grown, grown])
    return np.array(list(areas.values()), np.float64).reshape(-1, 4)


class RecentResults:
    """The results of a live run that still count for hiding. Used by one thread."""

    def __init__(self) -> None:
        self._kept: deque[FrameResult] = deque()

    def add(self, result: FrameResult) -> tuple[FrameResult, ...]:
        """Takes the newest in; gives all that are not too old."""
        if not self._kept or result.frame_index != self._kept[-1].frame_index:
            self._kept.append(result)
        while abs(self._kept[0].time_s - result.time_s) > CARRY_S:
            self._kept.popleft()
        return tuple(self._kept)


def private_picture(
    image: Image, result: FrameResult | None, layers: PictureLayers, *, near: Sequence[FrameResult] = ()
) -> Image:
    """The picture as it may be shown and leave the program: `image` itself where nobody is to be hidden.

    result: None where nobody was looked for yet, and then nobody may be seen. near: results near in time, of everybody
    (see `hidden_areas`); `result` alone where there are none.
    """
    if layers.plain_ground or (layers.blur_faces and result is None):
        return np.full_like(image, GROUND)
    if not layers.blur_faces or result is None:
        return image
    return blur_faces(image, near or (result,), result.time_s, alone=layers.alone)


def blur_faces(image: Image, results: Sequence[FrameResult], time_s: float, *, alone: bool = False) -> Image:
    """A copy of (H, W, 3) RGB in which each head of `hidden_areas` is a few coarse blocks of its mean colours.

    alone: one person is followed and nobody knows where others are: everything but that person is made coarse.
    """
    size_wh = image.shape[1], image.shape[0]
    hidden = image.copy()
    if alone:
        across, down = (-(-ROUGH_BLOCKS * side // max(size_wh)) for side in size_wh)
        hidden = _coarse(image, across, down)
        for area in clear_areas(results, time_s):
            left, top, right, bottom = _inside(area, size_wh)
            hidden[top:bottom, left:right] = image[top:bottom, left:right]
    for area in hidden_areas(results, time_s):
        left, top, right, bottom = _inside(area, size_wh)
        if right > left and bottom > top:
            hidden[top:bottom, left:right] = _coarse(image[top:bottom, left:right], BLOCKS, BLOCKS)
    return hidden


def _coarse(image: Image, across: int, down: int) -> Image:
    """A copy that is left with so many blocks, each of the mean colour of what it covers."""
    height, width = image.shape[:2]
    blocks = cv2.resize(image, (min(across, width), min(down, height)), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(blocks, (width, height), interpolation=cv2.INTER_NEAREST), np.uint8)


def clear_areas(results: Sequence[FrameResult], time_s: float) -> Boxes:
    """(N, 4) xyxy what may be seen of the picture of `time_s` when one person is followed alone: little but them."""
    now = next((result for result in results if abs(result.time_s - time_s) < 1e-6), None)
    if now is None or not len(now):
        return np.zeros((0, 4))
    boxes = now.tracks.boxes.astype(np.float64)
    reach = REACH * (boxes[:, 2:] - boxes[:, :2]).min(axis=1, keepdims=True)
    return np.concatenate([boxes[:, :2] - reach, boxes[:, 2:] + reach], axis=1)


def _inside(area: Boxes, size_wh: tuple[int, int]) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of an area in whole pixels of the picture."""
    left, top = np.clip(np.floor(area[:2]), 0, size_wh).astype(int).tolist()
    right, bottom = np.clip(np.ceil(area[2:]), 0, size_wh).astype(int).tolist()
    return left, top, right, bottom
