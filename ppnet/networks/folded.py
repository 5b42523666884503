"""A trained network made ready to run: batch norm folded into the convolutions, number format, memory layout."""

import copy
from itertools import pairwise
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_weights


def for_inference(network: nn.Module, device: torch.device, dtype: torch.dtype) -> nn.Module:
    """A copy of the network in eval mode for one device, computing in `dtype`, channels last.

    The last heatmaps' regressor stays in fp32: bf16 has 8 bits, too few to tell a peak's neighbours apart, which the
    decoding does. Input in `dtype`, last heatmaps in fp32.
    """
    network = fold_batch_norm(copy.deepcopy(network).eval()).to(device=device, dtype=dtype)
    if dtype != torch.float32:
        regressor = final_regressor(network)
        regressor.float().register_forward_pre_hook(_to_fp32)
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def fold_batch_norm(network: nn.Module) -> nn.Module:
    """Merge every batch norm that follows a convolution into it, in place; the result is the same within rounding.

    All networks here register a convolution and its batch norm one after another.
    """
    for module in list(network.modules()):
        for (_, first), (name, second) in pairwise(list(module.named_children())):
            if isinstance(first, nn.Conv2d | nn.ConvTranspose2d) and isinstance(second, nn.BatchNorm2d):
                first.weight, first.bias = fuse_conv_bn_weights(
                    first.weight,
                    first.bias,
                    cast(Tensor, second.running_mean),
                    cast(Tensor, second.running_var),
                    second.eps,
                    second.weight,
                    second.bias,
                    transpose=isinstance(first, nn.ConvTranspose2d),
                )
                setattr(module, name, nn.Identity())
    return network


def final_regressor(network: nn.Module) -> nn.Module:
    """The layers that make the last heatmaps, by the names of the published checkpoints."""
    for name in ("heatmap_layer", "score", "final_layer"):
        layers = getattr(network, name, None)
        if isinstance(layers, nn.ModuleList):
            return layers[-1]
        if isinstance(layers, nn.Module):
            return layers
    raise ValueError(f"{type(network).__name__} has no heatmap layers")


def _to_fp32(_module: nn.Module, inputs: tuple[Any, ...]) -> tuple[Tensor, ...]:
    return tuple(tensor.float() for tensor in inputs)
