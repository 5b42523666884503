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
    """Left and right of a joint set: J joints that have a twin, in G groups that are judged together.

    partners: (K,) the other of each joint's pair, itself where there is none; group_of: (K,) the group of each that has
    one. joints: (J,) those that have one, all of one side, then those of the other in the same order; groups_of_joints:
    (J,) and members: (J, G), 0 or 1, which group each of these is in; both_ways: (2, J) these joints, then their twins.
    """

    partners: npt.NDArray[np.int64]
    group_of: npt.NDArray[np.int64]
    joints: npt.NDArray[np.int64]
    groups_of_joints: npt.NDArray[np.int64]
    members: Floats
    both_ways: npt.NDArray[np.int64]

    @property
    def groups(self) -> int:
        """G."""
        return self.members.shape[1]

    def by_joint(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """What is known of groups (..., G), for each of the joints (..., J)."""
        return values.take(self.groups_of_joints, axis=-1)


@lru_cache(maxsize=8)
def twins_of(skeleton: Skeleton) -> Twins:
    """Left and right of a joint set."""
    partners = np.array(skeleton.flip_index, np.int64)
    lefts = np.flatnonzero(partners > np.arange(len(partners)))
    names: dict[str, int] = {}
    groups = [names.setdefault(_limb(skeleton, left), len(names)) for left in lefts.tolist()]
    group_of = np.zeros(len(skeleton), np.int64)
    group_of[lefts] = group_of[partners[lefts]] = groups
    joints = np.concatenate([lefts, partners[lefts]])
    members = np.eye(len(names))[group_of[joints]]
    return Twins(partners, group_of, joints, group_of[joints], members, np.stack([joints, partners[joints]]))


def _limb(skeleton: Skeleton, index: int) -> str:
    part = skeleton.keypoints[index].partition("_")[2]
    return next((limb[0] for limb in LIMBS if part in limb), part)


def exchanged(swap: Mask, twins: Twins, *values: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], ...]:
    """Each of `values` (..., N, K) with the twins of each group exchanged where `swap` (N, G) is True."""
    joint = np.arange(len(twins.partners))
    order = (
        np.where(swap.take(twins.group_of, axis=1), twins.partners, joint) + len(joint) * np.arange(len(swap))[:, None]
    )
    return tuple(each.reshape(*each.shape[:-2], -1).take(order, axis=-1) for each in values)
