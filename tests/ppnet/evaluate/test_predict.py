"""A network in memory gives what the estimator gives, and is left as it was."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from ppnet.checkpoint_info import CheckpointInfo
from ppnet.codec import Codec
from ppnet.data.coco import read_coco
from ppnet.data.samples import ImageRef
from ppnet.estimator import PoseEstimator
from ppnet.evaluate.predict import network_predict, predict_samples
from ppnet.networks.table import build
from ppnet.skeleton import COCO_17
from tests.ppnet.evaluate.people import knowing_predict, write_coco

INFO = CheckpointInfo("M1-D1-W8", (64, 96))


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    network = build("M1-D1-W8")
    with torch.no_grad():  # fresh weights answer almost nothing
        for parameter in network.parameters():
            parameter.normal_(std=0.1)
    return network


@pytest.mark.parametrize("kind", ["quarter", "udp"])
@pytest.mark.parametrize("flip", [True, False])
def test_answers_equal_the_estimators(network, kind, flip):
    crops = np.random.default_rng(0).integers(0, 256, (3, 96, 64, 3), np.uint8)
    codec = Codec((64, 96), kind=kind)
    predict = network_predict(
        network, mean=INFO.mean, std=INFO.std, skeleton=COCO_17, flip=flip, flip_shift=codec.flip_shift
    )
    network.train()
    heatmaps = predict(crops)
    assert network.training and heatmaps.shape == (3, 17, 24, 16) and heatmaps.std() > 0
    estimator = PoseEstimator(network, replace(INFO, codec_kind=kind), device="cpu", precision="fp32", flip=flip)
    np.testing.assert_allclose(heatmaps, estimator.heatmaps(crops), atol=1e-4 * np.abs(heatmaps).max())


def test_autocast_answers_nearly_the_same(network):
    crops = np.random.default_rng(0).integers(0, 256, (2, 96, 64, 3), np.uint8)
    full, half = (
        network_predict(network, mean=INFO.mean, std=INFO.std, skeleton=COCO_17, precision=precision)(crops)
        for precision in (torch.float32, torch.bfloat16)
    )
    assert half.dtype == np.float32
    assert 0 < np.abs(full - half).max() < 0.1 * np.abs(full).max()


@pytest.mark.parametrize("batch_size", [1, 5, 100])
def test_batches_keep_the_order_and_pictures_are_read_once_each(tmp_path, monkeypatch, batch_size):
    people = read_coco(write_coco(tmp_path))
    reads = []
    original = ImageRef.read
    monkeypatch.setattr(ImageRef, "read", lambda reference: reads.append(str(reference)) or original(reference))
    codec = Codec(kind="dark")
    poses = predict_samples(knowing_predict(people.samples, codec), people.samples, codec, batch_size=batch_size)
    truth = np.stack([sample.keypoints for sample in people.samples])
    labelled = np.stack([sample.visibility for sample in people.samples]) > 0
    assert np.abs(poses.keypoints - truth)[labelled].max() < 0.5
    assert len(reads) == len(set(reads)) == 6
