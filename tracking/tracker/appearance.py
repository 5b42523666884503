"""Appearance: colour histograms of torso and thighs, to tell apart people who come out of hiding in one place."""

import cv2
import numpy as np
import numpy.typing as npt

from ppnet.poses import Poses
from tracking.tracker.settings import AppearanceSettings

Floats = npt.NDArray[np.float32]
Image = npt.NDArray[np.uint8]

BINS = (5, 10, 10)  # lightness, and the two opponent colours of CIE Lab
RANGES = (0, 256, 68, 188, 68, 188)  # opponent colours beyond this hardly occur on cloth; they count as the last bin
BLUR_BINS = 0.7  # standard deviation by which counts spread to neighbouring bins: a shadow moves colours by about one
PATCH_WH = (16, 24)  # pixels to which each part is scaled first
PARTS = (
    (("shoulder", "hip"), (0.32, 0.20, 0.68, 0.48)),  # joints around a part, and where it usually is in the box
    (("hip", "knee"), (0.32, 0.55, 0.68, 0.78)),
)
SIZE = BINS[0] * BINS[1] * BINS[2]


def _blur(bins: int) -> Floats:
    """(bins, bins) spread of each bin into its neighbours."""
    apart = np.subtract.outer(np.arange(bins), np.arange(bins))
    kernel = np.exp(-(apart**2) / (2 * BLUR_BINS**2)) / (BLUR_BINS * np.sqrt(2 * np.pi))
    return np.asarray(kernel, np.float32)


_BLURS = tuple(_blur(bins) for bins in BINS)
_PLAN = ["einsum_path", (2, 3), (1, 2), (0, 1)]


def _bin_of_value(channel: int) -> npt.NDArray[np.int64]:
    """(256,) bin of every value of a channel of CIE Lab."""
    low, high = RANGES[2 * channel : 2 * channel + 2]
    values = np.clip(np.arange(256), low, high - 1)
    return np.floor((values - low) * (BINS[channel] / (high - low))).astype(np.int64)


_BIN_OF_VALUE = tuple(_bin_of_value(channel) for channel in range(3))


def describe(
    image: Image, boxes: npt.NDArray[np.floating], poses: Poses, settings: AppearanceSettings | None = None
) -> Floats:
    """(M, D) descriptions of people in boxes (M, 4) of an RGB picture (H, W, 3); compare them with `similarity`.

    Torso and thighs are where the keypoints say, or in the usual place in the box where those are not sure.
    """
    settings = settings or AppearanceSettings()
    boxes = np.asarray(boxes, np.float64).reshape(-1, 4)
    areas = np.stack([_part_areas(boxes, poses, joints, usual, settings) for joints, usual in PARTS], axis=1)
    return _histograms(image, areas.reshape(-1, 4)).reshape(len(boxes), len(PARTS) * SIZE)


def similarity(first: Floats, second: Floats) -> Floats:
    """(N, M) similarity, 0 to 1, of descriptions (N, D) and (M, D): Bhattacharyya coefficient, mean of the parts."""
    return np.asarray(first @ second.T / len(PARTS), np.float32)


def _part_areas(
    boxes: npt.NDArray[np.float64], poses: Poses, joints: tuple[str, str], usual: tuple[float, ...],
    settings: AppearanceSettings,
) -> npt.NDArray[np.float64]:  # fmt: skip
    """(M, 4) rectangles around these joints of both sides, or the usual ones in the box where they are not sure."""
    areas = boxes[:, [0, 1, 0, 1]] + np.array(usual) * np.tile(boxes[:, 2:] - boxes[:, :2], 2)
    at = [i for i, name in enumerate(poses.skeleton.keypoints) if name.endswith(joints)]
    points = poses.keypoints[:, at].astype(np.float64)
    sure = (poses.scores[:, at] >= settings.min_keypoint_score).all(axis=1) & np.isfinite(points).all(axis=(1, 2))
    if not at or not sure.any():
        return areas
    low, high = points[sure].min(axis=1), points[sure].max(axis=1)
    least = settings.min_width * (boxes[sure, 3] - boxes[sure, 1]) / 2
    half = np.maximum((high[:, 0] - low[:, 0]) * 0.4, least)
    middle = (low[:, 0] + high[:, 0]) / 2
    areas[sure] = np.stack([middle - half, low[:, 1], middle + half, high[:, 1]], axis=1)
    return areas


def _histograms(image: Image, areas: npt.NDArray[np.float64]) -> Floats:
    """(P, SIZE) square roots of the colour histograms of rectangles (P, 4), of length 1; zeros where nothing of one is
    in the picture."""
    limits = np.tile(image.shape[1::-1], 2)
    corners = np.clip(np.concatenate([np.floor(areas[:, :2]), np.ceil(areas[:, 2:])], axis=1), 0, limits).astype(int)
    rows = np.flatnonzero((corners[:, 2:] - corners[:, :2]).min(axis=1, initial=9) >= 2)
    found = np.zeros((len(areas), SIZE), np.float32)
    if not len(rows):
        return found
    patches = np.stack([
        cv2.resize(image[y1:y2, x1:x2], PATCH_WH, interpolation=cv2.INTER_AREA)
        for x1, y1, x2, y2 in corners[rows].tolist()
    ])  # fmt: skip
    lab = cv2.cvtColor(patches.reshape(-1, PATCH_WH[0], 3), cv2.COLOR_RGB2LAB).reshape(len(rows), -1, 3)
    first, second, third = (_BIN_OF_VALUE[channel][lab[..., channel]] for channel in range(3))
    bins = (first * BINS[1] + second) * BINS[2] + third + np.arange(len(rows))[:, None] * SIZE
    counts = np.bincount(bins.ravel(), minlength=len(rows) * SIZE).astype(np.float32).reshape(-1, *BINS)
    soft = np.einsum("ai,bj,ck,pijk->pabc", *_BLURS, counts, optimize=_PLAN).reshape(len(rows), -1)
    found[rows] = np.sqrt(soft / np.maximum(soft.sum(axis=1, keepdims=True), 1e-9))
    return found
