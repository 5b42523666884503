"""From a PyTorch network to OpenVINO's model."""

import copy
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn

from ppnet.checkpoint_info import CheckpointInfo
from ppnet.inference.normalise import Normalise
from ppnet.networks.folded import fold_batch_norm
from ppnet.openvino_runtime import load_openvino


class FromCrops(nn.Module):
    """The whole way from crops (N, H, W, 3) uint8 RGB to the last heatmaps (N, K, H/4, W/4)."""

    def __init__(self, network: nn.Module, info: CheckpointInfo) -> None:
        super().__init__()
        self.normalise = Normalise(info.mean, info.std)
        self.network = network

    def forward(self, crops: Tensor) -> Tensor:
        """Normalised here, so that whoever runs it can't do it in another way."""
        heatmaps: Tensor = self.network(self.normalise(crops))[-1]
        return heatmaps


def from_network(network: nn.Module, info: CheckpointInfo) -> Any:
    """A copy of a network of this program as OpenVINO's model: crops (N, H, W, 3) uint8 RGB -> heatmaps."""
    whole = FromCrops(fold_batch_norm(copy.deepcopy(network).cpu().float().eval()), info)
    width, height = info.input_wh
    return from_torch(whole, torch.zeros((1, height, width, 3), dtype=torch.uint8))


def from_torch(network: nn.Module, example: Tensor) -> Any:
    """A network in eval mode, on the CPU, as OpenVINO's model of any batch and size; `example` is an input of it.

    The network learns no more: its weights are constants of what is traced.
    """
    load_openvino()
    from openvino.frontend import FrontEndManager
    from openvino.frontend.pytorch.ts_decoder import TorchScriptPythonDecoder

    with torch.no_grad(), torch.autocast("cpu", enabled=False):
        network.requires_grad_(False)
        # The graph alone: `torch.jit.trace` makes a script of each layer first, which takes longer than all the rest,
        # and keeps some of them, with their weights, until the process ends.
        graph, _ = torch._C._create_graph_by_tracing(
            lambda given: network(given), (example,), lambda _value: "", True, False, None, ["given"]
        )
        # The decoder must outlive the conversion. It asks a traced network for nothing but this.
        decoder = TorchScriptPythonDecoder(SimpleNamespace(inlined_graph=graph), example_input=(example,))
        frontend = FrontEndManager().load_by_framework("pytorch")
        return frontend.convert(frontend.load(decoder))
