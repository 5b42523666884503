"""A network's answers for the people of a data set: crops in batches, heatmaps, keypoints in image pixels."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from tqdm import tqdm

from ppnet.codec import Codec
from ppnet.crops import apply_matrices, invert_matrices, warp
from ppnet.data.samples import Sample
from ppnet.heatmaps import merge_flipped
from ppnet.poses import Poses
from ppnet.skeleton import Skeleton

Images = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Predict = Callable[[Images], Floats]
"""Crops (N, H, W, 3) uint8 RGB -> heatmaps (N, K, h, w) float32."""


def network_predict(
    network: nn.Module,
    *,
    mean: Sequence[float],
    std: Sequence[float],
    skeleton: Skeleton,
    flip: bool = True,
    flip_shift: bool = True,
    precision: torch.dtype = torch.float32,
) -> Predict:
    """A network in memory as `Predict`, on the device where it lies; its training mode is restored after each call.

    mean, std: normalisation of RGB / 255. flip: average with the mirrored crop's answer (the paper's flip test).
    flip_shift: `Codec.flip_shift`. precision: float32, or the type of autocast (bfloat16, float16).
    """
    device = next(network.parameters()).device
    scale = 255 * torch.tensor(std, device=device).view(1, 3, 1, 1)
    shift = 255 * torch.tensor(mean, device=device).view(1, 3, 1, 1)
    autocast = precision != torch.float32

    def forward(inputs: Tensor) -> Tensor:
        with torch.autocast(device.type, precision, enabled=autocast):
            answer: Tensor = network(inputs)[-1]
        return answer.float()

    @torch.inference_mode()
    def predict(crops: Images) -> Floats:
        pixels = torch.from_numpy(crops).to(device).permute(0, 3, 1, 2)
        inputs = ((pixels - shift) / scale).contiguous(memory_format=torch.channels_last)
        training = network.training
        network.eval()
        try:
            heatmaps = forward(inputs)
            if flip:
                mirrored = forward(inputs.flip(-1))
                heatmaps = merge_flipped(heatmaps, mirrored, skeleton.flip_index, shift=flip_shift)
        finally:
            network.train(training)
        return heatmaps.cpu().numpy()

    return predict


def predict_samples(
    predict: Predict,
    samples: Sequence[Sample],
    codec: Codec,
    *,
    batch_size: int = 32,
    padding: float = 1.25,
    progress: bool | None = False,
) -> Poses:
    """Keypoints (N, K, 2) in image pixels and scores (N, K) of each sample's box, in their order.

    progress: whether to show a bar; None shows it on a terminal. DatasetError when a picture is missing or damaged.
    """
    keypoints, scores = [], []
    batches = _batches(samples, codec, batch_size, padding)
    with tqdm(total=len(samples), unit="person", disable=None if progress is None else not progress) as bar:
        for crops, matrices in batches:
            positions, maxima = codec.decode(predict(crops))
            keypoints.append(apply_matrices(positions, invert_matrices(matrices)))
            scores.append(maxima)
            bar.update(len(crops))
    return Poses(np.concatenate(keypoints).astype(np.float32), np.concatenate(scores))


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
