"""`auto` takes the fastest backend that answers alike, remembers it, and can be told."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from ppnet.checkpoint_info import CheckpointInfo
from ppnet.errors import UserError
from ppnet.inference import backend_choice
from ppnet.inference.backend_choice import make_backend, measure
from ppnet.inference.measuring import MEASURING, is_measuring, telling
from ppnet.inference.openvino_backend import OpenVinoBackend
from ppnet.inference.probe import probe
from ppnet.inference.torch_backend import TorchBackend
from ppnet.networks.table import build
from tests.ppnet.seeded_networks import SMALL

INFO = CheckpointInfo(SMALL, (64, 96), sha256="ab" * 32)


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return build(SMALL)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("PPNET_LIVE_CACHE", str(tmp_path))
    monkeypatch.delenv("PPNET_LIVE_BACKEND")
    monkeypatch.setattr(backend_choice, "SECONDS", 0.0)
    return tmp_path


def auto(network, info=INFO):
    return make_backend(lambda: network, info, backend="auto", device="cpu")


def test_all_candidates_are_measured_in_turn(network):
    times_ms = measure(lambda: network, INFO)
    assert set(times_ms) == {"torch", "openvino", "openvino int8"} and min(times_ms.values()) > 0
    assert set(measure(lambda: network, INFO, "fp32")) == {"torch", "openvino"}


def test_int8_is_taken_where_it_is_fastest_and_where_it_is_asked_for(network, monkeypatch):
    monkeypatch.setattr(backend_choice, "measure", lambda *_: {"torch": 3.0, "openvino": 2.0, "openvino int8": 1.0})
    for _ in range(2):
        assert auto(network).precision == "int8"
    monkeypatch.setattr(backend_choice, "measure", None)
    assert auto(network).precision == "int8", "remembered"
    asked = make_backend(
        lambda: network, replace(INFO, sha256="cd" * 32), backend="auto", device="cpu", precision="int8"
    )
    assert isinstance(asked, OpenVinoBackend) and asked.precision == "int8"
    with pytest.raises(UserError, match="PyTorch does not compute in int8"):
        make_backend(lambda: network, INFO, device="cpu", precision="int8")


def test_the_fastest_is_chosen_and_remembered_until_a_version_changes(network, cache, monkeypatch):
    measured = []

    def measuring(*given):
        assert is_measuring()
        measured.append(given)
        return {"torch": 2.0, "openvino": 1.0}

    monkeypatch.setattr(backend_choice, "measure", measuring)
    assert isinstance(auto(network), OpenVinoBackend)
    assert isinstance(auto(network), OpenVinoBackend) and len(measured) == 1
    (file,) = (cache / "backends").iterdir()
    kept = json.loads(file.read_text())
    assert (
        kept["chosen"] == "openvino" and kept["ms_per_crop"]["torch"] == 2.0 and torch.__version__ in kept["versions"]
    )
    auto(network, replace(INFO, sha256="cd" * 32))
    assert len(measured) == 2, "other weights are measured for themselves"
    file.write_text("{")
    auto(network)
    assert len(measured) == 3, "a damaged file is measured anew"
    with monkeypatch.context() as other:
        other.setattr(backend_choice, "RULES", backend_choice.RULES + 1)
        auto(network)
    assert len(measured) == 4, "int8 by other rules is not the one that was measured"
    monkeypatch.setattr(backend_choice.ppnet, "__version__", "9.9")
    monkeypatch.setattr(backend_choice, "measure", lambda *given: {"torch": 1.0, "openvino": 2.0})
    assert isinstance(auto(network), TorchBackend)


def test_whoever_waits_for_a_measurement_is_told_once(network, monkeypatch):
    heard = []
    monkeypatch.setattr(backend_choice, "measure", lambda *_given: {"torch": 1.0})
    with telling(heard.append):
        auto(network)
        assert heard == [MEASURING] and not is_measuring()
        auto(network)
    auto(network, replace(INFO, sha256="cd" * 32))
    assert heard == [MEASURING], "nobody listens any more, and what is remembered is not measured"


def test_a_backend_that_moves_the_keypoints_is_never_taken(network, monkeypatch):
    class Wrong(OpenVinoBackend):
        def heatmaps(self, crops):
            return np.roll(super().heatmaps(crops), 1, axis=3)  # four pixels to the right

    monkeypatch.setattr(backend_choice, "OpenVinoBackend", Wrong)
    monkeypatch.setattr(backend_choice, "SURE_SCORE", -1.0)  # a network without training is never sure
    assert set(measure(lambda: network, INFO)) == {"torch"}


def test_an_environment_variable_says_what_auto_means(network, monkeypatch):
    monkeypatch.setattr(backend_choice, "measure", None)
    monkeypatch.setenv("PPNET_LIVE_BACKEND", "torch")
    assert isinstance(auto(network), TorchBackend)
    monkeypatch.setenv("PPNET_LIVE_BACKEND", "openvino")
    assert isinstance(auto(network), OpenVinoBackend)
    monkeypatch.setenv("PPNET_LIVE_BACKEND", "opnevino")
    with pytest.raises(UserError, match="no backend 'opnevino'; choose one of auto, torch, openvino"):
        auto(network)


def test_weights_in_memory_are_not_measured(network, monkeypatch):
    monkeypatch.setattr(backend_choice, "measure", None)
    assert isinstance(auto(network, replace(INFO, sha256="")), TorchBackend)


def test_other_names_are_refused(network):
    with pytest.raises(UserError, match="no backend 'onnx'"):
        make_backend(lambda: network, INFO, backend="onnx")


def test_the_probe_shows_a_dozen_people_at_any_size():
    assert probe((192, 256)).shape == (12, 256, 192, 3) and probe((64, 96)).shape == (12, 96, 64, 3)
