"""What a keypoint's score means: the share of right keypoints at each score, and the score to draw the line at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ppnet.data.samples import Sample
from ppnet.evaluate.oks import keypoint_similarity
from ppnet.extras import load
from ppnet.output_files import save_figure
from ppnet.poses import Poses
from ppnet.skeleton import Skeleton

Doubles = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

RIGHT_SIMILARITY = 0.5
BINS = 10


@dataclass(frozen=True)
class Group:
    """Scores of one kind of keypoint. scores: quantiles 0.5, 0.9, 0.99. right: share within OKS 0.5 of the truth, NaN
    without labels. shown: share at or above the suggested line."""

    count: int
    scores: tuple[float, float, float]
    right: float
    shown: float


@dataclass(frozen=True)
class Reliability:
    """Reliability of keypoint scores.

    edges: (B + 1,) of the score bins; the last bin takes all above. counts, unlabelled_counts: (B,) keypoints in each
    bin with and without a label. right: (B,) the share of labelled ones within OKS 0.5 of the truth, NaN in an empty
    bin. calibration_error: mean distance of score and share right, weighted by count.
    min_score: suggested line; precision (right among those shown, unlabelled ones count as wrong) and recall (right
    and shown among labelled) there. groups: `visible`, `covered` (labelled all the same), `without a label` (mostly
    covered or out of the picture), `known absent` (out of the picture, where the data say so); those that occur.
    """

    edges: Doubles
    counts: npt.NDArray[np.int64]
    unlabelled_counts: npt.NDArray[np.int64]
    right: Doubles
    calibration_error: float
    min_score: float
    precision: float
    recall: float
    groups: Mapping[str, Group]

    def to_json(self) -> dict[str, Any]:
        """Plain numbers; None for an empty bin and for a share right without labels."""
        return {
            "edges": self.edges.tolist(),
            "counts": self.counts.tolist(),
            "unlabelled_counts": self.unlabelled_counts.tolist(),
            "right": [_or_none(value) for value in self.right],
            "calibration_error": self.calibration_error,
            "min_score": self.min_score,
            "precision": self.precision,
            "recall": self.recall,
            "groups": {
                name: {
                    "count": group.count,
                    "scores_50_90_99": list(group.scores),
                    "right": _or_none(group.right),
                    "shown": group.shown,
                }
                for name, group in self.groups.items()
            },
        }


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def measure_reliability(poses: Poses, samples: Sequence[Sample], skeleton: Skeleton) -> Reliability:
    """Reliability of poses (N, K) against the labels of N samples, in the same order.

    A keypoint is right when its own similarity to the truth, at the person's area, is above 0.5.
    """
    visibility = np.stack([sample.visibility for sample in samples])
    absent = np.stack([sample.absent for sample in samples])
    truth = np.stack([sample.keypoints for sample in samples])
    areas = np.array([sample.area for sample in samples])
    similar = keypoint_similarity(poses.keypoints, truth, areas, skeleton.sigmas) > RIGHT_SIMILARITY
    scores, labelled = poses.scores.astype(np.float64), visibility > 0
    right = similar & labelled
    line, precision, recall = _best_line(scores, right, labelled)
    kinds = {
        "visible": visibility == 2,
        "covered": visibility == 1,
        "without a label": ~labelled & ~absent,
        "known absent": absent,
    }
    edges = np.linspace(0, 1, BINS + 1)
    bins = np.clip(np.digitize(scores, edges) - 1, 0, BINS - 1)
    counts = np.bincount(bins[labelled], minlength=BINS)
    hits = np.bincount(bins[labelled], right[labelled], BINS)
    sums = np.bincount(bins[labelled], scores[labelled], BINS)
    return Reliability(
        edges=edges,
        counts=counts,
        unlabelled_counts=np.bincount(bins[~labelled], minlength=BINS),
        right=np.where(counts > 0, hits / np.maximum(counts, 1), np.nan),
        calibration_error=float(np.abs(hits - sums).sum() / max(counts.sum(), 1)),
        min_score=line,
        precision=precision,
        recall=recall,
        groups={name: _group(scores[kind], right[kind], name, line) for name, kind in kinds.items() if kind.any()},
    )


def _best_line(scores: Doubles, right: Bools, labelled: Bools) -> tuple[float, float, float]:
    """The score, to a hundredth, with the highest F1 of showing right keypoints; precision and recall there."""
    lines = np.arange(0, 1, 0.01)
    shown = np.array([(scores >= line).sum() for line in lines])
    hits = np.array([(right & (scores >= line)).sum() for line in lines])
    precision, recall = hits / np.maximum(shown, 1), hits / max(labelled.sum(), 1)
    best = int(np.argmax(2 * hits / np.maximum(shown + labelled.sum(), 1)))
    return round(float(lines[best]), 2), float(precision[best]), float(recall[best])


def _group(scores: Doubles, right: Bools, name: str, line: float) -> Group:
    low, middle, high = np.quantile(scores, [0.5, 0.9, 0.99]).tolist()
    share = float(right.mean()) if name in ("visible", "covered") else float("nan")
    return Group(len(scores), (low, middle, high), share, float((scores >= line).mean()))


def plot_reliability(reliability: Reliability, path: Path) -> None:
    """Write the curve, with how many keypoints lie behind each point, as a picture (type by the file's ending)."""
    figure = load("matplotlib.figure", "train").Figure(figsize=(6, 6.5), layout="constrained")
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1])
    middles = (reliability.edges[:-1] + reliability.edges[1:]) / 2
    upper.plot([0, 1], [0, 1], color="0.7", linestyle="--", label="score = share")
    upper.plot(middles, reliability.right, marker="o", color="tab:blue", label="share of right keypoints")
    upper.axvline(reliability.min_score, color="tab:orange", label=f"suggested min-conf {reliability.min_score:.2f}")
    upper.set(ylabel="share within OKS 0.5 of the truth", xlim=(0, 1), ylim=(0, 1))
    upper.legend(loc="upper left")
    lower.bar(middles - 0.02, reliability.counts, width=0.04, color="tab:blue", label="labelled")
    lower.bar(middles + 0.02, reliability.unlabelled_counts, width=0.04, color="0.6", label="without a label")
    lower.set(xlabel="keypoint score", ylabel="keypoints")
    lower.legend(loc="upper right", framealpha=0.6)
    save_figure(figure, path, dpi=120)
