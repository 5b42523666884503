"""Appearance: colour histograms of torso and thighs, to tell apart people who come out of hiding in one place."""

import math
from functools import cache

import cv2
import numpy as np
import numpy.typing as npt

from ppnet.poses import Poses
from ppnet.skeleton import Skeleton
from tracking.tracker.settings import AppearanceSettings

Floats = npt.NDArray[np.float32]
Descriptions = npt.NDArray[np.float32]
Image = npt.NDArray[np.uint8]

BINS = (5, 10, 10)  # lightness, and the two opponent colours of CIE Lab
RANGES = (0, 256, 68, 188, 68, 188)  # opponent colours beyond this hardly occur on cloth; they count as the last bin
BLUR_BINS = 0.7  # standard deviation by which counts spread to neighbouring bins: a shadow moves colours by about one
PATCH_WH = (16, 24)  # pixels to which each part is scaled first
PARTS = (("shoulder", "hip"), ("hip", "knee"))  # joints of both sides around torso and thighs
USUAL = np.array([(0.32, 0.20, 0.68, 0.48), (0.32, 0.55, 0.68, 0.78)])  # where these usually are in the box
SIZE = BINS[0] * BINS[1] * BINS[2]
CELLS_FOR_A_PAIR = 300  # of one product of all descriptions with all others, in the time for one pair brought together
LENGTH = len(PARTS) * SIZE
"""D, numbers in a description."""


def _blur(bins: int) -> Floats:
    """(bins, bins) spread of each bin into its neighbours."""
    apart = np.subtract.outer(np.arange(bins), np.arange(bins))
    kernel = np.exp(-(apart**2) / (2 * BLUR_BINS**2)) / (BLUR_BINS * np.sqrt(2 * np.pi))
    return np.asarray(kernel, np.float32)


_BLUR_LIGHTNESS = _blur(BINS[0])
_BLUR_COLOURS = np.kron(_blur(BINS[1]), _blur(BINS[2]))  # of both opponent colours at once
_BLUR_COLOURS[_BLUR_COLOURS < 1e-20] = 0  # denormal numbers make the product many times as slow


def _bin_of_value(channel: int) -> npt.NDArray[np.uint16]:
    """(256,) bin of every value of a channel of CIE Lab; the sum of all three says which bin of the histogram it is."""
    low, high = RANGES[2 * channel : 2 * channel + 2]
    values = np.clip(np.arange(256), low, high - 1)
    step = math.prod(BINS[channel + 1 :])
    return (np.floor((values - low) * (BINS[channel] / (high - low))) * step).astype(np.uint16)


_BIN_OF_VALUE = np.stack([_bin_of_value(channel) for channel in range(3)], axis=1)[None]


def describe(
    image: Image, boxes: npt.NDArray[np.floating], poses: Poses, settings: AppearanceSettings | None = None
) -> Floats:
    """(M, D) descriptions of people in boxes (M, 4) of an RGB picture (H, W, 3); compare them with `similarity`.

    Torso and thighs are where the keypoints say, or in the usual place in the box where those are not sure.
    """
    settings = settings or AppearanceSettings()
    boxes = np.asarray(boxes, np.float64).reshape(-1, 4)
    return _histograms(image, _part_areas(boxes, poses, settings).reshape(-1, 4)).reshape(len(boxes), LENGTH)


def similarity(first: Descriptions, second: Descriptions) -> Floats:
    """(N, M) similarity, 0 to 1, of descriptions (N, D) and (M, D): Bhattacharyya coefficient, mean of the parts."""
    return np.asarray(first @ second.T / len(PARTS), np.float32)


def similarities(
    first: Descriptions, second: Descriptions, rows: npt.NDArray[np.intp], columns: npt.NDArray[np.intp]
) -> Floats:  # fmt: skip
    """(P,) the same for some pairs: rows (P,) of `first` (N, D) and `columns` (P,) of `second` (M, D)."""
    if len(rows) * CELLS_FOR_A_PAIR > len(first) * len(second):  # a dense crowd
        return similarity(first, second)[rows, columns]
    return paired_similarity(first[rows], second[columns])


