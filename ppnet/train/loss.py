"""Losses on heatmaps."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from ppnet.codec import Codec
from ppnet.heatmaps import gaussian_targets, targets_inside

AGREES = 0.3  # a teacher's heatmap (peak 1) at the label's place: below it the label alone counts


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


class SoftTargets(NamedTuple):
    """What a teacher says of where else a joint may be.

    heatmaps: (N, K, h, w), peaks as high as the label's. share: (N, K) of them in the targets, 0 where there are none
        or the label disagrees.
    """

    heatmaps: Tensor
    share: Tensor


def soft_targets(heatmaps: Tensor, targets: Tensor, weight: float) -> SoftTargets:
    """A teacher's heatmaps beside `targets` (N, K, h, w), to count `weight` (0..1) where both mean the same place.

    heatmaps: (N, K + 1, h, w) uint8 as in `ppnet.data.dataset.Crop`; beyond their frame the targets are left.
    """
    known = heatmaps[:, -1:] == 255
    maps = heatmaps[:, :-1].to(targets.dtype) / 255
    peaks, places = targets.flatten(2).max(-1, keepdim=True)
    agrees = maps.flatten(2).gather(2, places) >= AGREES
    share = weight * agrees.squeeze(-1).to(targets.dtype)
    return SoftTargets(torch.where(known, maps * peaks[..., None], targets), share)


def heatmap_loss(
    outputs: Sequence[Tensor],
    targets: Tensor,
    weights: Tensor,
    absent: Tensor,
    settings: LossSettings,
    teacher: SoftTargets | None = None,
) -> Tensor:
    """0.5 x weighted mean squared error per joint, mean over joints and persons, summed over the modules.

    outputs: heatmaps of every module, each (N, K, h, w); targets the same; weights and absent (N, K).
    teacher: has its share in the heatmaps of the squared error and in the distributions of the cross-entropy.
    The paper multiplies prediction and target by the joint's weight, which weighs the error by its square.
    """
    total = targets.new_zeros(())
    square_weights = weights.square() + settings.absent * absent
    soft = None
    if settings.cross_entropy:
        soft = torch.softmax(settings.temperature * targets.flatten(2), dim=-1)
    if teacher is not None:
        share = teacher.share[..., None, None]
        targets = torch.lerp(targets, teacher.heatmaps, share)
        if soft is not None:
            said = torch.softmax(settings.temperature * teacher.heatmaps.flatten(2), dim=-1)
            soft = torch.lerp(soft, said, share.squeeze(-1))
    for output in outputs:
        output = output.float()
        squared = (output - targets).square().flatten(2).mean(-1)
        total = total + settings.squared * 0.5 * (squared * square_weights).mean()
        if soft is not None:
            logs = torch.log_softmax(settings.temperature * output.flatten(2), dim=-1)
            total = total - settings.cross_entropy * ((soft * logs).sum(-1) * weights).mean()
    return total


def distillation_loss(outputs: Sequence[Tensor], teacher: Tensor, *, weight: float) -> Tensor:
    """`weight` x 0.5 mean squared error to a teacher's heatmaps (N, K, h, w), summed over the modules."""
    losses = [(output.float() - teacher).square().mean() for output in outputs]
    return weight * 0.5 * torch.stack(losses).sum()
