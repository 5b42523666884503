"""The rule of `auto` on real people: keypoints and accuracy of what it may choose stay near those of fp32."""

import numpy as np
import pytest

from ppnet.assets import asset
from ppnet.checkpoint import load_checkpoint
from ppnet.data.coco import read_coco
from ppnet.estimator import PoseEstimator
from ppnet.evaluate.coco import evaluate_coco, read_truth
from ppnet.inference.backend_choice import MOST_MOVED, SURE_SCORE
from tests.ppnet.evaluate.people import PUBLIC
from tests.shared_material import needs_shared


@pytest.mark.slow
@needs_shared(PUBLIC)
def test_openvino_moves_sure_keypoints_by_little_and_costs_no_accuracy(tmp_path, monkeypatch):
    monkeypatch.setenv("PPNET_LIVE_CACHE", str(tmp_path))
    network, info = load_checkpoint(asset("weights/M2-D2-W32_256x192.safetensors"))
    people, truth = read_coco(PUBLIC), read_truth(PUBLIC)
    wanted, found = (
        evaluate_coco(PoseEstimator.from_network(network, info, device="cpu", **how), people, truth=truth)
        for how in ({"precision": "fp32"}, {"backend": "openvino"})
    )
    codec = PoseEstimator.from_network(network, info, device="cpu").codec
    scales = codec.crop_matrices([sample.box for sample in people.samples])[:, 0, 0]
    moved = np.linalg.norm(found.poses.keypoints - wanted.poses.keypoints, axis=2) * scales[:, None]
    assert moved[wanted.poses.scores > SURE_SCORE].mean() <= MOST_MOVED
    assert found.scores["AP"] >= wanted.scores["AP"] - 0.005
