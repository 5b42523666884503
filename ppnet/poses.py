"""The estimator's answer: keypoints and scores of N people, and which joints they are."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ppnet.skeleton import Skeleton

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Poses:
    """Keypoints of N people.

    keypoints: (N, K, 2) float32, x then y, pixels of the image (pixel centres at whole numbers);
        NaN where there is no answer.
    scores: (N, K) float32 confidence of each keypoint, about 0 to 1; 0 where there is no answer.
    skeleton: names and order of the K keypoints.
    """

    keypoints: Floats
    scores: Floats
    skeleton: Skeleton

    def __post_init__(self) -> None:
        shape, count = self.scores.shape, len(self.skeleton)
        if len(shape) != 2 or shape[1] != count or self.keypoints.shape != (*shape, 2):
            raise ValueError(
                f"keypoints (N, {count}, 2) and scores (N, {count}) of {self.skeleton.name} wanted, "
                f"got {self.keypoints.shape}, {shape}"
            )
        for name, given in (("keypoints", self.keypoints), ("scores", self.scores)):
            array = np.ascontiguousarray(given, np.float32)
            if array.flags.writeable:
                array = array.copy() if array is given else array
                array.setflags(write=False)
            if array is not given:
                object.__setattr__(self, name, array)

    def __len__(self) -> int:
        return len(self.scores)

    @property
    def placed(self) -> npt.NDArray[np.bool_]:
        """(N, K) which keypoints have a place."""
        return np.asarray(np.isfinite(self.keypoints[..., 0]) & np.isfinite(self.keypoints[..., 1]))

    def take(self, rows: npt.NDArray[np.intp]) -> "Poses":
        """Only these people, in this order; rows: (M,)."""
        return Poses(self.keypoints[rows], self.scores[rows], self.skeleton)

    def without(self, left_out: npt.NDArray[np.bool_]) -> "Poses":
        """These people with the keypoints of the mask (N, K) missing."""
        if not left_out.any():
            return self
        keypoints = np.where(left_out[..., None], np.float32(np.nan), self.keypoints)
        return Poses(keypoints, np.where(left_out, np.float32(0), self.scores), self.skeleton)

    def spread(self, rows: npt.NDArray[np.bool_]) -> "Poses":
        """These people where `rows` (M,) is True, in order; elsewhere people without any answer."""
        shape = (len(rows), len(self.skeleton))
        keypoints, scores = np.full((*shape, 2), np.nan, np.float32), np.zeros(shape, np.float32)
        keypoints[rows], scores[rows] = self.keypoints, self.scores
        return Poses(keypoints, scores, self.skeleton)

    @classmethod
    def empty(cls, skeleton: Skeleton, count: int = 0) -> "Poses":
        """`count` people without any answer."""
        shape = (count, len(skeleton))
        return cls(np.full((*shape, 2), np.nan, np.float32), np.zeros(shape, np.float32), skeleton)
