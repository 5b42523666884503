"""Target heatmaps of numpy positions, for tests of what reads them."""

import numpy as np
import torch

from ppnet.targets import gaussian_targets, targets_inside


def draw_gaussians(positions, size_wh, sigma, *, rounded=False):
    """Heatmaps (N, K, h, w) and whether anything of each lies inside, (N, K)."""
    cells = torch.from_numpy(np.asarray(positions, np.float64))
    heatmaps = gaussian_targets(cells, size_wh, sigma, rounded=rounded)
    return heatmaps.numpy(), targets_inside(cells, size_wh, sigma).numpy()
