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


def average_precision(images: Sequence[ImageMatches]) -> Doubles:
    """AP at each threshold, (T,), over 101 recall levels; NaN where no person counts. An image may occur again."""
    matched = np.concatenate([image.matched for image in images], axis=1)
    persons = sum(image.persons for image in images)
    if persons == 0:
        return np.full(len(matched), np.nan)
    order = np.argsort(-np.concatenate([image.scores for image in images]), kind="stable")
    counted = ~np.concatenate([image.ignored for image in images], axis=1)[:, order]
    matched = matched[:, order]
    hits = np.cumsum(matched & counted, axis=1)
    answers = np.cumsum(counted, axis=1)
    precision = hits / np.maximum(answers, 1)
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
    """Interval of the mean AP when images are drawn anew with replacement (people of one image stay together)."""
    rng = np.random.default_rng(seed)
    draws = rng.integers(len(images), size=(rounds, len(images)))
    values = [average_precision([images[i] for i in draw]).mean() for draw in draws]
    tail = (1 - level) / 2
    low, high = np.nanquantile(values, [tail, 1 - tail])
    return float(low), float(high)
