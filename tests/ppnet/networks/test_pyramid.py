"""PPNet equals the authors' own network: names, shapes, parameter counts and heatmaps for seeded weights."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from ppnet.networks.pyramid import PPNet, PyramidSpec, parse_name
from ppnet.networks.table import build_bare

PARITY = Path(__file__).parent / "parity"
MANIFEST = json.loads((PARITY / "manifest.json").read_text())

_spec = importlib.util.spec_from_file_location("seeded", PARITY / "seeded.py")
seeded = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(seeded)


def seeded_network(name: str) -> torch.nn.Module:
    entry = MANIFEST[name]
    network = build_bare(name.removesuffix("-mpii16"), entry["joints"]).eval()
    shapes = {key: tuple(value.shape) for key, value in network.state_dict().items()}
    weights = seeded.seeded_state_dict(shapes, entry["seed"])
    tensors = {key: torch.from_numpy(np.asarray(value)) for key, value in weights.items()}
    network.load_state_dict(tensors, assign=True)
    return network


@pytest.mark.parametrize("name", MANIFEST)
def test_heatmaps_equal_those_of_the_authors_network(name):
    entry = MANIFEST[name]
    network = seeded_network(name)
    assert sum(p.numel() for p in network.parameters()) == entry["params"]
    assert len(network.state_dict()) == entry["tensors"]
    with torch.inference_mode():
        heatmaps = network(torch.from_numpy(seeded.seeded_input(*entry["input"], entry["seed"] + 1)))
    assert len(heatmaps) == entry["modules"]
    expected = np.load(PARITY / "heatmaps.npz")
    compared = 0
    for module, heatmap in enumerate(heatmaps, 1):
        key = f"{name}__module{module}"
        if key in expected:
            error = np.abs(heatmap.numpy() - expected[key]).max() / np.abs(expected[key]).max()
            assert error < 1e-4, f"{key}: relative error {error:.2e}"
            compared += 1
    assert compared >= 1


def test_state_dict_has_the_published_names_and_shapes():
    published = (PARITY / "state_dict_keys_M2-D2-W32.txt").read_text().split("\n")
    ours = [f"{name} {tuple(value.shape)}" for name, value in PPNet(parse_name("M2-D2-W32")).state_dict().items()]
    assert ours == [line.strip() for line in published if line.strip()]


@pytest.mark.parametrize("name", ["M2-D2-W32", "M2-D2-W32-resolution-2-3", "M2-D2-W32-resolution-3-2"])
def test_every_parameter_gets_a_gradient(name):
    torch.manual_seed(0)
    network = PPNet(parse_name(name))
    heatmaps = network(torch.randn(2, 3, 192, 144))
    assert [tuple(h.shape) for h in heatmaps] == [(2, 17, 48, 36)] * 2
    sum(h.square().mean() for h in heatmaps).backward()
    missing = [key for key, p in network.named_parameters() if p.grad is None or not torch.isfinite(p.grad).all()]
    assert missing == []


def test_names_are_parsed_to_specs():
    assert parse_name("M2-D2-W32") == PyramidSpec(2, (2, 4, 8), (32, 64, 128))
    assert parse_name("M2-D2-W32-depth-3-2").depths == (2, 6, 12)
    assert parse_name("M2-D2-W32-width-3-3").widths == (32, 96, 288)
    assert parse_name("M2-D2-W32-4branches").widths == (32, 64, 128, 256)
    assert parse_name("M2-D2-W32-resolution-2-3").strides_between(0, 2) == [3, 2]
    for wrong in ("M2-D2", "resnet", "M2-D2-W32-depth-2", "M0-D2-W32", "M2-D2-W32-4branches-depth-2-3"):
        with pytest.raises(ValueError):
            parse_name(wrong)
