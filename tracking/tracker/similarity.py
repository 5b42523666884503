"""How alike tracks and detections are, in keypoints (OKS), place and appearance."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ppnet.skeleton import Skeleton
from tracking import boxes as box_math
from tracking.tracker import appearance
from tracking.tracker.settings import TrackerSettings
from tracking.tracker.track import Track

Floats = npt.NDArray[np.floating]

PLAIN_SIGMA = 0.08  # for joint sets without published constants
NEGLIGIBLE = 1e-9  # a similarity that is as good as 0


def keypoint_sigmas(skeleton: Skeleton) -> Floats:
    """(K,) COCO's per-keypoint constants where the joint set has them, else one middle value for all."""
    return np.array(skeleton.sigmas or [PLAIN_SIGMA] * len(skeleton))


def oks_matrix(
    first: Floats, second: Floats, skeleton: Skeleton, *,
    areas: Floats, variances: Floats | float = 0.0, tolerance: float = 1.0, either_side: bool = False,
    least: int = TrackerSettings.min_common_keypoints, floor: Floats | float = NEGLIGIBLE,
) -> Floats:  # fmt: skip
    """(N, M) COCO's object keypoint similarity, 0 to 1, of `first` (N, K, 2) with `second` (M, K, 2).

    Keypoints that are NaN on either side don't count; fewer than `least` common ones give NaN.
    areas: (N,) or (N, M) box areas in square pixels, the scale of the people.
    variances: (N,) extra variance of their positions in square pixels (how far they may have moved unseen).
    tolerance: above 1 forgives larger distances.
    either_side: left and right count as the same where that fits better (the network mixes them up).
    floor: a similarity, one for all or (N, M), below which 0 will do: in a crowd nearly all pairs are far apart.
    """
    spread = (2 * keypoint_sigmas(skeleton) * tolerance) ** 2
    areas = np.broadcast_to(areas[:, None] if areas.ndim == 1 else areas, (len(first), len(second)))
    extra = np.broadcast_to(np.asarray(variances, np.float64), len(first))
    shown, other_shown = (np.isfinite(points).all(axis=2) for points in (first, second))
    common = np.asarray(shown, np.float64) @ np.asarray(other_shown, np.float64).T
    oks = np.where(common >= least, 0.0, np.nan)
    with np.errstate(divide="ignore"):
        reach = -2 * np.log(floor) * (areas * spread.max(initial=0.0) + extra[:, None])  # square pixels
    near = _squared_gaps(first, second) <= reach
    rows, columns = np.nonzero(near & ~np.isnan(oks))
    scale = areas[rows, columns][:, None] * spread + extra[rows, None]
    each = _keypoint_similarity(first[rows], second[columns], scale)
    if either_side:
        twins = skeleton.flip_index
        crossed = _keypoint_similarity(first[rows], second[columns][:, twins], scale)
        better = crossed + crossed[:, twins] > each + each[:, twins]
        each = np.where(better, crossed, each)
    counted = np.isfinite(each)
    shared = counted.sum(axis=1)
    total = np.where(counted, each, 0.0).sum(axis=1)
    oks[rows, columns] = np.where(shared >= least, total / np.maximum(shared, 1), np.nan)
    return oks


def _squared_gaps(first: Floats, second: Floats) -> Floats:
    """(N, M) squared distance between the rectangles around keypoints (N, K, 2) and (M, K, 2); 0 where they touch."""
    low, high, other_low, other_high = (
        np.nan_to_num(extreme.reduce(points, axis=1)) for points in (first, second) for extreme in (np.fmin, np.fmax)
    )
    total = np.zeros((len(first), len(second)))
    for axis in range(2):
        before, after = other_low[:, axis] - high[:, None, axis], low[:, None, axis] - other_high[:, axis]
        total += np.maximum(np.maximum(before, after), 0) ** 2
    return total


def _keypoint_similarity(first: Floats, second: Floats, scale: Floats) -> Floats:
    """(P, K) of keypoints at `first` (P, K, 2) and `second` (P, K, 2); scale: (P, K) square pixels."""
    away = first.astype(np.float64) - second.astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.exp(-np.sum(away**2, axis=-1) / (2 * scale))


def boxes_of(tracks: Sequence[Track]) -> Floats:
    """(T, 4) predicted boxes."""
    return np.array([track.box for track in tracks], np.float64).reshape(-1, 4)


def expected_oks(
    tracks: Sequence[Track], keypoints: Floats, skeleton: Skeleton, settings: TrackerSettings,
    floor: Floats | float = NEGLIGIBLE,
) -> Floats:  # fmt: skip
    """(T, M) OKS of the keypoints expected now with those found (M, K, 2), as tolerant as the motion is uncertain;
    floor: see `oks_matrix`."""
    shape = keypoints.shape[1:]
    return oks_matrix(
        np.array([track.expected_keypoints(shape[0]) for track in tracks]).reshape(-1, *shape),
        keypoints,
        skeleton,
        areas=box_math.areas(boxes_of(tracks)),
        variances=np.array([track.motion.position_variance for track in tracks]),
        tolerance=settings.oks_tolerance,
        least=settings.min_common_keypoints,
        floor=floor,
    )


def path_likelihood(tracks: Sequence[Track], boxes: Floats, settings: TrackerSettings) -> Floats:
    """(T, M) how likely lost people come back at boxes (M, 4), 1 on their way; 0 for those who are not lost.

    They may have gone on or have stopped: the way leads from where they were lost to where they would be now.
    """
    likelihood = np.zeros((len(tracks), len(boxes)))
    rows = [row for row, track in enumerate(tracks) if track.is_lost]
    if rows:
        lost = [tracks[row] for row in rows]
        predicted = boxes_of(lost)
        lost_centers = np.array([track.lost_center for track in lost])
        away = box_math.squared_distances(lost_centers, box_math.centers(predicted), box_math.centers(boxes))
        variances = np.array([track.motion.position_variance for track in lost])
        spread = variances + (settings.path_spread * box_math.sizes(predicted).max(axis=1)) ** 2
        likelihood[rows] = np.exp(-away / (2 * spread[:, None]))
    return likelihood


def appearance_similarity(tracks: Sequence[Track], descriptors: npt.NDArray[np.float32] | None, count: int) -> Floats:
    """(T, count) similarity of colours with descriptors (count, D); NaN where either is unknown."""
    found = np.full((len(tracks), count), np.nan)
    known = {row: track.descriptor for row, track in enumerate(tracks) if track.descriptor is not None}
    if descriptors is not None and known:
        found[list(known)] = appearance.similarity(np.array(list(known.values())), descriptors)
    return found


def appearance_affinity(similarity: Floats, settings: TrackerSettings) -> Floats:
    """Appearance as a term of a matching cost, 0 to 1; unknown ones speak neither for nor against."""
    return np.where(np.isnan(similarity), 0.5, np.exp(-(1 - similarity) / settings.appearance.spread))
