"""Losses on heatmaps."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ppnet.codec import Codec
from ppnet.targets import gaussian_targets, targets_inside


@dataclass(frozen=True)
class LossSettings:
    """The paper's loss and what was found to help on little data.

    squared: weight of the squared error (the paper: 1).
    cross_entropy: weight of the cross-entropy between softmax(temperature x target) and softmax(temperature x
        output); it starts fast where the squared error lies on a plateau.
    absent: weight of the squared error for joints known to be outside the crop, whose target is empty; the paper
        leaves them out (0).
    """

    squared: float = 1.0
    cross_entropy: float = 0.0
    temperature: float = 10.0
    absent: float = 0.0


def make_targets(keypoints: Tensor, weights: Tensor, absent: Tensor, codec: Codec) -> tuple[Tensor, Tensor, Tensor]:
    """Target heatmaps (N, K, h, w), weights (N, K) of joints inside the crop, and mask (N, K) of absent ones.

    keypoints: (N, K, 2) crop pixels.
    """
    cells = keypoints / torch.tensor(codec.cell_xy, dtype=keypoints.dtype, device=keypoints.device)
    inside = targets_inside(cells, codec.heatmap_wh, codec.sigma)
    wanted = (weights > 0) & inside & ~absent
    targets = gaussian_targets(cells, codec.heatmap_wh, codec.sigma, rounded=codec.rounded)
    targets = targets * wanted[..., None, None]
    return targets, weights * wanted, absent.to(weights.dtype)


def heatmap_loss(
    outputs: Sequence[Tensor],
    targets: Tensor,
    weights: Tensor,
    absent: Tensor,
    settings: LossSettings,
) -> Tensor:
    """0.5 x weighted mean squared error per joint, mean over joints and persons, summed over the modules.

    outputs: heatmaps of every module, each (N, K, h, w); targets the same; weights and absent (N, K).
    The paper multiplies prediction and target by the joint's weight, which weighs the error by its square.
    """
    total = targets.new_zeros(())
    square_weights = weights.square() + settings.absent * absent
    soft = None
    if settings.cross_entropy:
        soft = torch.softmax(settings.temperature * targets.flatten(2), dim=-1)
    for output in outputs:
        output = output.float()
        squared = (output - targets).square().flatten(2).mean(-1)
        total = total + settings.squared * 0.5 * (squared * square_weights).mean()
        if soft is not None:
            logs = torch.log_softmax(settings.temperature * output.flatten(2), dim=-1)
            total = total - settings.cross_entropy * ((soft * logs).sum(-1) * weights).mean()
    return total
