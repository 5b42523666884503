"""Joints out of the picture: nobody can see them there, so that they are neither observed nor carried on."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ppnet.poses import Poses
from tracking.types import KeypointState

SizeWh: TypeAlias = tuple[int, int] | npt.NDArray[np.int64]
MARGIN = 0.03
"""Of the person's longest side: so far out of the picture a joint still lies at its border, as exactly as networks
know (about two cells of a heatmap)."""


def outside(
    keypoints: npt.NDArray[np.floating], sides: npt.NDArray[np.floating], size_wh: SizeWh
) -> npt.NDArray[np.bool_]:
    """(N, K) True where a keypoint (N, K, 2) lies farther out of the picture than at its border. sides: (N,) longest
    sides of the people's boxes, pixels. size_wh: of the picture, or (N, 1, 2) of each one's own."""
    margin = MARGIN * np.asarray(sides)[:, None, None]
    beyond = (keypoints < -margin) | (keypoints > np.array(size_wh) - 1 + margin)
    return np.asarray(beyond[..., 0] | beyond[..., 1])


def seen(poses: Poses, sides: npt.NDArray[np.floating], size_wh: tuple[int, int]) -> Poses:
    """What the network can have seen of its answers: those in the picture and at its border."""
    return poses.without(outside(poses.keypoints, sides, size_wh))


def kept_inside(
    poses: Poses, states: npt.NDArray[np.uint8], sides: npt.NDArray[np.floating], size_wh: SizeWh
) -> tuple[Poses, npt.NDArray[np.uint8]]:
    """Smoothed poses and their states, without what was carried out of the picture."""
    gone = outside(poses.keypoints, sides, size_wh)
    if not gone.any():
        return poses, states
    return poses.without(gone), np.where(gone, np.uint8(KeypointState.MISSING), states)
