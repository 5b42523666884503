"""Decoding: encode-decode error, the published rules, borders, flat and two-peaked maps; the flip average."""

import cv2
import numpy as np
import pytest

from ppnet.codec import Codec
from ppnet.decode import decode, decode_dark, decode_expected, decode_quarter, decode_udp, merge_flipped
from ppnet.skeleton import COCO_17
from ppnet.train.settings import TOLERANCES
from tests.ppnet.drawn_gaussians import draw_gaussians

SIZE_WH = (48, 64)
LIMITS = {"quarter": 0.20, "dark": 0.02, "udp": 0.02}  # cells, mean Euclidean error


def positions_at(margin, count=2000):
    rng = np.random.default_rng(0)
    high = np.array(SIZE_WH) - 1 - margin
    return rng.uniform((margin, margin), high, (count, 1, 2))


@pytest.mark.parametrize("kind", LIMITS)
@pytest.mark.parametrize("sigma", [1.5, 2.0, 3.0])
def test_encode_decode_error(kind, sigma):
    truth = positions_at(margin=2)
    found, scores = decode(draw_gaussians(truth, SIZE_WH, sigma)[0], kind, sigma)
    error = np.linalg.norm(found - truth, axis=-1)
    assert error.mean() <= LIMITS[kind]
    assert scores.min() > 0.85 and scores.max() <= 1


@pytest.mark.parametrize("kind", ["dark", "udp"])
def test_no_pull_at_the_border(kind):
    truth = positions_at(margin=0)
    found, _ = decode(draw_gaussians(truth, SIZE_WH, 2.0)[0], kind, 2.0)
    assert np.linalg.norm(found - truth, axis=-1).max() < 0.05


def slow_quarter(heatmap):
    """The published rule for one map."""
    height, width = heatmap.shape
    row, column = np.unravel_index(heatmap.argmax(), heatmap.shape)
    x, y = float(column), float(row)
    if 1 < column < width - 1 and 1 < row < height - 1:
        x += 0.25 * np.sign(heatmap[row, column + 1] - heatmap[row, column - 1])
        y += 0.25 * np.sign(heatmap[row + 1, column] - heatmap[row - 1, column])
    return x, y


def smooth_noise(count=300):
    noise = np.random.default_rng(5).random((count, 64, 48)).astype(np.float32)
    return np.stack([cv2.GaussianBlur(single, (9, 9), 0) for single in noise])


def test_quarter_is_the_published_rule_everywhere():
    near_the_border = draw_gaussians(positions_at(margin=-2, count=800), SIZE_WH, 2.0)[0][:, 0]
    maps = np.concatenate([smooth_noise(), near_the_border])
    found, scores = decode_quarter(maps[:, None])
    np.testing.assert_array_equal(found[:, 0], [slow_quarter(heatmap) for heatmap in maps])
    np.testing.assert_array_equal(scores[:, 0], maps.max(axis=(1, 2)))


def slow_dark(heatmap, kernel):
    """The published step for one map: blur the whole map, rescale, log, derivatives in a loop."""
    border = (kernel - 1) // 2
    padded = np.pad(heatmap, border)
    blurred = cv2.GaussianBlur(padded, (kernel, kernel), 0)[border:-border, border:-border]
    logs = np.log(np.maximum(blurred * heatmap.max() / blurred.max(), 1e-10)).astype(float)
    y, x = np.unravel_index(heatmap.argmax(), heatmap.shape)
    gradient = np.array([logs[y, x + 1] - logs[y, x - 1], logs[y + 1, x] - logs[y - 1, x]]) / 2
    xx = (logs[y, x + 2] - 2 * logs[y, x] + logs[y, x - 2]) / 4
    yy = (logs[y + 2, x] - 2 * logs[y, x] + logs[y - 2, x]) / 4
    xy = (logs[y + 1, x + 1] - logs[y - 1, x + 1] - logs[y + 1, x - 1] + logs[y - 1, x - 1]) / 4
    return np.array([x, y]) - np.linalg.solve([[xx, xy], [xy, yy]], gradient)


