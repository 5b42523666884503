"""Gaussian targets against the published loop, and the flip average."""

import numpy as np
import pytest

from ppnet.codec import Codec
from ppnet.heatmaps import merge_flipped
from ppnet.skeleton import COCO_17
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


@pytest.mark.parametrize("kind", ["quarter", "dark", "udp"])
def test_mirrored_answer_lands_where_the_straight_one_does(kind):
    """A perfect network's answers for crop and mirrored crop: left and right swapped, within a quarter of a cell."""
    codec = Codec(kind=kind)
    keypoints = np.random.default_rng(3).uniform((60, 60), (130, 190), (6, 17, 2))
    mirrored = keypoints[:, COCO_17.flip_index].copy()
    mirrored[..., 0] = codec.input_wh[0] - 1 - mirrored[..., 0]
    straight, flipped = (
        draw_gaussians(points / codec.cell_xy, codec.heatmap_wh, codec.sigma)[0] for points in (keypoints, mirrored)
    )
    merged = merge_flipped(straight, flipped, COCO_17.flip_index, shift=codec.flip_shift)
    offset = np.array([0.0 if kind == "udp" else 0.5, 0])  # half of a quarter of a cell, in crop pixels
    decoded = Codec(kind="udp" if kind == "udp" else "dark").decode(merged)[0]
    np.testing.assert_allclose(decoded, keypoints + offset, atol=0.05)


def test_flip_average_without_shift_is_a_plain_mirror():
    heatmaps = np.random.default_rng(0).random((2, 17, 8, 6), np.float32)
    mirrored = heatmaps[:, COCO_17.flip_index, :, ::-1]
    np.testing.assert_array_equal(merge_flipped(heatmaps, mirrored, COCO_17.flip_index, shift=False), heatmaps)
    shifted = merge_flipped(np.zeros_like(heatmaps), mirrored, COCO_17.flip_index, shift=True) * 2
    np.testing.assert_array_equal(shifted[..., 1:], heatmaps[..., :-1])
    np.testing.assert_array_equal(shifted[..., 0], heatmaps[..., 0])
