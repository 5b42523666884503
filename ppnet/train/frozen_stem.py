"""A stem that training leaves alone, run as it will run later: folded, by OpenVINO, in half the time or less."""

import copy
from typing import Any

import torch
from torch import Tensor, nn

from ppnet.cpu import cpu_has_bf16
from ppnet.inference.openvino_conversion import from_torch
from ppnet.networks.folded import fold_batch_norm
from ppnet.networks.pyramid import STEM, PPNet
from ppnet.openvino_runtime import compile_network


class FrozenStem:
    """Takes the place of `PPNet.stem` on a CPU: (N, 3, H, W) -> (N, 256, H/4, W/4), channels last, without gradients.

    The weights are read at the first call. `precision`: that of the run, fp32 or bf16.
    """

    def __init__(self, network: PPNet, precision: str) -> None:
        self._network = network
        self._bf16 = precision == "bf16" and cpu_has_bf16()
        self._model: Any = None
        self._requests: dict[tuple[int, ...], Any] = {}

    def __call__(self, images: Tensor) -> Tensor:
        """See the class."""
        pictures = images.permute(0, 2, 3, 1).contiguous()
        shape = tuple(pictures.shape)
        if shape not in self._requests:
            self._requests[shape] = self._request(shape)
        request = self._requests[shape]
        request.infer([pictures.numpy()], share_inputs=True)
        features = torch.from_numpy(request.get_output_tensor().data)  # the next call overwrites it
        return (features.bfloat16() if self._bf16 else features.clone()).permute(0, 3, 1, 2)

    def _request(self, shape: tuple[int, ...]) -> Any:
        if self._model is None:
            stem = fold_batch_norm(_ChannelsLast(self._network).eval())
            self._model = from_torch(stem, torch.zeros(1, *shape[1:]))
        model = self._model.clone()
        model.reshape(list(shape))
        precision = "bf16" if self._bf16 else "f32"
        return compile_network(model, precision, threads=torch.get_num_threads()).create_infer_request()


class _ChannelsLast(nn.Module):
    """A copy of the stem whose pictures and features lie as they do in training."""

    def __init__(self, network: PPNet) -> None:
        super().__init__()
        for name in STEM:
            self.add_module(name, copy.deepcopy(getattr(network, name)))

    def forward(self, images: Tensor) -> Tensor:
        return PPNet.stem(self, images.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)  # type: ignore[arg-type]
