"""How alike tracks and detections are, in keypoints (OKS), place and appearance."""

import math
from functools import cache

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
AT_ONCE = 2048  # pairs of people compared joint by joint: as much as a processor's own memory holds
MANY = 256  # likely pairs from which on a closer look at who is one costs less than bringing them together
EVERYBODY = slice(None)


def keypoint_sigmas(skeleton: Skeleton) -> Floats:
    """(K,) COCO's per-keypoint constants where the joint set has them, else one middle value for all."""
    return np.array(skeleton.sigmas or [PLAIN_SIGMA] * len(skeleton))


@cache
def _spreads(skeleton: Skeleton, tolerance: float = 1.0) -> Floats:
    """(K,) variances of keypoints, each way, on somebody whose box is one square pixel; read-only."""
    spreads = np.asarray((2 * keypoint_sigmas(skeleton) * tolerance) ** 2)
    spreads.flags.writeable = False
    return spreads


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
    spread = _spreads(skeleton, tolerance)
    extra = np.broadcast_to(np.asarray(variances, np.float64), len(first))
    shown, other_shown = (np.asarray(np.isfinite(points).all(axis=2), np.float32) for points in (first, second))
    oks = np.where(shown @ other_shown.T >= least, 0.0, np.nan)
    reach = _reach(floor, areas * spread.max(initial=0.0) + extra)
    wanted = box_math.near(box_math.around(first), box_math.around(second), reach)
    rows, columns = np.nonzero(wanted if anyhow is None else wanted | anyhow)
    scale = areas[:, None] * spread + extra[:, None]
    for part in _parts(len(rows)):
        one, other = rows[part], columns[part]
        oks[one, other] = _mean(_keypoint_similarity(first[one], second[other], scale[one]), least)
    return oks


def same_poses(
    keypoints: Floats, areas: Floats, skeleton: Skeleton, settings: TrackerSettings, known: int = 0
) -> tuple[Rows, Rows]:  # fmt: skip
    """Pairs (P,), (P,) of people, the first before the second, whose keypoints (N, K, 2) show one pose: OKS for the
    larger area of the two, left and right exchanged where that fits better (the network mixes them up).

    areas: (N,) of the boxes, square pixels. known: of so many, the first ones, no two are compared with each other.
    """
    spread, twins, floor = _spreads(skeleton), skeleton.flip_index, settings.duplicate_oks
    likely = _may_be_one(keypoints, areas, spread, EVERYBODY, floor, known)
    if np.count_nonzero(likely) > MANY:
        likely &= _may_be_one(keypoints, areas, spread, _sharpest(skeleton), floor, known)
    first, second = likely.nonzero()
    second += known
    first, second = first[first < second], second[first < second]
    same = np.zeros(len(first), np.bool_)
    for part in _parts(len(first)):
        one, other = keypoints[first[part]], keypoints[second[part]]
        scale = np.maximum(areas[first[part]], areas[second[part]])[:, None] * spread
        straight, crossed = _keypoint_similarity(one, np.stack([other, other[:, twins]]), scale)
        better = crossed + crossed[:, twins] > straight + straight[:, twins]
        same[part] = _mean(np.where(better, crossed, straight), settings.min_common_keypoints) >= floor
    return first[same], second[same]


def _sharpest(skeleton: Skeleton) -> Rows:
    """(J,) the third of the joints that forgive least, with their twins: of COCO's those of the face."""
    joints = np.argsort(keypoint_sigmas(skeleton), kind="stable")[: max(len(skeleton) // 3, 1)]
    return np.union1d(joints, skeleton.flip_index[joints])


def _may_be_one(
    keypoints: Floats, areas: Floats, spread: Floats, joints: Rows | slice, floor: float, known: int
) -> Mask:  # fmt: skip
    """(N, M) False for pairs of people whose `joints` (J,) alone, if all are seen, keep OKS from reaching `floor`: the
    others cannot do more than fit."""
    asked, forgiving = keypoints[:, joints], spread[joints]
    count, total = len(forgiving), len(spread)
    least = (floor * count - (1 - floor) * (total - count)) / max(count, 1)  # what these must reach on average
    reach = _reach(least, areas * forgiving.max(initial=0.0))
    around = box_math.around(asked)
    near = box_math.near(around, around[known:], reach)
    near |= box_math.near(around[known:], around, reach[known:]).T if known else near.T
    if count == total:
        return near
    seen = np.asarray(np.isfinite(asked).all(axis=(1, 2)))
    return near | ~(seen[:, None] & seen[known:])


def _reach(floor: float, variances: Floats) -> Floats:
    """(N,) pixels beyond which keypoints of these variances (N,) are less alike than `floor`."""
    return np.sqrt(-2 * math.log(floor) * variances) if floor > 0 else np.full(len(variances), np.inf)


def _parts(pairs: int) -> list[slice]:
    """A few pairs at a time."""
    return [slice(first, first + AT_ONCE) for first in range(0, pairs, AT_ONCE)]


def _keypoint_similarity(first: Floats, second: Floats, scale: Floats) -> Floats:
    """(..., P, K) of keypoints at `first` (P, K, 2) and `second` (..., P, K, 2); scale: (P, K) square pixels."""
    away = np.subtract(first, second, dtype=np.float64)
    away *= away
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.exp((away[..., 0] + away[..., 1]) / (-2 * scale))


def _mean(each: Floats, least: int) -> Floats:
    """(P,) of similarities (P, K), over those that are known; NaN where fewer than `least` are."""
    counted = np.isfinite(each)
    shared = counted.sum(axis=1)
    total = np.where(counted, each, 0.0).sum(axis=1)
    return np.where(shared >= least, total / np.maximum(shared, 1), np.nan)


def expected_oks(
    people: TrackStates, keypoints: Floats, skeleton: Skeleton, settings: TrackerSettings,
    floor: float = NEGLIGIBLE, anyhow: Mask | None = None,
) -> Floats:  # fmt: skip
    """(T, M) OKS of the keypoints expected now with those found (M, K, 2), as tolerant as the motion is uncertain.

    floor, anyhow: see `oks_matrix`.
    """
    return oks_matrix(
        people.expected_keypoints(),
        keypoints,
        skeleton,
        areas=box_math.areas(people.boxes),
        variances=people.motion.position_variances,
        tolerance=settings.oks_tolerance,
        least=settings.min_common_keypoints,
        floor=floor,
        anyhow=anyhow,
    )


def paired_expected_oks(
    people: TrackStates, rows: Rows, keypoints: Floats, skeleton: Skeleton, settings: TrackerSettings
) -> Floats:  # fmt: skip
    """(R,) the same of some people (R,), each with keypoints (R, K, 2) in the same row."""
    scale = np.multiply.outer(box_math.areas(people.boxes[rows]), _spreads(skeleton, settings.oks_tolerance))
    scale += people.motion.position_variances[rows, None]
    each = _keypoint_similarity(people.expected_keypoints()[rows], keypoints, scale)
    return _mean(each, settings.min_common_keypoints)


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
        spread = variances + (settings.path_spread * box_math.longest_sides(predicted)) ** 2
        likelihood[lost] = np.exp(-away / (2 * spread[:, None]))
    return likelihood


def appearance_affinity(likeness: Floats, settings: TrackerSettings) -> Floats:
    """Likeness of colours as a term of a matching cost, 0 to 1; unknown ones speak neither for nor against."""
    return np.where(np.isnan(likeness), 0.5, np.exp(-(1 - likeness) / settings.appearance.spread))
