"""The estimator's answer: keypoints and scores of N people."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Poses:
    """Keypoints of N people.

    keypoints: (N, K, 2) float32, x then y, pixels of the image (pixel centres at whole numbers);
        NaN where there is no answer.
    scores: (N, K) float32 confidence of each keypoint, about 0 to 1; 0 where there is no answer.
    """

    keypoints: Floats
    scores: Floats

    def __post_init__(self) -> None:
        shape = self.scores.shape
        if len(shape) != 2 or self.keypoints.shape != (*shape, 2):
            raise ValueError(f"keypoints (N, K, 2) and scores (N, K) wanted, got {self.keypoints.shape}, {shape}")
        for name in ("keypoints", "scores"):
            array = np.ascontiguousarray(getattr(self, name), np.float32)
            if array.flags.writeable:
                array = array.copy() if array is getattr(self, name) else array
                array.flags.writeable = False
            object.__setattr__(self, name, array)

    def __len__(self) -> int:
        return len(self.scores)

    def take(self, rows: npt.NDArray[np.intp]) -> "Poses":
        """Only these people, in this order; rows: (M,)."""
        return Poses(self.keypoints[rows], self.scores[rows])

    @classmethod
    def empty(cls, count: int = 0, keypoints: int = 17) -> "Poses":
        """`count` people without any answer."""
        return cls(np.full((count, keypoints, 2), np.nan, np.float32), np.zeros((count, keypoints), np.float32))
