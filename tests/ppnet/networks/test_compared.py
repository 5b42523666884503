"""The compared networks: one interface, published names, gradients everywhere; folding keeps the answer."""

import pytest
import torch

from ppnet.networks.cost import ShapesAlone
from ppnet.networks.folded import fold_batch_norm, for_inference
from ppnet.networks.table import build, build_bare

COMPARED = {
    "simple-baseline-50": 1,
    "simple-baseline-101": 1,
    "simple-baseline-152": 1,
    "hourglass-2": 2,
    "hourglass-4": 4,
    "hourglass-8": 8,
    "hrnet-w32": 1,
    "hrnet-w48": 1,
}
QUICK = ("simple-baseline-50", "hourglass-2", "hrnet-w32")


@pytest.mark.parametrize("name", COMPARED)
def test_heatmaps_have_a_quarter_of_the_inputs_size(name):
    with ShapesAlone(), torch.inference_mode():
        heatmaps = build_bare(name, 16)(torch.zeros(2, 3, 256, 192, device="meta"))
    assert [tuple(heatmap.shape) for heatmap in heatmaps] == [(2, 16, 64, 48)] * COMPARED[name]


@pytest.mark.parametrize("name", QUICK)
def test_every_parameter_gets_a_gradient(name):
    torch.manual_seed(0)
    network = build(name, 3)
    sum(heatmap.square().mean() for heatmap in network(torch.randn(2, 3, 64, 64))).backward()
    missing = [key for key, p in network.named_parameters() if p.grad is None or not torch.isfinite(p.grad).all()]
    assert missing == []


# A few names and shapes of the published checkpoints, one of each part.
PUBLISHED = {
    "simple-baseline-50": {
        "conv1.weight": (64, 3, 7, 7),
        "layer1.0.downsample.1.running_var": (256,),
        "layer2.0.conv2.weight": (128, 128, 3, 3),
        "layer4.2.bn3.bias": (2048,),
        "deconv_layers.0.weight": (2048, 256, 4, 4),
        "deconv_layers.7.weight": (256,),
        "final_layer.bias": (17,),
    },
    "hourglass-2": {
        "conv1.weight": (64, 3, 7, 7),
        "layer1.0.downsample.0.weight": (128, 64, 1, 1),
        "hg.1.hg.0.3.0.conv2.weight": (128, 128, 3, 3),
        "res.0.0.conv3.weight": (256, 128, 1, 1),
        "fc.1.0.weight": (256, 256, 1, 1),
        "score.0.1.0.weight": (32, 32, 1, 1),
        "score.1.2.weight": (17, 32, 1, 1),
        "fc_.0.bias": (256,),
        "score_.0.weight": (256, 17, 1, 1),
    },
    "hrnet-w32": {
        "layer1.3.conv3.weight": (256, 64, 1, 1),
        "transition1.0.0.weight": (32, 256, 3, 3),
        "transition1.1.0.0.weight": (64, 256, 3, 3),
        "stage2.0.branches.1.3.bn2.running_mean": (64,),
        "transition2.2.0.0.weight": (128, 64, 3, 3),
        "stage3.3.fuse_layers.2.0.1.0.weight": (128, 32, 3, 3),
        "stage3.3.fuse_layers.0.2.1.weight": (32,),
        "transition3.3.0.1.bias": (256,),
        "stage4.2.fuse_layers.0.3.0.weight": (32, 256, 1, 1),
        "final_layer.weight": (17, 32, 1, 1),
    },
}
TENSORS = {"simple-baseline-50": 338, "hrnet-w32": 1754}


@pytest.mark.parametrize("name", PUBLISHED)
def test_names_are_the_published_ones(name):
    shapes = {key: tuple(tensor.shape) for key, tensor in build_bare(name).state_dict().items()}
    assert {key: shapes.get(key) for key in PUBLISHED[name]} == PUBLISHED[name]
    assert TENSORS.get(name, len(shapes)) == len(shapes)


@pytest.mark.parametrize("name", [*QUICK, "M2-D2-W32", "M2-D2-W32-residual-modules"])
def test_folding_batch_norm_keeps_the_heatmaps(name):
    torch.manual_seed(1)
    network = build(name, 3)
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.running_var, 0.5, 2)
            torch.nn.init.uniform_(module.running_mean, -0.5, 0.5)
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
    for parameter in network.parameters():
        if parameter.dim() == 4:  # the published start is too close to 0 to say much
            torch.nn.init.kaiming_normal_(parameter)
    image = torch.randn(1, 3, 64, 64)
    with torch.inference_mode():
        expected = network.eval()(image)[-1]
        ready = for_inference(network, torch.device("cpu"), torch.float32)
        assert not any(isinstance(module, torch.nn.BatchNorm2d) for module in ready.modules())
        assert (ready(image)[-1] - expected).abs().max() < 1e-4 * expected.abs().max()
        assert any(isinstance(module, torch.nn.BatchNorm2d) for module in network.modules()), "the original was changed"


def test_folding_leaves_a_lone_batch_norm_alone():
    lone = torch.nn.Sequential(torch.nn.ReLU(), torch.nn.BatchNorm2d(3))
    assert isinstance(fold_batch_norm(lone.eval())[1], torch.nn.BatchNorm2d)


def test_a_hourglass_says_which_sizes_it_takes():
    with pytest.raises(ValueError, match="divisible by 64"):
        build("hourglass-2")(torch.zeros(1, 3, 96, 96))
