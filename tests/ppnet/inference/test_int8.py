"""A network whose convolutions compute in integers answers nearly alike, whatever network it is."""

import numpy as np
import pytest
import torch

from ppnet.checkpoint import load_checkpoint
from ppnet.checkpoint_info import CheckpointInfo
from ppnet.inference import openvino_backend
from ppnet.inference.backend_choice import MOST_MOVED, distance_px
from ppnet.inference.int8 import EXACT_FIRST, EXACT_LAST, quantised
from ppnet.inference.openvino_backend import OpenVinoBackend
from ppnet.inference.probe import probe
from ppnet.inference.torch_backend import TorchBackend
from ppnet.networks.table import build
from ppnet.weights import shipped_weights
from tests.ppnet.seeded_networks import SMALL


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("PPNET_LIVE_CACHE", str(tmp_path))
    return tmp_path


def formats_of_convolutions(backend):
    """What OpenVINO really computes them in, first to last, of the crops that were read last."""
    (queue,) = backend._compiled.values()
    nodes = queue[0].get_compiled_model().get_runtime_model().get_ordered_ops()
    told = [node.get_rt_info() for node in nodes]
    return [info["runtimePrecision"].value for info in told if info["layerType"].value == "Convolution"]


def test_the_shipped_network_computes_in_integers_and_its_keypoints_stay(cache):
    network, info = load_checkpoint(shipped_weights())
    backend = OpenVinoBackend(lambda: network, info, precision="int8")
    people = probe(info.input_wh)
    assert backend.precision == "int8"
    exact = TorchBackend(network, info, precision="fp32").heatmaps(people)
    assert distance_px(backend.heatmaps(people), exact, info) < MOST_MOVED
    formats = formats_of_convolutions(backend)
    assert sum(form in ("u8", "i8") for form in formats) >= len(formats) - EXACT_FIRST - EXACT_LAST > 80
    again = OpenVinoBackend(lambda: network, info, precision="int8")
    few = people[:2]  # one by itself would be compiled anew
    np.testing.assert_array_equal(again.heatmaps(few), backend.heatmaps(few))
    assert len(list((cache / "openvino").iterdir())) == 2, "kept beside the exact one"


def test_what_is_rounded_is_rounded_for_all_who_take_it():
    torch.manual_seed(0)
    info = CheckpointInfo(SMALL, (64, 96))
    exact = OpenVinoBackend(lambda: build(SMALL), info, precision="fp32")
    operations = quantised(exact._model, probe(info.input_wh)[:2]).get_ordered_ops()
    rounding = [node for node in operations if node.get_type_name() == "FakeQuantize"]
    values = [node.input_value(0) for node in rounding if node.input_value(0).get_node().get_type_name() != "Constant"]
    assert len(values) > 8
    assert all(len(value.get_target_inputs()) == 1 for value in values), "a sum would fetch floats"


def test_what_a_convolution_gives_to_a_sum_is_rounded():
    torch.manual_seed(0)
    info = CheckpointInfo(SMALL, (64, 96))
    exact = OpenVinoBackend(lambda: build(SMALL), info, precision="fp32")
    operations = quantised(exact._model, probe(info.input_wh)[:2]).get_ordered_ops()
    sums = [[side.get_node() for side in node.input_values()] for node in operations if node.get_type_name() == "Add"]
    with_rounding = [sides for sides in sums if any(side.get_type_name() == "FakeQuantize" for side in sides)]
    assert len([sides for sides in with_rounding if any(map(_rounds_a_convolution, sides))]) > 5
    without = [sides for sides in sums if sides not in with_rounding]
    assert not any(_is_a_convolution(side) for sides in without for side in sides), "it would be added by itself"


def _rounds_a_convolution(node):
    return node.get_type_name() == "FakeQuantize" and _is_a_convolution(node.input_value(0).get_node())


def _is_a_convolution(node):
    """With its bias."""
    return node.get_type_name() == "Add" and node.input_value(0).get_node().get_type_name() == "Convolution"


def test_a_network_kept_by_other_rules_is_not_used(cache, monkeypatch):
    torch.manual_seed(0)
    network, info = build(SMALL), CheckpointInfo(SMALL, (64, 96), sha256="ab" * 32)
    OpenVinoBackend(lambda: network, info, precision="int8")
    kept = set((cache / "openvino").iterdir())
    monkeypatch.setattr(openvino_backend, "RULES", openvino_backend.RULES + 1)
    OpenVinoBackend(lambda: network, info, precision="int8")
    assert len(set((cache / "openvino").iterdir()) - kept) == 1


def test_a_channel_of_zeros_and_one_that_never_answers_do_no_harm():
    torch.manual_seed(0)
    network, info = build(SMALL), CheckpointInfo(SMALL, (64, 96))
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.ndim == 4:
                parameter[0] = 0
    crops = probe(info.input_wh)
    exact, rounded = (
        OpenVinoBackend(lambda: network, info, precision=form).heatmaps(crops) for form in ("fp32", "int8")
    )
    assert np.isfinite(rounded).all()
    assert np.abs(rounded - exact).mean() < 0.1 * exact.std()
