"""OpenVINO as a backend on CPUs: every crop a request of its own, several at once."""

import copy
import hashlib
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

import ppnet
from ppnet.cache import cached_file, replacing
from ppnet.checkpoint_info import CheckpointInfo
from ppnet.device import PRECISIONS, cpu_has_bf16
from ppnet.errors import UserError, as_memory_errors
from ppnet.inference.backend import Crops, Heatmaps
from ppnet.inference.int8 import RULES, quantised
from ppnet.inference.normalise import Normalise
from ppnet.inference.probe import probe
from ppnet.networks.folded import fold_batch_norm
from ppnet.openvino_runtime import compile_network, load_openvino, openvino_core

MODEL, DIGEST = "network.xml", "sha256"


class OpenVinoBackend:
    """A network of this program on the CPU.

    It is converted once; the converted file lies in the user's cache folder and is made again when the weights or a
    version change. Weights in memory, without a digest, are converted each time.
    precision: auto (bf16 where the CPU computes in it, else fp32), fp32, bf16, or int8 (most convolutions in integers,
    the others as auto). UserError for another one.
    """

    device_name = "cpu (OpenVINO)"
    most_crops = 64

    def __init__(self, network: nn.Module, info: CheckpointInfo, *, precision: str = "auto") -> None:
        if precision not in PRECISIONS or precision == "fp16":
            raise UserError(f"OpenVINO computes in fp32, bf16 or int8 here, not in {precision}; choose one of them.")
        self.precision = _fast_floats() if precision == "auto" else precision
        self._model = _converted(network, info, in_int8=self.precision == "int8")
        self._threads = os.cpu_count() or 1
        self._compiled: dict[tuple[int, int, int], Any] = {}

    @as_memory_errors()
    def heatmaps(self, crops: Crops) -> Heatmaps:
        """See `InferenceBackend`."""
        # One crop is spread over all cores; of several each gets a share of them, which wastes less in waiting.
        streams = 1 if len(crops) == 1 else min(len(crops), max(2, self._threads // 4), self._threads)
        queue = self._queue(crops.shape[1], crops.shape[2], streams)
        found: list[Any] = [None] * len(crops)

        def keep(request: Any, index: int) -> None:
            found[index] = request.get_output_tensor().data.copy()

        queue.set_callback(keep)
        for index, crop in enumerate(np.ascontiguousarray(crops)):
            queue.start_async([crop[None]], index)
        queue.wait_all()
        return np.concatenate(found)

    def features(self, crops: Crops) -> list[list[Heatmaps]]:
        """See `InferenceBackend`; never shown."""
        return []

    def _queue(self, height: int, width: int, streams: int) -> Any:
        """Requests for crops of one size, compiled at first use."""
        key = (height, width, streams)
        if key not in self._compiled:
            model = self._model.clone()
            model.reshape([1, height, width, 3])
            floats = _fast_floats() if self.precision == "int8" else self.precision
            hint = "bf16" if floats == "bf16" else "f32"
            compiled = compile_network(model, hint, threads=self._threads, streams=streams)
            self._compiled[key] = load_openvino().AsyncInferQueue(compiled, streams)
        return self._compiled[key]


def _fast_floats() -> str:
    return "bf16" if cpu_has_bf16() else "fp32"


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


def _converted(network: nn.Module, info: CheckpointInfo, *, in_int8: bool) -> Any:
    """The network as OpenVINO's model, from the cache where it is there."""

    def convert() -> Any:
        if not in_int8:
            return _convert(network, info)
        return quantised(_converted(network, info, in_int8=False), probe(info.input_wh))

    if not info.sha256:
        return convert()
    versions = (ppnet.__version__, torch.__version__, load_openvino().__version__)
    folder = cached_file("openvino", (info.sha256, info.network, info.mean, info.std, in_int8 and RULES, *versions))
    with suppress(OSError, RuntimeError):  # missing: made again
        if (folder / DIGEST).read_bytes() == _digest(folder):
            return openvino_core().read_model(folder / MODEL)
    model = convert()
    with suppress(OSError, RuntimeError), replacing(folder) as fresh:  # one that cannot be written costs time only
        fresh.mkdir()
        load_openvino().serialize(model, fresh / MODEL)
        (fresh / DIGEST).write_bytes(_digest(fresh))
    return model


def _digest(folder: Path) -> bytes:
    """Of a converted network: weights that changed on the disk would go unnoticed otherwise."""
    digests = []
    for name in (MODEL, Path(MODEL).with_suffix(".bin")):
        with open(folder / name, "rb") as file:
            digests.append(hashlib.file_digest(file, "sha256").hexdigest())
    return " ".join(digests).encode()


def _convert(network: nn.Module, info: CheckpointInfo) -> Any:
    whole = FromCrops(fold_batch_norm(copy.deepcopy(network).cpu().float().eval()), info)
    width, height = info.input_wh
    return from_torch(whole, torch.zeros((1, height, width, 3), dtype=torch.uint8))


def from_torch(network: nn.Module, example: Tensor) -> Any:
    """A network in eval mode, on the CPU, as OpenVINO's model of any batch and size; `example` is an input of it."""
    load_openvino()
    from openvino.frontend import FrontEndManager
    from openvino.frontend.pytorch.ts_decoder import TorchScriptPythonDecoder

    with torch.no_grad(), torch.autocast("cpu", enabled=False):
        # The decoder must outlive the conversion. Tracing would go through the network three times more to compare.
        decoder = TorchScriptPythonDecoder(network, example_input=(example,), trace_kwargs={"check_trace": False})
        frontend = FrontEndManager().load_by_framework("pytorch")
        return frontend.convert(frontend.load(decoder))
