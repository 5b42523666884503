"""All networks by name: PPNet's variants and ablations, and the networks the paper compares it with."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import init
from torch.overrides import TorchFunctionMode

from ppnet.errors import UserError
from ppnet.networks.hourglass import StackedHourglass
from ppnet.networks.hrnet import HRNet
from ppnet.networks.pyramid import PPNet, parse_name
from ppnet.networks.simple_baseline import SimpleBaseline


@dataclass(frozen=True)
class NetworkEntry:
    """One row: how to build the network, what group it belongs to, where the paper speaks of it."""

    build: Callable[[int], nn.Module]
    group: str
    place: str


def _ppnet(name: str) -> Callable[[int], nn.Module]:
    return partial(PPNet, parse_name(name))


BLOCK_LIMIT = 2000  # ten times the largest network worth training; names come from files, too

VARIANTS = tuple(f"M{modules}-D{depth}-W{width}" for modules in (2, 4) for depth in (2, 3) for width in (32, 48))

ABLATIONS = {
    "M2-D2-W32-residual-modules": "Table VII",
    "M4-D2-W32-residual-modules": "Table VII",
    "M2-D2-W32-4branches": "Fig. 8",
    "M4-D2-W32-4branches": "Fig. 8",
    "M1-D8-W32": "Fig. 9",
    "M2-D4-W32": "Fig. 9",
    "M4-D4-W32": "Fig. 9",
    "M8-D2-W32": "Fig. 9",
    "M2-D2-W32-depth-2-3": "Fig. 10",
    "M2-D2-W32-depth-3-2": "Fig. 10",
    "M2-D2-W32-depth-3-3": "Fig. 10",
    "M2-D2-W32-width-2-3": "Fig. 11",
    "M2-D2-W32-width-3-2": "Fig. 11",
    "M2-D2-W32-width-3-3": "Fig. 11",
    "M2-D2-W32-resolution-2-3": "Table VIII",
    "M2-D2-W32-resolution-3-2": "Table VIII",
}

NETWORKS: dict[str, NetworkEntry] = {
    **{name: NetworkEntry(_ppnet(name), "PPNet", "Tables I to III") for name in VARIANTS},
    **{name: NetworkEntry(_ppnet(name), "ablation", place) for name, place in ABLATIONS.items()},
    **{
        f"simple-baseline-{layers}": NetworkEntry(partial(SimpleBaseline, layers), "compared", "Tables I to III")
        for layers in (50, 101, 152)
    },
    **{
        f"hourglass-{stages}": NetworkEntry(partial(StackedHourglass, stages), "compared", "Tables I to III")
        for stages in (2, 4, 8)
    },
    **{f"hrnet-w{width}": NetworkEntry(partial(HRNet, width), "compared", "Tables I to III") for width in (32, 48)},
}


def build(name: str, keypoints: int = 17) -> nn.Module:
    """A network with fresh weights, on the default device.

    `name` is a key of `NETWORKS` or any other PPNet (`parse_name`). Its forward takes normalised RGB (N, 3, H, W) and
    returns a list of heatmaps (N, keypoints, H/4, W/4); the last one is the answer, the others are for training.
    UserError for an unknown name.
    """
    if name in NETWORKS:
        return NETWORKS[name].build(keypoints)
    try:
        spec = parse_name(name)
        if spec.modules * sum(spec.depths) > BLOCK_LIMIT:
            raise ValueError(f"{name!r} has more than {BLOCK_LIMIT} blocks")
        return PPNet(spec, keypoints)
    except ValueError as error:
        raise UserError(
            f"There is no network {name!r}; known are {', '.join(VARIANTS)} and what `python -m ppnet info` lists."
        ) from error


def build_bare(name: str, keypoints: int = 17) -> nn.Module:
    """`build` on the meta device: names and shapes, no memory, and in half the time, as no weights are drawn."""
    with torch.device("meta"), _Undrawn():
        return build(name, keypoints)


class _Undrawn(TorchFunctionMode):
    """While it is entered, tensors stay as they are made: on the meta device PyTorch takes apart in Python what would
    fill them."""

    FILLING = frozenset({init.kaiming_uniform_, init.uniform_, init.normal_, Tensor.zero_, Tensor.fill_})

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        given = kwargs or {}
        if function in self.FILLING:
            return args[0] if args else given["tensor"]
        return function(*args, **given)
