"""Appearance: colour histograms of torso and thighs, to tell apart people who come out of hiding in one place."""

from functools import cache

import cv2
import numpy as np
import numpy.typing as npt

from ppnet.poses import Poses
from ppnet.skeleton import Skeleton
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


def describe(
    image: Image, boxes: npt.NDArray[np.floating], poses: Poses, settings: AppearanceSettings | None = None
) -> Floats:
    """(M, D) descriptions of people in boxes (M, 4) of an RGB picture (H, W, 3); compare them with `similarity`.

    Torso and thighs are where the keypoints say, or in the usual place in the box where those are not sure.
    """
    settings = settings or AppearanceSettings()
    found = np.zeros((len(boxes), len(PARTS) * SIZE), np.float32)
    for row, box in enumerate(np.asarray(boxes, np.float64)):
        for part, (joints, usual) in enumerate(PARTS):
            at = _indices(poses.skeleton, joints)
            area = _joint_area(box, poses.keypoints[row, at], poses.scores[row, at], settings)
            if area is None:
                area = box[[0, 1, 0, 1]] + np.array(usual) * np.tile(box[2:] - box[:2], 2)
            found[row, part * SIZE : (part + 1) * SIZE] = _histogram(image, area)
    return found


def similarity(first: Floats, second: Floats) -> Floats:
    """(N, M) similarity, 0 to 1, of descriptions (N, D) and (M, D): Bhattacharyya coefficient, mean of the parts."""
    return np.asarray(first @ second.T / len(PARTS), np.float32)


@cache
def _indices(skeleton: Skeleton, joints: tuple[str, str]) -> npt.NDArray[np.int64]:
    return np.array([i for i, name in enumerate(skeleton.keypoints) if name.endswith(joints)], np.int64)


def _joint_area(
    box: npt.NDArray[np.float64], keypoints: Floats, scores: Floats, settings: AppearanceSettings
) -> npt.NDArray[np.float64] | None:
    """(4,) rectangle around keypoints (J, 2); None when they are not sure."""
    points = keypoints.astype(np.float64)
    if not len(points) or not (scores >= settings.min_keypoint_score).all() or not np.isfinite(points).all():
        return None
    low, high = points.min(axis=0), points.max(axis=0)
    half = max((high[0] - low[0]) * 0.4, settings.min_width * (box[3] - box[1]) / 2)
    middle = (low[0] + high[0]) / 2
    return np.array([middle - half, low[1], middle + half, high[1]])


def _histogram(image: Image, area: npt.NDArray[np.float64]) -> Floats:
    """Square root of the colour histogram of a rectangle, of length 1; zeros when nothing of it is in the picture."""
    height, width = image.shape[:2]
    x1, y1 = np.floor(np.clip(area[:2], 0, [width, height])).astype(int)
    x2, y2 = np.ceil(np.clip(area[2:], 0, [width, height])).astype(int)
    if x2 - x1 < 2 or y2 - y1 < 2:
        return np.zeros(SIZE, np.float32)
    patch = cv2.resize(image[y1:y2, x1:x2], PATCH_WH, interpolation=cv2.INTER_AREA)
    lab = cv2.cvtColor(patch, cv2.COLOR_RGB2LAB)
    lab[..., 1:] = np.clip(lab[..., 1:], RANGES[2], RANGES[3] - 1)
    counts = cv2.calcHist([lab], [0, 1, 2], None, list(BINS), list(RANGES))
    soft = np.einsum("ai,bj,ck,ijk->abc", *_BLURS, counts, optimize=_PLAN)
    return np.asarray(np.sqrt(soft / max(float(soft.sum()), 1e-9)).ravel(), np.float32)
