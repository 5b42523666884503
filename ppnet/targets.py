"""Gaussian target heatmaps."""

import torch
from torch import Tensor

CUT_SIGMAS = 3.0  # the Gaussian is zero beyond this many sigmas along either axis


def gaussian_targets(positions: Tensor, size_wh: tuple[int, int], sigma: float, *, rounded: bool = False) -> Tensor:
    """Gaussians of peak 1 about `positions`, cut at 3 sigma (paper section IV-A, published code), on their device.

    positions: (N, K, 2) cells -> (N, K, h, w) float32; `rounded` moves each centre to the nearest cell. A joint whose
    Gaussian lies wholly outside, or is NaN, gets a heatmap of zeros; see `targets_inside`.
    """
    across, down = _profiles(positions, size_wh, sigma, rounded)
    return down[..., :, None] * across[..., None, :]


def targets_inside(positions: Tensor, size_wh: tuple[int, int], sigma: float) -> Tensor:
    """(N, K) bool: whether any of the joint's Gaussian lies in the heatmap."""
    across, down = _profiles(positions, size_wh, sigma, rounded=True)
    return across.any(-1) & down.any(-1)


def _profiles(positions: Tensor, size_wh: tuple[int, int], sigma: float, rounded: bool) -> tuple[Tensor, Tensor]:
    """The Gaussian along x (N, K, w) and along y (N, K, h); their product is the heatmap."""
    positions = positions.to(torch.float32)
    nearest = torch.floor(positions + 0.5)
    centers = nearest if rounded else positions
    profiles = []
    for axis, length in enumerate(size_wh):
        cells = torch.arange(length, device=positions.device, dtype=torch.float32)
        squares = (cells - centers[..., axis, None]) ** 2
        inside = (cells - nearest[..., axis, None]).abs() <= CUT_SIGMAS * sigma
        profiles.append(torch.where(inside, torch.exp(-squares / (2 * sigma**2)), 0.0))
    return profiles[0], profiles[1]
