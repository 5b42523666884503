"""Left and right of a joint set: which joints are each other's twins, and which move together.

Elbow and wrist are judged together, so are knee and ankle.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from ppnet.skeleton import Skeleton

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

LIMBS = (("elbow", "wrist"), ("knee", "ankle"))


@dataclass(frozen=True)
class Twins:
    """Left and right of a joint set: pairs (P, 2) of indices, and which of G groups each pair is in, (P, G) 0 or 1.

    partners: (K,) the other of each joint's pair, itself where there is none; group_of: (K,) the group of each that has
    one. joints: (J,) those that have one, all of one side, then those of the other in the same order; joint_groups:
    (J, G) as `members`.
    """

    pairs: npt.NDArray[np.int64]
    members: Floats
    partners: npt.NDArray[np.int64]
    group_of: npt.NDArray[np.int64]
    joints: npt.NDArray[np.int64]
    joint_groups: Floats

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
    members = np.eye(len(names))[np.array(groups, np.int64)]
    return Twins(pairs, members, partners, group_of, pairs.T.ravel(), np.concatenate([members, members]))


def _limb(skeleton: Skeleton, index: int) -> str:
    part = skeleton.keypoints[index].partition("_")[2]
    return next((limb[0] for limb in LIMBS if part in limb), part)


def exchanged(swap: Mask, twins: Twins, *values: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], ...]:
    """Each of `values` (N, K, ...) with the twins of each group exchanged where `swap` (N, G) is True."""
    order = np.where(swap[:, twins.group_of], twins.partners, np.arange(len(twins.partners)))
    rows = np.arange(len(swap))[:, None]
    return tuple(each[rows, order] for each in values)