@pytest.mark.parametrize(("sigma", "kernel"), [(2.0, 11)])
def test_dark_is_the_published_step_inside_the_map(sigma, kernel):
    maps = draw_gaussians(positions_at(margin=9, count=60), SIZE_WH, sigma)[0]
    maps = maps + 0.1 * smooth_noise(60)[:, None]  # as uneven as a network's answer
    expected = np.array([slow_dark(heatmap[0], kernel) for heatmap in maps])
    np.testing.assert_allclose(decode_dark(maps, sigma)[0][:, 0], expected, atol=2e-3)


@pytest.mark.parametrize("kind", LIMITS)
def test_flat_map_stays_at_its_maximum(kind):
    found, scores = decode(np.zeros((2, 17, 64, 48), np.float32), kind, 2.0)
    assert np.isfinite(found).all() and (found == 0).all() and (scores == 0).all()


@pytest.mark.parametrize("kind", LIMITS)
def test_two_peaks_give_the_higher_one_unmoved_by_the_other(kind):
    two = draw_gaussians([[[12, 20], [36, 44]]], SIZE_WH, 2.0)[0]
    found, scores = decode((0.6 * two[:, :1] + two[:, 1:]).astype(np.float32), kind, 2.0)
    np.testing.assert_allclose(found[0, 0], [36, 44], atol=0.26 if kind == "quarter" else 0.01)
    assert scores[0, 0] == 1


@pytest.mark.parametrize("decode_finely", [decode_dark, decode_udp])
def test_noise_moves_a_maximum_by_a_cell_at_most(decode_finely):
    maps = np.random.default_rng(9).standard_normal((50, 17, 64, 48)).astype(np.float32)
    found, _ = decode_finely(maps, 2.0)
    rows, columns = np.divmod(maps.reshape(50, 17, -1).argmax(axis=2), 48)
    assert np.abs(found - np.stack([columns, rows], axis=2)).max() <= 1


@pytest.mark.parametrize("kind", LIMITS)
def test_nobody(kind):
    found, scores = decode(np.zeros((0, 17, 64, 48), np.float32), kind, 2.0)
    assert found.shape == (0, 17, 2) and scores.shape == (0, 17)


def test_one_peak_is_found_by_expectation_where_it_lies_at_the_border_too():
    truth = positions_at(margin=0, count=400 * len(TOLERANCES)).reshape(400, len(TOLERANCES), 2)
    heatmaps = draw_gaussians(truth, SIZE_WH, 1.5)[0]
    found, scores = decode_expected(heatmaps, 1.5, TOLERANCES)
    assert np.linalg.norm(found - truth, axis=-1).max() < 0.05
    np.testing.assert_array_equal(scores, heatmaps.max(axis=(2, 3)))
    channels_last = np.ascontiguousarray(heatmaps.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
    np.testing.assert_array_equal(decode_expected(channels_last, 1.5, TOLERANCES)[0], found)


def test_the_broader_of_two_peaks_is_expected_to_be_worth_more_where_the_keypoint_has_room():
    centers = np.tile([[12.0, 20.0], [30.0, 40.0]], (1, 1))[:, None]
    sharp, broad = draw_gaussians(centers[:1], SIZE_WH, 1.0)[0], draw_gaussians(centers[1:], SIZE_WH, 3.0)[0]
    heatmaps = np.repeat(np.maximum(0.6 * sharp, 0.5 * broad), len(TOLERANCES), axis=1)
    found, scores = decode_expected(heatmaps, 1.5, TOLERANCES)
    published, _ = decode_udp(heatmaps, 1.5)
    hip, eye = COCO_17.index("left_hip"), COCO_17.index("left_eye")
    np.testing.assert_allclose(published[0, hip], (12, 20), atol=0.1)
    np.testing.assert_allclose(found[0, hip], (30, 40), atol=0.1)
    np.testing.assert_allclose(found[0, eye], (12, 20), atol=0.1)  # an eye is right or wrong within a cell
    np.testing.assert_allclose(scores, 0.6, rtol=0.01)


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
