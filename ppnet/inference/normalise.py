"""From 8-bit pictures to what the networks read; the same for training, inference and export."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class Normalise(nn.Module):
    """(N, H, W, 3) uint8 RGB -> (N, 3, H, W) float32 with its channels last in memory: (RGB / 255 - mean) / std."""

    scale: Tensor
    offset: Tensor

    def __init__(self, mean: Sequence[float], std: Sequence[float]) -> None:
        super().__init__()
        means, stds = (torch.tensor(values).view(1, 3, 1, 1) for values in (mean, std))
        self.register_buffer("scale", 1 / (255 * stds), persistent=False)
        self.register_buffer("offset", -means / stds, persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        """One multiplication and one addition."""
        return torch.addcmul(self.offset, images.permute(0, 3, 1, 2).float(), self.scale)
