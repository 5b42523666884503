"""COCO's average precision from finished matches, in numpy: bootstrap intervals need it a thousand times.

The figures themselves come from pycocotools (`ppnet.evaluate.coco`); a test holds the two equal.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

RECALLS = np.linspace(0, 1, 101)


@dataclass(frozen=True)
class ImageMatches:
    """Outcome in one image with D answers at T thresholds of OKS.

    scores: (D,). matched: (T, D), whether an answer found a person. ignored: (T, D), whether it counts neither way
    (it found a crowd or a person without labels). persons: how many persons count.
    """

    scores: Doubles
    matched: Bools
    ignored: Bools
    persons: int


@dataclass(frozen=True)
class Answers:
    """All answers of a set of images, best first; made once, weighed often.

    matched, counted: (T, D). image: (D,) where an answer belongs. persons: (images,) how many count in each.
    """

    matched: Bools
    counted: Bools
    image: npt.NDArray[np.int64]
    persons: npt.NDArray[np.int64]

    @classmethod
    def of(cls, images: Sequence[ImageMatches]) -> "Answers":
        """Answers of equal scores keep the order of their images."""
        order = np.argsort(-np.concatenate([image.scores for image in images]), kind="stable")
        sizes = [len(image.scores) for image in images]
        return cls(
            matched=np.concatenate([image.matched for image in images], axis=1)[:, order],
            counted=~np.concatenate([image.ignored for image in images], axis=1)[:, order],
            image=np.repeat(np.arange(len(images)), sizes)[order],
            persons=np.array([image.persons for image in images], np.int64),
        )

    def average_precision(self, times: npt.NDArray[np.int64] | None = None) -> Doubles:
        """AP at each threshold, (T,), over 101 recall levels; NaN where no person counts.

        times: (images,) how often each image occurs; once by default. Copies of an answer may be counted in one go:
        the best precision from any of them on is that after the last.
        """
        times = np.ones(len(self.persons), np.int64) if times is None else times
        persons = int(self.persons @ times)
        if persons == 0:
            return np.full(len(self.matched), np.nan)
        weights = self.counted * times[self.image]
        hits = np.cumsum(weights * self.matched, axis=1)
        precision = hits / np.maximum(np.cumsum(weights, axis=1), 1)
        best_from_here = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
        levels = [_at_recalls(row / persons, best) for row, best in zip(hits, best_from_here, strict=True)]
        means: Doubles = np.array(levels).mean(axis=1)
        return means


def _at_recalls(recall: Doubles, precision: Doubles) -> Doubles:
    """Precision at the recall levels, 0 beyond the highest reached."""
    values: Doubles = np.append(precision, 0.0)[np.searchsorted(recall, RECALLS, side="left")]
    return values


def bootstrap_interval(
    images: Sequence[ImageMatches], *, rounds: int = 1000, level: float = 0.95, seed: int = 0
) -> tuple[float, float]:
    """Interval of the mean AP when images are drawn again with replacement (people of one image stay together)."""
    rng = np.random.default_rng(seed)
    answers, count = Answers.of(images), len(images)
    values = [
        answers.average_precision(np.bincount(rng.integers(count, size=count), minlength=count)).mean()
        for _ in range(rounds)
    ]
    tail = (1 - level) / 2
    low, high = np.nanquantile(values, [tail, 1 - tail])
    return float(low), float(high)
