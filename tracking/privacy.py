"""Hides who people are: heads made coarse, or the whole picture replaced by a plain ground."""

from itertools import pairwise

import numpy as np
import numpy.typing as npt

from tracking.types import FrameResult

Image = npt.NDArray[np.uint8]

HEAD_KEYPOINTS = 5  # COCO: nose, eyes, ears come first
BLOCKS = 5  # a head is left with so many blocks across
GROUND = (29, 33, 41)


def head_boxes(result: FrameResult) -> npt.NDArray[np.float64]:
    """(N, 4) xyxy squares around the heads in image pixels, generous on purpose.

    From the joints of the head where two or more are known, else the top of the person's box.
    """
    boxes = np.zeros((len(result), 4))
    for row in range(len(result)):
        x1, y1, x2, y2 = result.tracks.boxes[row].astype(np.float64)
        half = max(0.09 * (y2 - y1), 6.0)
        center = np.array([(x1 + x2) / 2, y1 + half])
        head = result.smoothed.keypoints[row, :HEAD_KEYPOINTS].astype(np.float64)
        head = head[np.isfinite(head).all(axis=1)]
        if len(head) >= 2:
            center = head.mean(axis=0)
            half = max(half, 1.1 * float(np.ptp(head, axis=0).max()))
        boxes[row] = (*(center - half), *(center + half))
    return boxes


def blur_faces(image: Image, result: FrameResult) -> Image:
    """A copy of (H, W, 3) RGB in which each head is a few coarse blocks of its mean colours."""
    hidden = image.copy()
    height, width = image.shape[:2]
    for box in head_boxes(result):
        left, top = np.clip(np.floor(box[:2]), 0, (width, height)).astype(int)
        right, bottom = np.clip(np.ceil(box[2:]), 0, (width, height)).astype(int)
        rows = np.unique(np.linspace(top, bottom, BLOCKS + 1).astype(int))
        columns = np.unique(np.linspace(left, right, BLOCKS + 1).astype(int))
        for y1, y2 in pairwise(rows):
            for x1, x2 in pairwise(columns):
                hidden[y1:y2, x1:x2] = image[y1:y2, x1:x2].mean(axis=(0, 1))
    return hidden


def plain_ground(image: Image) -> Image:
    """A picture of the same size in one dark colour."""
    return np.full_like(image, GROUND)
