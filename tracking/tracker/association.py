"""Who is who: similarity of boxes and of keypoints, and the best one-to-one matching."""

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from ppnet.skeleton import skeleton_or_plain

Floats = npt.NDArray[np.floating]
Pairs = list[tuple[int, int]]

MIN_COMMON = 4  # keypoints both people must show before their likeness means anything
PLAIN_SIGMA = 0.08  # for joint sets without published constants


def keypoint_sigmas(count: int) -> Floats:
    """(K,) COCO's per-keypoint constants where the joint set has them, else one middle value for all."""
    sigmas = skeleton_or_plain(count).sigmas
    return np.array(sigmas) if sigmas else np.full(count, PLAIN_SIGMA)


def keypoint_similarity(
    first: Floats,
    second: Floats,
    *,
    areas: Floats,
    variances: Floats | float = 0.0,
    tolerance: float = 1.0,
    either_side: bool = False,
) -> Floats:
    """(N, M) object keypoint similarity, 0 to 1, of `first` (N, K, 2) with `second` (M, K, 2).

    Keypoints that are NaN on either side don't count; fewer than `MIN_COMMON` common ones give NaN.
    areas: (N,) box areas in square pixels, the scale of the first people.
    variances: (N,) extra variance of their positions in square pixels (how far they may have moved unseen).
    tolerance: above 1 forgives larger distances (limbs swing between two looks).
    either_side: left and right count as the same where that fits better (the network mixes them up).
    """
    count = first.shape[1]
    spread = (2 * keypoint_sigmas(count) * tolerance) ** 2
    extra = np.broadcast_to(np.asarray(variances, np.float64), areas.shape)
    scale = areas[:, None] * spread[None, :] + extra[:, None]
    likeness = _likeness(first, second, scale)
    if either_side:
        twins = skeleton_or_plain(count).flip_index
        crossed = _likeness(first, second[:, twins], scale)
        better = crossed + crossed[..., twins] > likeness + likeness[..., twins]
        likeness = np.where(better, crossed, likeness)
    common = np.isfinite(likeness)
    shared = common.sum(axis=-1)
    total = np.where(common, likeness, 0.0).sum(axis=-1)
    return np.where(shared >= MIN_COMMON, total / np.maximum(shared, 1), np.nan)


def _likeness(first: Floats, second: Floats, scale: Floats) -> Floats:
    """(N, M, K) of joints at `first` (N, K, 2) and `second` (M, K, 2); scale: (N, K) square pixels."""
    away = first[:, None].astype(np.float64) - second[None].astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.exp(-np.sum(away**2, axis=-1) / (2 * scale[:, None, :]))


def best_pairs(similarity: Floats, allowed: npt.NDArray[np.bool_]) -> Pairs:
    """Hungarian matching: the pairs (row, column) with the largest total similarity among the allowed ones."""
    if not allowed.any():
        return []
    cost = np.where(allowed, -similarity, 0.0)
    rows, columns = linear_sum_assignment(cost)
    return [(int(r), int(c)) for r, c in zip(rows, columns, strict=True) if allowed[r, c]]
