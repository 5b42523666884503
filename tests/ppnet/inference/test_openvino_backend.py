"""OpenVINO answers as PyTorch does, from a converted file that is kept, and sends nothing."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ppnet.checkpoint_info import CheckpointInfo
from ppnet.cpu import cpu_has_bf16
from ppnet.errors import UserError
from ppnet.estimator import PoseEstimator
from ppnet.inference import openvino_conversion
from ppnet.inference.openvino_backend import OpenVinoBackend
from ppnet.inference.probe import probe
from ppnet.inference.torch_backend import TorchBackend
from ppnet.networks.table import build
from ppnet.weights import open_weights, shipped_weights
from tests.ppnet.seeded_networks import SMALL, small_state_dict

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def shipped():
    """How to load the network, and its info."""
    return open_weights(shipped_weights())


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("cache")
        patch.setenv("PPNET_LIVE_CACHE", str(folder))
        yield folder


@pytest.fixture(scope="module")
def exact(shipped, cache):
    load, info = shipped
    return OpenVinoBackend(load, info, precision="fp32"), TorchBackend(load(), info, precision="fp32", device="cpu")


@pytest.mark.parametrize(("people", "size_wh"), [(1, (192, 256)), (5, (192, 256)), (2, (144, 192)), (3, (128, 192))])
def test_any_number_of_crops_of_any_size_gives_pytorchs_heatmaps(exact, people, size_wh):
    crops = probe(size_wh)[:people]
    found, wanted = (backend.heatmaps(crops) for backend in exact)
    assert found.shape == wanted.shape == (people, 17, size_wh[1] // 4, size_wh[0] // 4)
    np.testing.assert_allclose(found, wanted, atol=1e-4)
    assert wanted.max() > 0.3


def test_memory_that_runs_out_is_told_apart_from_crops_it_cannot_take(exact, monkeypatch):
    def compile_model(*_words):
        raise RuntimeError("Exception from src/inference/src/cpp/core.cpp:117:\nstd::bad_alloc")

    monkeypatch.setattr(OpenVinoBackend, "_queue", compile_model)
    with pytest.raises(MemoryError, match="bad_alloc"):
        exact[0].heatmaps(probe((192, 256))[:1])


@pytest.mark.skipif(not cpu_has_bf16(), reason="the CPU does not compute in bf16")
def test_bf16_is_the_choice_where_the_cpu_has_it_and_is_really_used(shipped, cache, exact):
    half, crops = OpenVinoBackend(*shipped), probe((192, 256))[:2]
    assert half.precision == "bf16"
    assert 1e-4 < np.abs(half.heatmaps(crops) - exact[0].heatmaps(crops)).max() < 0.1


def test_input_scale_and_flip_go_through_it(exact, shipped):
    wanted, found = (PoseEstimator(backend, shipped[1]) for backend in reversed(exact))
    picture, boxes = probe((192, 256))[0], [[30, 20, 160, 240]]
    for scale in (1.0, 0.75):
        wanted.input_scale = found.input_scale = scale
        np.testing.assert_allclose(
            found.estimate(picture, boxes).keypoints, wanted.estimate(picture, boxes).keypoints, atol=0.1
        )
    assert found.device_name == "cpu (OpenVINO)"


def test_the_converted_file_is_kept_and_a_damaged_one_made_anew(tmp_path, monkeypatch):
    monkeypatch.setenv("PPNET_LIVE_CACHE", str(tmp_path))
    network, info = build(SMALL), CheckpointInfo(SMALL, (64, 96), sha256="ab" * 32)
    network.load_state_dict(small_state_dict(SMALL))
    made, converted = [], openvino_conversion.from_network(network, info)
    monkeypatch.setattr(openvino_conversion, "from_network", lambda *given: made.append(given) or converted)
    crops = probe((64, 96))[:1]
    first = OpenVinoBackend(lambda: network, info, precision="fp32").heatmaps(crops)
    (kept,) = (tmp_path / "openvino").iterdir()
    np.testing.assert_array_equal(OpenVinoBackend(lambda: network, info, precision="fp32").heatmaps(crops), first)
    assert len(made) == 1, "read from the cache"
    weights = bytearray((kept / "network.bin").read_bytes())
    weights[len(weights) // 2] ^= 255
    for name, damaged in (("network.xml", b"<net"), ("network.bin", weights), ("sha256", b"\xff")):
        (kept / name).write_bytes(damaged)
        np.testing.assert_array_equal(OpenVinoBackend(lambda: network, info, precision="fp32").heatmaps(crops), first)
    assert len(made) == 4 and first.std() > 0
    OpenVinoBackend(lambda: network, replace(info, sha256="other"), precision="fp32")
    assert len(made) == 5 and len(list((tmp_path / "openvino").iterdir())) == 2, "other weights: another file"


def test_a_cache_folder_that_cannot_be_written_costs_time_only(tmp_path, monkeypatch):
    monkeypatch.setenv("PPNET_LIVE_CACHE", str(tmp_path / "file"))
    (tmp_path / "file").write_text("")
    network, info = build(SMALL), CheckpointInfo(SMALL, (64, 96), sha256="ab" * 32)
    assert OpenVinoBackend(lambda: network, info).heatmaps(probe((64, 96))[:1]).shape == (1, 17, 24, 16)


def test_formats_it_does_not_have_are_refused(shipped):
    with pytest.raises(UserError, match="fp32, bf16 or int8"):
        OpenVinoBackend(*shipped, precision="fp16")
