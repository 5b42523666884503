"""Networks are recognised by the names and shapes of their tensors."""

import pytest

from ppnet.networks.name_from_tensors import Recognised, expected_shapes, recognise, spec_name
from ppnet.networks.pyramid import parse_name
from ppnet.networks.table import NETWORKS


@pytest.mark.parametrize("name", NETWORKS)
def test_names_are_read_back_from_specs(name):
    if NETWORKS[name].group != "compared":
        assert spec_name(parse_name(name)) == name


@pytest.mark.parametrize(
    "name",
    ["M2-D2-W32", "M4-D3-W48", "M1-D8-W32", "M2-D2-W32-4branches", "M4-D2-W32-residual-modules", "M2-D2-W32-depth-2-3",
     "M2-D2-W32-width-3-2", "M3-D1-W16", "simple-baseline-101", "hourglass-4", "hrnet-w48"],
)  # fmt: skip
def test_networks_are_recognised(name):
    assert recognise(expected_shapes(name, 16)) == Recognised(name, 16)


def test_a_backbone_has_no_heatmaps():
    shapes = {name: shape for name, shape in expected_shapes("M2-D2-W32", 17).items() if "heatmap" not in name}
    assert recognise({**shapes, "classifier.weight": (1000, 2048)}) == Recognised("M2-D2-W32", None)


@pytest.mark.parametrize(
    "shapes",
    [
        {},
        {"weight": (3, 3)},
        {"final_layer.weight": (10**9, 32, 1, 1)},
        {"ppnet.0.branches.0.0.conv1.weight": (32, 32, 3, 3)},
        {"ppnet.0.branches.0.0.conv1.weight": (0, 0, 3, 3)},
        {"ppnet.0.branches.0.0.conv1.weight": (5,)},
        {f"ppnet.{module}.branches.0.0.conv1.weight": (32, 32, 3, 3) for module in range(5000)},
        {f"ppnet.0.branches.{branch}.0.conv1.weight": (32, 32, 3, 3) for branch in range(5000)},
        {f"ppnet.0.branches.0.{block}.conv1.weight": (32, 32, 3, 3) for block in range(5000)},
        {f"ppnet.{10**n}.branches.{10**n}.{10**n}.conv1.weight": (7, 7, 3, 3) for n in range(60)},
    ],
)
def test_other_tensors_are_no_known_network(shapes):
    found = recognise(shapes)
    assert found is None or found.keypoints is None
