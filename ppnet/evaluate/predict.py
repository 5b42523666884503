"""A network's answers for the people of a data set."""

from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from ppnet.codec import Codec
from ppnet.crops import warp
from ppnet.data.samples import Sample
from ppnet.estimator import PoseEstimator
from ppnet.poses import Poses

Images = npt.NDArray[np.uint8]


def predict_samples(
    estimator: PoseEstimator,
    samples: Sequence[Sample],
    *,
    batch_size: int = 32,
    padding: float = 1.25,
    progress: bool | None = False,
) -> Poses:
    """Poses of each sample's box, in their order and in pixels of their pictures.

    progress: whether to show a bar; None shows it on a terminal. DatasetError when a picture is missing or damaged.
    """
    parts = [Poses.empty(estimator.info.keypoints)]
    batches = _batches(samples, estimator.codec, batch_size, padding)
    with tqdm(total=len(samples), unit="person", disable=None if progress is None else not progress) as bar:
        for crops, matrices in batches:
            parts.append(estimator.read(crops, matrices))
            bar.update(len(crops))
    return Poses(
        np.concatenate([poses.keypoints for poses in parts]),
        np.concatenate([poses.scores for poses in parts]),
        estimator.info.keypoints,
    )


def _batches(
    samples: Sequence[Sample], codec: Codec, batch_size: int, padding: float
) -> Iterator[tuple[Images, npt.NDArray[np.float64]]]:
    """Crops (B, H, W, 3) with their matrices (B, 2, 3)."""
    matrices = codec.crop_matrices([sample.box for sample in samples], padding)
    crops = _crops(samples, matrices, codec.input_wh)
    for start in range(0, len(samples), batch_size):
        yield np.stack(list(islice(crops, batch_size))), matrices[start : start + batch_size]


def _crops(samples: Sequence[Sample], matrices: npt.NDArray[np.float64], input_wh: tuple[int, int]) -> Iterator[Images]:
    """One crop after the other; neighbours in one picture share its decoding."""
    reference, image = None, None
    for sample, matrix in zip(samples, matrices, strict=True):
        if image is None or sample.image != reference:
            reference, image = sample.image, sample.image.read()
        yield warp(image, matrix[None], input_wh)[0]
