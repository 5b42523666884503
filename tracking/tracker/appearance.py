"""What people wear: colours of torso and legs, to tell those apart who come out of hiding at the same place."""

import cv2
import numpy as np
import numpy.typing as npt

from ppnet.poses import Poses
from ppnet.skeleton import skeleton_or_plain

Floats = npt.NDArray[np.float32]
Image = npt.NDArray[np.uint8]

BINS = (5, 10, 10)  # lightness, and the two opponent colours of CIE Lab
RANGES = (0, 256, 68, 188, 68, 188)  # opponent colours beyond this hardly occur on cloth; they count as the last bin
PATCH_WH = (16, 24)
MIN_SCORE = 0.3
PARTS = (
    (("shoulder", "hip"), (0.32, 0.20, 0.68, 0.48)),  # joints around a part, and where it usually is in the box
    (("hip", "knee"), (0.32, 0.55, 0.68, 0.78)),
)
SLIMMEST = 0.10  # a part seen from the side is at least so wide, box heights


def _blur(bins: int) -> Floats:
    """(bins, bins) spread of each bin into its neighbours: a shadow moves colours by a bin or so."""
    apart = np.subtract.outer(np.arange(bins), np.arange(bins))
    return np.asarray(np.exp(-(apart**2) / (2 * 0.7**2)) / (0.7 * np.sqrt(2 * np.pi)), np.float32)


_BLURS = tuple(_blur(bins) for bins in BINS)
_PLAN = ["einsum_path", (2, 3), (1, 2), (0, 1)]


def describe(image: Image, boxes: npt.NDArray[np.floating], poses: Poses) -> Floats:
    """(M, D) descriptions of people in boxes (M, 4) of an RGB picture (H, W, 3); compare them with `resemblance`.

    Torso and thighs are found by the joints where they are sure, else by the usual place in the box.
    """
    size = int(np.prod(BINS))
    found = np.zeros((len(boxes), len(PARTS) * size), np.float32)
    for row, box in enumerate(np.asarray(boxes, np.float64)):
        for part, (joints, usual) in enumerate(PARTS):
            area = _area(box, poses.keypoints[row], poses.scores[row], joints=joints, usual=usual)
            found[row, part * size : (part + 1) * size] = _colours(image, area)
    return found


def resemblance(first: Floats, second: Floats) -> Floats:
    """(N, M) likeness, 0 to 1, of descriptions (N, D) and (M, D) (Bhattacharyya coefficient, mean of the parts)."""
    return np.asarray(first @ second.T / len(PARTS), np.float32)


def _area(
    box: npt.NDArray[np.float64], keypoints: Floats, scores: Floats, *,
    joints: tuple[str, str], usual: tuple[float, float, float, float],
) -> npt.NDArray[np.float64]:  # fmt: skip
    width, height = box[2:] - box[:2]
    at = _indices(len(keypoints), joints)
    points = keypoints[at].astype(np.float64)
    if len(at) and (scores[at] >= MIN_SCORE).all() and np.isfinite(points).all():
        low, high = points.min(axis=0), points.max(axis=0)
        half = max((high[0] - low[0]) * 0.4, SLIMMEST * height / 2)
        middle = (low[0] + high[0]) / 2
        return np.array([middle - half, low[1], middle + half, high[1]])
    return box[[0, 1, 0, 1]] + np.array(usual) * [width, height, width, height]


def _indices(count: int, joints: tuple[str, str]) -> npt.NDArray[np.int64]:
    names = skeleton_or_plain(count).keypoints
    return np.array([i for i, name in enumerate(names) if name.endswith(joints)], np.int64)


def _colours(image: Image, area: npt.NDArray[np.float64]) -> Floats:
    """Square root of the colour histogram of a rectangle, of length 1; zeros when nothing of it is in the picture."""
    height, width = image.shape[:2]
    x1, y1 = np.floor(np.clip(area[:2], 0, [width, height])).astype(int)
    x2, y2 = np.ceil(np.clip(area[2:], 0, [width, height])).astype(int)
    if x2 - x1 < 2 or y2 - y1 < 2:
        return np.zeros(int(np.prod(BINS)), np.float32)
    patch = cv2.resize(image[y1:y2, x1:x2], PATCH_WH, interpolation=cv2.INTER_AREA)
    lab = cv2.cvtColor(patch, cv2.COLOR_RGB2LAB)
    lab[..., 1:] = np.clip(lab[..., 1:], RANGES[2], RANGES[3] - 1)
    counts = cv2.calcHist([lab], [0, 1, 2], None, list(BINS), list(RANGES))
    soft = np.einsum("ai,bj,ck,ijk->abc", *_BLURS, counts, optimize=_PLAN)
    return np.asarray(np.sqrt(soft / max(float(soft.sum()), 1e-9)).ravel(), np.float32)
