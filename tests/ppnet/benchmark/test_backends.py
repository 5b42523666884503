"""Every backend is measured in every round, and its ratio is to PyTorch in fp32. Nothing about speed."""

import json

import pytest
import torch

from ppnet.__main__ import main
from ppnet.benchmark.backends import BackendResult, backend_table
from ppnet.benchmark.measure import Timing
from ppnet.checkpoint import save
from ppnet.checkpoint_info import CheckpointInfo
from ppnet.networks.table import build


@pytest.fixture
def weights(tmp_path, monkeypatch):
    monkeypatch.setenv("PPNET_LIVE_CACHE", str(tmp_path / "cache"))
    torch.manual_seed(0)
    path = tmp_path / "tiny.safetensors"
    save(path, build("M1-D1-W8"), CheckpointInfo("M1-D1-W8", (64, 96)))
    return path


def test_every_backend_takes_part_in_every_round(weights, tmp_path, capsys):
    figures = tmp_path / "b.json"
    words = [
        "--weights",
        str(weights),
        "--rounds",
        "2",
        "--batches",
        "2",
        "1",
        "--device",
        "cpu",
        "--json",
        str(figures),
    ]
    assert main(["benchmark", "--backends", *words, "-q"]) == 0
    found = json.loads(figures.read_text())
    names = [result["name"] for result in found["backends"]]
    assert names[0] == "PyTorch fp32" and "OpenVINO fp32" in names
    for result in found["backends"]:
        assert list(result["timings"]) == ["1", "2"]
        assert all(len(timing["seconds"]) == 2 and min(timing["seconds"]) > 0 for timing in result["timings"].values())
    assert found["backends"][0]["distance_px"] == 0
    said = capsys.readouterr().out
    assert "M1-D1-W8" in said and all(f"| {name} |" in said for name in names)


def test_ratios_are_to_fp32_of_medians_and_of_the_best():
    exact = BackendResult("PyTorch fp32", {4: Timing(4, (0.4, 0.8, 0.9))}, 0.0)
    fast = BackendResult("OpenVINO bf16", {4: Timing(4, (0.2, 0.2, 0.6))}, 0.126)
    first, second = backend_table([exact, fast]).splitlines()[2:]
    assert first == "| PyTorch fp32 | 200.0 (100.0) | 5.0 | 1.00 (1.00) | 0.00 |"
    assert second == "| OpenVINO bf16 | 50.0 (50.0) | 20.0 | 4.00 (2.00) | 0.13 |"


def test_weights_that_are_not_there_are_told(capsys):
    assert main(["benchmark", "--backends", "--weights", "gone"]) == 2
    assert "There are no weights 'gone'" in capsys.readouterr().err
