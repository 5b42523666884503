"""PCKh, the figure of MPII: the share of joints found within a part of the head's size (the paper's Table VI)."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ppnet.data.mpii import estimated_head_sizes
from ppnet.data.samples import SampleSet
from ppnet.errors import DatasetError
from ppnet.estimator import PoseEstimator
from ppnet.evaluate.predict import predict_samples
from ppnet.poses import Poses
from ppnet.skeleton import MPII_16

Doubles = npt.NDArray[np.float64]

COLUMNS = {
    "Head": ("head_top",),
    "Shoulder": ("left_shoulder", "right_shoulder"),
    "Elbow": ("left_elbow", "right_elbow"),
    "Wrist": ("left_wrist", "right_wrist"),
    "Hip": ("left_hip", "right_hip"),
    "Knee": ("left_knee", "right_knee"),
    "Ankle": ("left_ankle", "right_ankle"),
}
LEFT_OUT = ("pelvis", "thorax")  # of the mean, as in MPII's own evaluation
THRESHOLDS = (0.5, 0.1)


@dataclass(frozen=True)
class PckhScores:
    """PCKh by column of Table VI and `Mean`, fractions; NaN where no joint is labelled.

    at: threshold -> column -> figure, for 0.5 and 0.1 of the head's size. head_sizes_estimated: whether they were taken
    from the neck-to-top distance for want of MPII's head boxes.
    """

    at: Mapping[float, Mapping[str, float]]
    persons: int
    head_sizes_estimated: bool


def joints_found(
    keypoints: npt.ArrayLike, truth: npt.ArrayLike, head_sizes: npt.ArrayLike, threshold: float
) -> npt.NDArray[np.bool_]:
    """(N, K) whether a joint lies within `threshold` head sizes of the truth, edge included."""
    distances = np.linalg.norm(np.asarray(keypoints, np.float64) - np.asarray(truth, np.float64), axis=-1)
    found: npt.NDArray[np.bool_] = distances <= threshold * np.asarray(head_sizes, np.float64)[:, None]
    return found


def pckh_columns(found: npt.NDArray[np.bool_], labelled: npt.NDArray[np.bool_]) -> dict[str, float]:
    """Columns of Table VI from found and labelled joints, (N, 16) both.

    A column is the mean of its joints' shares. `Mean` weighs every labelled joint alike, without pelvis and thorax.
    """
    counts = labelled.sum(axis=0)
    shares = np.where(counts > 0, (found & labelled).sum(axis=0) / np.maximum(counts, 1), np.nan)
    columns = {
        name: float(np.mean([shares[MPII_16.index(joint)] for joint in joints])) for name, joints in COLUMNS.items()
    }
    counted = np.array([name not in LEFT_OUT for name in MPII_16.keypoints])
    total = counts[counted].sum()
    columns["Mean"] = float((found & labelled)[:, counted].sum() / total) if total else float("nan")
    return columns


def score_pckh(poses: Poses, people: SampleSet, head_sizes: Doubles | None = None) -> PckhScores:
    """PCKh@0.5 and @0.1 of poses (N, 16) for the people of an MPII file, in their order.

    head_sizes: of all persons of the file (`read_head_sizes`), by place in it; else estimated from the joints, and
    persons without neck or head top are left out.
    """
    if head_sizes is None:
        sizes = estimated_head_sizes(people)
    else:
        places = [sample.annotation_id for sample in people.samples]
        if max(places) >= len(head_sizes):
            raise DatasetError(
                f"The head sizes are of {len(head_sizes)} persons, but {people.name} has more; give those of this file."
            )
        sizes = head_sizes[places]
    known = np.isfinite(sizes) & (sizes > 0)
    if not known.any():
        raise DatasetError(f"Nobody in {people.name} has a head size (upper neck and head top); PCKh needs one.")
    truth = np.stack([sample.keypoints for sample in people.samples])[known]
    labelled = np.stack([sample.visibility for sample in people.samples])[known] > 0
    at = {
        threshold: pckh_columns(joints_found(poses.keypoints[known], truth, sizes[known], threshold), labelled)
        for threshold in THRESHOLDS
    }
    return PckhScores(at, int(known.sum()), head_sizes is None)


def evaluate_mpii(
    estimator: PoseEstimator,
    people: SampleSet,
    *,
    head_sizes: Doubles | None = None,
    batch_size: int = 32,
    progress: bool | None = False,
) -> tuple[PckhScores, Poses]:
    """Answers for everyone of an MPII file, and their PCKh. DatasetError for another joint set than MPII's 16."""
    if people.skeleton != MPII_16:
        raise DatasetError(f"{people.name} has the joints of {people.skeleton.name}; PCKh needs mpii16.")
    poses = predict_samples(estimator, people.samples, batch_size=batch_size, progress=progress)
    return score_pckh(poses, people, head_sizes), poses
