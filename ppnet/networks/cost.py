"""What a network costs: parameters and multiply-accumulates of its convolutions."""

from dataclasses import dataclass
from math import prod
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from ppnet.errors import UserError

GIGA = 2**30


@dataclass(frozen=True)
class Cost:
    """Of one input image.

    parameters: trainable numbers. macs: multiply-accumulates of convolutions. paper_macs: as the paper counts them,
    each transposed convolution at its output size, which is its stride squared times too much.
    """

    parameters: int
    macs: int
    paper_macs: int

    @property
    def paper_gflops(self) -> float:
        """The paper's "GFLOPs": multiply-accumulates / 2^30 (the paper cuts after the first decimal)."""
        return self.paper_macs / GIGA


SUMS = frozenset({torch.add, Tensor.add, Tensor.add_, Tensor.__add__, Tensor.__iadd__, Tensor.__radd__})


class ShapesAlone(TorchFunctionMode):
    """While it is entered, batch norms, activations and sums of equal shapes hand on what they are given: its shape is
    that of their answer.

    On the meta device PyTorch takes them apart in Python: nine tenths of the time of a forward.
    """

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        keeps = function in (functional.batch_norm, functional.relu) or (
            function in SUMS and isinstance(args[1], Tensor) and args[0].shape == args[1].shape
        )
        return args[0] if keeps else function(*args, **(kwargs or {}))


def cost_of(network: nn.Module, input_wh: tuple[int, int]) -> Cost:
    """Cost of a network for one crop of that size (width, height).

    A network on the meta device is counted without computing anything. ValueError or RuntimeError for a size that the
    network cannot take.
    """
    width, height = input_wh
    macs = {"real": 0, "paper": 0}

    def count(layer: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
        weight = cast(Tensor, layer.weight)
        positions = prod(output.shape[2:])
        macs["paper"] += weight.numel() * positions
        if isinstance(layer, nn.ConvTranspose2d):
            positions = prod(inputs[0].shape[2:])
        macs["real"] += weight.numel() * positions

    layers = [layer for layer in network.modules() if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d)]
    hooks = [layer.register_forward_hook(count) for layer in layers]
    was_training = network.training
    try:
        with ShapesAlone(), torch.inference_mode():
            heatmaps = network.eval()(torch.zeros(1, 3, height, width, device=next(network.parameters()).device))
    finally:
        network.train(was_training)
        for hook in hooks:
            hook.remove()
    if isinstance(heatmaps, list) and tuple(heatmaps[-1].shape[2:]) != (height / 4, width / 4):
        raise ValueError(f"an input of {height}x{width} gives heatmaps of {tuple(heatmaps[-1].shape[2:])}")
    parameters = sum(parameter.numel() for parameter in network.parameters() if parameter.requires_grad)
    return Cost(parameters, macs["real"], macs["paper"])


def cost_by_name(name: str, input_wh: tuple[int, int], keypoints: int = 17) -> Cost:
    """`cost_of` a network that is not built yet, on the meta device. UserError for an unknown name."""
    from ppnet.networks.table import build_bare

    return cost_of(build_bare(name, keypoints), input_wh)


def check_input(name: str, input_wh: tuple[int, int], keypoints: int = 17) -> Cost:
    """`cost_by_name`. UserError unless the network takes crops of that width and height."""
    try:
        return cost_by_name(name, input_wh, keypoints)
    except (RuntimeError, ValueError) as error:
        width, height = input_wh
        raise UserError(f"{name} cannot take an input of {height}x{width}; give another --input.") from error
