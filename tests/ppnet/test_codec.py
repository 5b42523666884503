"""`Codec`: targets and decoding belong together, in crop pixels."""

import numpy as np
import pytest

from ppnet.codec import Codec
from ppnet.crops import apply_matrices, crop_matrices, crop_regions, invert_matrices

LIMITS = {"quarter": 4 * 0.5, "dark": 4 * 0.02, "udp": 4 * 0.02}  # crop pixels; rounding costs quarter its precision


@pytest.mark.parametrize("kind", LIMITS)
@pytest.mark.parametrize("input_wh", [(192, 256), (288, 384), (256, 256)])
def test_targets_decode_to_their_keypoints(kind, input_wh):
    codec = Codec(input_wh, kind=kind)
    keypoints = np.random.default_rng(0).uniform(8, np.array(input_wh) - 9, (30, 17, 2))
    heatmaps, valid = codec.targets(keypoints)
    assert heatmaps.shape == (30, 17, codec.heatmap_wh[1], codec.heatmap_wh[0]) and valid.all()
    positions, scores = codec.decode(heatmaps)
    assert np.linalg.norm(positions - keypoints, axis=-1).mean() <= LIMITS[kind]
    assert scores.min() > 0.9


@pytest.mark.parametrize("kind", LIMITS)
def test_whole_way_from_image_to_heatmap_and_back(kind):
    codec = Codec(kind=kind)
    regions = crop_regions([[100, 50, 220, 400]], codec.aspect)
    matrices = crop_matrices(*regions, codec.input_wh, kind=codec.crop_kind)
    truth = np.random.default_rng(1).uniform((110, 60), (210, 390), (1, 17, 2))
    positions, _ = codec.decode(codec.targets(apply_matrices(truth, matrices))[0])
    back = apply_matrices(positions, invert_matrices(matrices))
    scale = regions[1][0, 0] / codec.input_wh[0]
    assert np.linalg.norm(back - truth, axis=-1).max() <= 2 * scale * LIMITS[kind]


def test_udp_counts_in_pixels_less_one():
    assert Codec(kind="udp").cell_xy == (191 / 47, 255 / 63)
    assert Codec(kind="dark").cell_xy == (4, 4)
    assert not Codec(kind="udp").flip_shift and Codec(kind="dark").flip_shift
    assert Codec(kind="quarter").rounded and not Codec(kind="dark").rounded


def test_far_outside_is_not_valid():
    _, valid = Codec().targets([[[-40, 100], [96, 128]]])
    assert valid.tolist() == [[False, True]]


@pytest.mark.parametrize("wrong", [{"kind": "argmax"}, {"sigma": 0}, {"input_wh": (190, 256)}, {"input_wh": (4, 4)}])
def test_senseless_settings_are_refused(wrong):
    with pytest.raises(ValueError):
        Codec(**wrong)
