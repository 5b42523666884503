"""Where OpenVINO has all it needs in the cache, people are read without PyTorch, which takes seconds to import."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from ppnet import cpu
from ppnet.checkpoint import save_tensors
from ppnet.checkpoint_info import CheckpointInfo
from ppnet.errors import CheckpointError
from ppnet.estimator import PoseEstimator
from ppnet.inference.probe import probe
from ppnet.weights import open_weights
from tests.ppnet.seeded_networks import SMALL, small_state_dict

READ = """
import json, sys
import app.commands.track, tracking.pipeline, tracking.detection.efficientdet, tracking.detection.onnx_detector
from ppnet.estimator import PoseEstimator
from ppnet.inference.probe import probe
estimator = PoseEstimator.from_file(sys.argv[1], backend="auto", precision="int8")
poses = estimator.estimate(probe(estimator.info.input_wh)[0], [[10, 10, 50, 80]])
print(json.dumps([poses.keypoints.tolist(), estimator.device_name, "torch" in sys.modules]))
"""


@pytest.fixture
def weights(tmp_path, monkeypatch):
    monkeypatch.setenv("PPNET_LIVE_CACHE", str(tmp_path / "cache"))
    cpu._abilities.cache_clear()  # known to this process, but not in that cache
    path = tmp_path / "small.safetensors"
    save_tensors(path, small_state_dict(SMALL), CheckpointInfo(SMALL, (64, 96)))
    return path


def test_what_was_kept_is_read_without_pytorch_and_gives_the_same(weights):
    estimator = PoseEstimator.from_file(weights, backend="openvino", precision="int8")
    wanted = estimator.estimate(probe((64, 96))[0], [[10, 10, 50, 80]]).keypoints
    environment = {name: value for name, value in os.environ.items() if name != "PPNET_LIVE_BACKEND"}
    child = subprocess.run([sys.executable, "-c", READ, weights], env=environment, capture_output=True, text=True)
    assert child.returncode == 0, child.stderr
    keypoints, device, has_torch = json.loads(child.stdout)
    np.testing.assert_array_equal(np.array(keypoints, np.float32), wanted)
    assert device == "cpu (OpenVINO)" and (not has_torch or sys.platform == "darwin")


def test_a_file_is_opened_before_its_network_is_loaded_once(weights):
    load, info = open_weights(weights)
    assert info.network == SMALL and info.sha256 and load() is load()


def test_a_file_that_changes_in_between_is_refused(weights):
    load, info = open_weights(weights)
    save_tensors(weights, small_state_dict(SMALL, seed=1), info)
    with pytest.raises(CheckpointError, match="has just been changed; try again"):
        load()


def test_damage_is_found_where_the_network_was_never_loaded(weights):
    whole = weights.read_bytes()
    weights.write_bytes(whole[:-4])
    with pytest.raises(CheckpointError, match="damaged"):
        PoseEstimator.from_file(weights, backend="openvino")