def paired_similarity(first: Descriptions, second: Descriptions) -> Floats:
    """(N,) the same for each description of `first` (N, D) with that of `second` in the same row; NaN where one is
    unknown."""
    return np.asarray(np.einsum("nd,nd->n", first, second) / len(PARTS), np.float32)


def _part_areas(boxes: npt.NDArray[np.float64], poses: Poses, settings: AppearanceSettings) -> npt.NDArray[np.float64]:
    """(M, P, 4) rectangles around the joints of each of the P parts, or the usual ones in the box where they are not
    sure."""
    at = _joints_of_parts(poses.skeleton)
    if at is None:
        return _usual_areas(boxes)
    points = poses.keypoints[:, at].astype(np.float64)
    sure = (poses.scores[:, at] >= settings.min_keypoint_score) & np.isfinite(points).all(axis=3)
    sure = np.asarray(sure.all(axis=2, keepdims=True))
    low, high = points.min(axis=2), points.max(axis=2)
    least = settings.min_width * (boxes[:, 3] - boxes[:, 1])[:, None] / 2
    half = np.maximum((high[..., 0] - low[..., 0]) * 0.4, least)
    middle = (low[..., 0] + high[..., 0]) / 2
    around = np.array([middle - half, low[..., 1], middle + half, high[..., 1]]).transpose(1, 2, 0)
    return around if sure.all() else np.where(sure, around, _usual_areas(boxes))


def _usual_areas(boxes: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """(M, P, 4) rectangles in the usual places in boxes (M, 4)."""
    sides = boxes[:, 2:] - boxes[:, :2]
    return np.asarray(boxes[:, None, [0, 1, 0, 1]] + USUAL * sides[:, None, [0, 1, 0, 1]])


@cache
def _joints_of_parts(skeleton: Skeleton) -> npt.NDArray[np.intp] | None:
    """(P, 4) of each part the joints of both sides; None for joint sets that lack some."""
    at = [[index for index, name in enumerate(skeleton.keypoints) if name.endswith(part)] for part in PARTS]
    return np.array(at, np.intp) if all(len(joints) == 4 for joints in at) else None


def _histograms(image: Image, areas: npt.NDArray[np.float64]) -> Floats:
    """(P, SIZE) square roots of the colour histograms of rectangles (P, 4), of length 1; zeros where nothing of one is
    in the picture."""
    height, width, _ = image.shape
    corners = np.concatenate([np.floor(areas[:, :2]), np.ceil(areas[:, 2:])], axis=1)
    corners = corners.clip(0, (width, height, width, height)).astype(int)
    rows = ((corners[:, 2:] - corners[:, :2]).min(axis=1, initial=9) >= 2).nonzero()[0]
    found = np.zeros((len(areas), SIZE), np.float32)
    if not len(rows):
        return found
    patches = np.empty((len(rows), *PATCH_WH[::-1], 3), np.uint8)
    for patch, (x1, y1, x2, y2) in zip(patches, corners[rows].tolist(), strict=True):
        cv2.resize(image[y1:y2, x1:x2], PATCH_WH, patch, interpolation=cv2.INTER_AREA)
    lab = cv2.cvtColor(patches.reshape(-1, PATCH_WH[0], 3), cv2.COLOR_RGB2LAB)
    each = cv2.LUT(lab, _BIN_OF_VALUE).reshape(len(rows), -1, 3)
    bins = each[..., 0] + each[..., 1] + each[..., 2] + np.arange(len(rows))[:, None] * SIZE
    counts = np.bincount(bins.ravel(), minlength=len(rows) * SIZE).astype(np.float32)
    blurred = (counts.reshape(-1, BINS[1] * BINS[2]) @ _BLUR_COLOURS).reshape(len(rows), BINS[0], -1)
    soft = (_BLUR_LIGHTNESS @ blurred).reshape(len(rows), SIZE)
    found[rows] = np.sqrt(soft / np.maximum(soft.sum(axis=1, keepdims=True), 1e-9))
    return found
