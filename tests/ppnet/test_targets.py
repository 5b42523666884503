"""Gaussian targets against the published loop."""

import numpy as np
import pytest

from tests.ppnet.drawn_gaussians import draw_gaussians

SIZE_WH = (48, 64)


def published_target(position, size_wh, sigma):
    """The published drawing of one rounded Gaussian, in a loop over its patch."""
    width, height = size_wh
    target = np.zeros((height, width), np.float32)
    x0, y0 = int(position[0] + 0.5), int(position[1] + 0.5)
    reach = int(3 * sigma)
    for y in range(max(0, y0 - reach), min(height, y0 + reach + 1)):
        for x in range(max(0, x0 - reach), min(width, x0 + reach + 1)):
            target[y, x] = np.exp(-((x - x0) ** 2 + (y - y0) ** 2) / (2 * sigma**2))
    return target


@pytest.mark.parametrize("sigma", [2.0, 3.0])
def test_rounded_targets_are_the_published_ones(sigma):
    positions = np.random.default_rng(0).uniform(0, (48, 64), (40, 1, 2))
    heatmaps, valid = draw_gaussians(positions, SIZE_WH, sigma, rounded=True)
    assert heatmaps.dtype == np.float32 and heatmaps.shape == (40, 1, 64, 48) and valid.all()
    for heatmap, position in zip(heatmaps[:, 0], positions[:, 0], strict=True):
        np.testing.assert_allclose(heatmap, published_target(position, SIZE_WH, sigma), atol=1e-6)


def test_unrounded_target_has_its_peak_between_cells():
    heatmap = draw_gaussians([[[20.5, 30.25]]], SIZE_WH, 2.0)[0][0, 0]
    assert heatmap[30, 20] == pytest.approx(np.exp(-(0.25 + 0.0625) / 8))
    assert heatmap[30, 20] == heatmap[30, 21] > heatmap[31, 21]


def test_targets_wholly_outside_or_unknown_are_not_valid():
    positions = [[[-6.4, 10], [-6.6, 10], [53.4, 10], [53.6, 10], [10, 69.4], [10, 69.6], [np.nan, 3]]]
    heatmaps, valid = draw_gaussians(positions, SIZE_WH, 2.0, rounded=True)
    assert valid.tolist() == [[True, False, True, False, True, False, False]]
    assert ((heatmaps.max(axis=(2, 3)) > 0) == valid).all()
