"""Left and right exchanged by the network (legs in side view, above all): found from the motion, and undone.

Joints that move together are judged together: elbow with wrist, knee with ankle. The filter says where left and right
should be; the likelihood of the answer as it is, against the exchanged one, decides, and the last decision counts
until there is reason for another: while legs pass each other both fit equally well.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from ppnet.skeleton import Skeleton
from tracking.smoothing.bank import squared_lengths

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

LIMBS = (("elbow", "wrist"), ("knee", "ankle"))
MOST = 16.0  # a single joint's squared distance (in variances) counts no more than this: it may be an outlier
FITTING = 12.0  # exchanged, a pair's squared distances (in variances) must come down to this, or nothing is certain
STICKINESS = 1.0  # log-likelihood by which another decision than the last one must be better


@dataclass(frozen=True)
class Twins:
    """Left and right of a joint set: pairs (P, 2) of indices, and which of G groups each pair is in, (P, G) 0 or 1.

    partners: (K,) the other of each joint's pair, itself where there is none; group_of: (K,) the group of each that has
    one.
    """

    pairs: npt.NDArray[np.int64]
    members: Floats
    partners: npt.NDArray[np.int64]
    group_of: npt.NDArray[np.int64]

    @property
    def groups(self) -> int:
        """G."""
        return self.members.shape[1]


@lru_cache(maxsize=8)
def twins_of(skeleton: Skeleton) -> Twins:
    """Left and right of a joint set."""
    partners = np.array(skeleton.flip_index, np.int64)
    pairs = np.array([(i, twin) for i, twin in enumerate(partners) if i < twin], np.int64).reshape(-1, 2)
    groups: list[int] = []
    names: dict[str, int] = {}
    for left in pairs[:, 0].tolist():
        name = _limb(skeleton, left)
        groups.append(names.setdefault(name, len(names)))
    group_of = np.zeros(len(skeleton), np.int64)
    group_of[pairs] = np.array(groups, np.int64)[:, None]
    return Twins(pairs, np.eye(len(names))[np.array(groups, np.int64)], partners, group_of)


def _limb(skeleton: Skeleton, index: int) -> str:
    part = skeleton.keypoints[index].partition("_")[2]
    return next((limb[0] for limb in LIMBS if part in limb), part)


def evidence(expected: Floats, spread: Floats, found: Floats, noise: Floats, twins: Twins) -> Floats:
    """(N, G) log-likelihood ratio, exchanged against as it is; above 0 the exchanged answer fits better.

    expected: (N, K, 2) NaN where unknown, with variance spread (N, K); found: (N, K, 2) NaN where not seen, with
    variance noise (N, K). A pair counts when both places are expected and at least one is seen.
    """
    left, right = twins.pairs[:, 0], twins.pairs[:, 1]

    def cost(place: Floats, variance: Floats) -> Floats:
        """(N, P) of both of a pair, each seen where `place` (N, K, 2) says."""
        away = squared_lengths(found - place) / (variance + noise)
        each = np.where(np.isnan(away), 0.0, np.minimum(away, MOST))
        return np.asarray(each[:, left] + each[:, right])

    with np.errstate(invalid="ignore", divide="ignore"):
        straight, crossed = cost(expected, spread), cost(expected[:, twins.partners], spread[:, twins.partners])
    known = np.isfinite(expected[:, left, 0]) & np.isfinite(expected[:, right, 0])
    ratio = np.where(known, (straight - crossed) / 2, 0.0) @ twins.members
    misfit = np.where(known, crossed, 0.0) @ twins.members
    fits = misfit <= FITTING * (known.astype(np.float64) @ twins.members)
    return np.asarray(np.where(fits, ratio, np.minimum(ratio, 0.0)))


def decide(likelihood: Floats, last: Mask) -> Mask:
    """(N, G) True where left and right are exchanged, given the evidence and the last decision."""
    return np.asarray(likelihood + np.where(last, STICKINESS, -STICKINESS) > 0)


def exchanged(swap: Mask, twins: Twins, *values: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], ...]:
    """Each of `values` (N, K, ...) with the twins of each group exchanged where `swap` (N, G) is True."""
    order = np.where(swap[:, twins.group_of], twins.partners, np.arange(len(twins.partners)))
    rows = np.arange(len(swap))[:, None]
    return tuple(each[rows, order] for each in values)
