"""What the network sees: heatmaps laid back onto the picture, and how strongly each pyramid branch answers."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ppnet.crops import crop_matrices, crop_regions, warp
from ppnet.skeleton import Skeleton

if TYPE_CHECKING:
    from ppnet.estimator import PoseEstimator

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Insight:
    """Of N people.

    heatmaps: (N, K, h, w), about 0 to 1. regions: (N, 4) xyxy image pixels that the heatmaps cover.
    skeleton: the K joints.
    branches: of the first person, [module][branch] (h, w): mean size of the features of that branch, each scaled
    to 0..1 (as in Fig. 12 of the paper); empty for networks without branches.
    """

    heatmaps: Floats
    regions: npt.NDArray[np.float64]
    skeleton: Skeleton
    branches: tuple[tuple[Floats, ...], ...] = ()


def look_inside(estimator: "PoseEstimator", image: npt.NDArray[np.uint8], boxes: npt.ArrayLike) -> Insight:
    """Runs the network on the people in `boxes` (N, 4) xyxy pixels, N >= 1, of an RGB uint8 (H, W, 3) picture."""
    codec = estimator.codec
    centers, sizes_wh = crop_regions(np.asarray(boxes, np.float64).reshape(-1, 4), codec.aspect)
    matrices = crop_matrices(centers, sizes_wh, codec.input_wh, kind=codec.crop_kind)
    crops = warp(image, matrices, codec.input_wh)
    regions = np.concatenate([centers - sizes_wh / 2, centers + sizes_wh / 2], axis=1)
    branches = tuple(tuple(_shown(features) for features in module) for module in estimator.backend.features(crops))
    return Insight(estimator.heatmaps(crops), regions, estimator.info.keypoints, branches)


def _shown(features: Floats) -> Floats:
    """(h, w) mean over the channels of (C, h, w) sizes, scaled to 0..1."""
    mean = np.abs(features).mean(axis=0)
    spread = float(np.ptp(mean))
    return np.asarray((mean - mean.min()) / spread if spread > 0 else np.zeros_like(mean), np.float32)
