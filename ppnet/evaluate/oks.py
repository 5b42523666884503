"""Object keypoint similarity: how alike two poses are on COCO's scale of 0 to 1, and duplicate removal by it."""

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]


def keypoint_similarity(
    keypoints: npt.ArrayLike, truth: npt.ArrayLike, areas: npt.ArrayLike, sigmas: npt.ArrayLike
) -> Doubles:
    """exp(-d^2 / (2 area (2 sigma)^2)) of each keypoint, (..., K): 1 at the truth, 0.5 a little off it.

    keypoints, truth: (..., K, 2) image pixels; areas: (...) square pixels; sigmas: (K,) of the joint set.
    """
    squares = np.sum((np.asarray(keypoints, np.float64) - np.asarray(truth, np.float64)) ** 2, axis=-1)
    variances = (2 * np.asarray(sigmas, np.float64)) ** 2
    spread = 2 * variances * (np.asarray(areas, np.float64)[..., None] + np.spacing(1))
    similarity: Doubles = np.exp(-squares / spread)
    return similarity


def oks_nms(
    keypoints: npt.ArrayLike,
    scores: npt.ArrayLike,
    areas: npt.ArrayLike,
    sigmas: npt.ArrayLike,
    *,
    threshold: float = 0.9,
) -> npt.NDArray[np.int64]:
    """Indices of the answers to keep, best first: an answer falls to a better one with OKS above `threshold`.

    keypoints: (N, K, 2) and areas (N,) of one image; two answers are compared at their mean area
    (published code of SimpleBaseline and HRNet).
    """
    poses, sizes = np.asarray(keypoints, np.float64), np.asarray(areas, np.float64)
    order = np.argsort(-np.asarray(scores, np.float64), kind="stable")
    kept: list[int] = []
    for index in order:
        if kept:
            between = (sizes[kept] + sizes[index]) / 2
            similarity = keypoint_similarity(poses[index], poses[kept], between, sigmas).mean(axis=-1)
            if similarity.max() > threshold:
                continue
        kept.append(int(index))
    return np.array(kept, np.int64)
