"""Joint sets: names, edges, left/right pairs and OKS sigmas."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

HEAD_PARTS = ("nose", "eye", "ear", "upper_neck", "head_top")


@dataclass(frozen=True)
class Skeleton:
    """A named set of K keypoints.

    `edges` are index pairs to draw. `sigmas` are COCO's per-keypoint constants (OKS uses k = 2 sigma);
    empty where none are published.
    """

    name: str
    keypoints: tuple[str, ...]
    edges: tuple[tuple[int, int], ...]
    sigmas: tuple[float, ...] = ()

    def __hash__(self) -> int:
        return hash(self.name)  # much is kept by joint set and looked up in every frame

    def __len__(self) -> int:
        return len(self.keypoints)

    def index(self, keypoint: str) -> int:
        """Position of a keypoint by name; ValueError if the skeleton has none of that name."""
        return self.keypoints.index(keypoint)

    @cached_property
    def flip_index(self) -> npt.NDArray[np.int64]:
        """(K,) index of each keypoint's mirror twin (itself for unpaired ones)."""
        other = {"left": "right", "right": "left"}
        twins = []
        for name in self.keypoints:
            side, _, part = name.partition("_")
            twins.append(self.index(f"{other[side]}_{part}") if side in other else self.index(name))
        return np.array(twins, np.int64)

    @cached_property
    def head_index(self) -> npt.NDArray[np.int64]:
        """(M,) index of the keypoints that show where the head is."""
        parts = [name.removeprefix("left_").removeprefix("right_") for name in self.keypoints]
        return np.array([index for index, part in enumerate(parts) if part in HEAD_PARTS], np.int64)

    def side(self, index: int) -> str:
        """`left`, `right` or `middle`: which side of the body a keypoint belongs to."""
        side = self.keypoints[index].partition("_")[0]
        return side if side in ("left", "right") else "middle"


COCO_17 = Skeleton(
    name="coco17",
    keypoints=(
        "nose", "left_eye", "right_eye", "left_ear", "right_ear",
        "left_shoulder", "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist",
        "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle",
    ),
    edges=(
        (0, 1), (0, 2), (1, 3), (2, 4), (5, 6), (5, 7), (7, 9), (6, 8), (8, 10),
        (5, 11), (6, 12), (11, 12), (11, 13), (13, 15), (12, 14), (14, 16),
    ),
    sigmas=(
        0.026, 0.025, 0.025, 0.035, 0.035, 0.079, 0.079, 0.072, 0.072, 0.062, 0.062,
        0.107, 0.107, 0.087, 0.087, 0.089, 0.089,
    ),
)  # fmt: skip

MPII_16 = Skeleton(
    name="mpii16",
    keypoints=(
        "right_ankle", "right_knee", "right_hip", "left_hip", "left_knee", "left_ankle",
        "pelvis", "thorax", "upper_neck", "head_top",
        "right_wrist", "right_elbow", "right_shoulder", "left_shoulder", "left_elbow", "left_wrist",
    ),
    edges=(
        (0, 1), (1, 2), (2, 6), (3, 6), (3, 4), (4, 5), (6, 7), (7, 8), (8, 9),
        (10, 11), (11, 12), (12, 7), (13, 7), (13, 14), (14, 15),
    ),
)  # fmt: skip

SKELETONS = {skeleton.name: skeleton for skeleton in (COCO_17, MPII_16)}
