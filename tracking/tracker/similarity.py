"""How alike tracks and detections are, in keypoints (OKS), place and appearance."""

import math

import numpy as np
import numpy.typing as npt

from ppnet.skeleton import Skeleton
from tracking import boxes as box_math
from tracking.tracker.settings import TrackerSettings
from tracking.tracker.track import TrackStates

Floats = npt.NDArray[np.floating]
Rows = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]

PLAIN_SIGMA = 0.08  # for joint sets without published constants
NEGLIGIBLE = 1e-9  # a similarity that is as good as 0
EVERYBODY = slice(None)


def keypoint_sigmas(skeleton: Skeleton) -> Floats:
    """(K,) COCO's per-keypoint constants where the joint set has them, else one middle value for all."""
    return np.array(skeleton.sigmas or [PLAIN_SIGMA] * len(skeleton))


def oks_matrix(
    first: Floats, second: Floats, skeleton: Skeleton, *,
    areas: Floats, variances: Floats | float = 0.0, tolerance: float = 1.0,
    least: int = TrackerSettings.min_common_keypoints, floor: float = NEGLIGIBLE, anyhow: Mask | None = None,
) -> Floats:  # fmt: skip
    """(N, M) COCO's object keypoint similarity, 0 to 1, of `first` (N, K, 2) with `second` (M, K, 2).

    Keypoints that are NaN on either side don't count; fewer than `least` common ones give NaN.
    areas: (N,) box areas in square pixels, the scale of the people.
    variances: (N,) extra variance of their positions in square pixels (how far they may have moved unseen).
    tolerance: above 1 forgives larger distances.
    floor: a similarity below which 0 will do: in a crowd nearly all pairs are far apart. anyhow: (N, M) pairs of which
    it is wanted all the same.
    """
    spread = (2 * keypoint_sigmas(skeleton) * tolerance) ** 2
    extra = np.broadcast_to(np.asarray(variances, np.float64), len(first))
    shown, other_shown = (np.asarray(np.isfinite(points).all(axis=2), np.float32) for points in (first, second))
    oks = np.where(shown @ other_shown.T >= least, 0.0, np.nan)
    wanted = _near(extents(first), extents(second), _reach(floor, areas * spread.max(initial=0.0) + extra))
    rows, columns = np.nonzero(wanted if anyhow is None else wanted | anyhow)
    if len(rows):
        scale = areas[rows, None] * spread + extra[rows, None]
        oks[rows, columns] = _mean(_keypoint_similarity(first[rows], second[columns], scale), least)
    return oks


def same_poses(
    keypoints: Floats, areas: Floats, skeleton: Skeleton, settings: TrackerSettings, known: int = 0
) -> tuple[Rows, Rows]:  # fmt: skip
    """Pairs (P,), (P,) of people, the first before the second, whose keypoints (N, K, 2) show one pose: OKS for the
    larger area of the two, left and right exchanged where that fits better (the network mixes them up).

    areas: (N,) of the boxes, square pixels. known: of so many, the first ones, no two are compared with each other.
    """
    spread = (2 * keypoint_sigmas(skeleton)) ** 2
    around = extents(keypoints)
    reach = _reach(settings.duplicate_oks, areas * spread.max(initial=0.0))
    near = _near(around, around[known:], reach) | _near(around[known:], around, reach[known:]).T
    first, second = np.nonzero(np.triu(near, 1 - known))
    second += known
    if not len(first):
        return first, second
    one, other, twins = keypoints[first], keypoints[second], skeleton.flip_index
    scale = np.maximum(areas[first], areas[second])[:, None] * spread
    straight, crossed = _keypoint_similarity(one, other, scale), _keypoint_similarity(one, other[:, twins], scale)
    better = crossed + crossed[:, twins] > straight + straight[:, twins]
    oks = _mean(np.where(better, crossed, straight), settings.min_common_keypoints)
    same = oks >= settings.duplicate_oks
    return first[same], second[same]


def extents(keypoints: Floats) -> Floats:
    """(N, 4) xyxy of the rectangles around keypoints (N, K, 2); NaN where there are none."""
    return np.concatenate([np.fmin.reduce(keypoints, axis=1), np.fmax.reduce(keypoints, axis=1)], axis=1)


def _reach(floor: float, variances: Floats) -> Floats:
    """(N,) pixels beyond which keypoints of these variances (N,) are less alike than `floor`."""
    return np.sqrt(-2 * math.log(floor) * variances) if floor > 0 else np.full(len(variances), np.inf)


def _near(first: Floats, second: Floats, reach: Floats) -> Mask:
    """(N, M) whether rectangles (N, 4) come within `reach` (N,) of rectangles (M, 4)."""
    low, high = first[:, :2] - reach[:, None], first[:, 2:] + reach[:, None]
    near = np.ones((len(first), len(second)), np.bool_)
    for axis in range(2):
        near &= low[:, None, axis] <= second[:, 2 + axis]
        near &= second[:, axis] <= high[:, None, axis]
    return near


def _keypoint_similarity(first: Floats, second: Floats, scale: Floats) -> Floats:
    """(P, K) of keypoints at `first` (P, K, 2) and `second` (P, K, 2); scale: (P, K) square pixels."""
    away = first.astype(np.float64) - second.astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.exp(-np.sum(away**2, axis=-1) / (2 * scale))


def _mean(each: Floats, least: int) -> Floats:
    """(P,) of similarities (P, K), over those that are known; NaN where fewer than `least` are."""
    counted = np.isfinite(each)
    shared = counted.sum(axis=1)
    total = np.where(counted, each, 0.0).sum(axis=1)
    return np.where(shared >= least, total / np.maximum(shared, 1), np.nan)


def expected_oks(
    people: TrackStates, keypoints: Floats, skeleton: Skeleton, settings: TrackerSettings,
    floor: float = NEGLIGIBLE, anyhow: Mask | None = None, rows: Rows | slice = EVERYBODY,
) -> Floats:  # fmt: skip
    """(T, M) OKS of the keypoints expected now with those found (M, K, 2), as tolerant as the motion is uncertain.

    floor, anyhow: see `oks_matrix`. rows: (T,) of whom.
    """
    return oks_matrix(
        people.expected_keypoints()[rows],
        keypoints,
        skeleton,
        areas=box_math.areas(people.boxes)[rows],
        variances=people.motion.position_variances[rows],
        tolerance=settings.oks_tolerance,
        least=settings.min_common_keypoints,
        floor=floor,
        anyhow=anyhow,
    )


def path_likelihood(people: TrackStates, boxes: Floats, settings: TrackerSettings) -> Floats:
    """(T, M) how likely lost people come back at boxes (M, 4), 1 on their way; 0 for those who are not lost.

    They may have gone on or have stopped: the way leads from where they were lost to where they would be now.
    """
    likelihood = np.zeros((len(people), len(boxes)))
    lost = np.flatnonzero(people.lost)
    if len(lost):
        predicted = people.boxes[lost]
        ends = people.lost_centers[lost], box_math.centers(predicted)
        away = box_math.squared_distances(*ends, box_math.centers(boxes))
        variances = people.motion.position_variances[lost]
        spread = variances + (settings.path_spread * box_math.sizes(predicted).max(axis=1)) ** 2
        likelihood[lost] = np.exp(-away / (2 * spread[:, None]))
    return likelihood


def appearance_affinity(likeness: Floats, settings: TrackerSettings) -> Floats:
    """Likeness of colours as a term of a matching cost, 0 to 1; unknown ones speak neither for nor against."""
    return np.where(np.isnan(likeness), 0.5, np.exp(-(1 - likeness) / settings.appearance.spread))
