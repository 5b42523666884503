"""OpenVINO as a backend on CPUs: every crop a request of its own, several at once."""

import hashlib
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

import ppnet
from ppnet.cache import cached_file, replacing
from ppnet.checkpoint_info import CheckpointInfo
from ppnet.cpu import cpu_has_bf16
from ppnet.errors import UserError, as_memory_errors
from ppnet.inference.backend import PRECISIONS, Crops, Heatmaps, LoadNetwork
from ppnet.inference.int8 import RULES, quantised
from ppnet.inference.probe import probe
from ppnet.openvino_runtime import compile_network, load_openvino, openvino_core
from ppnet.torch_build import torch_version

MODEL, DIGEST = "network.xml", "sha256"


class OpenVinoBackend:
    """A network of this program on the CPU.

    It is converted once; the converted file lies in the user's cache folder and is made again when the weights or a
    version change. Only then the network is loaded, and PyTorch with it. Weights in memory, without a digest, are
    converted each time.
    precision: auto (bf16 where the CPU computes in it, else fp32), fp32, bf16, or int8 (most convolutions in integers,
    the others as auto). UserError for another one.
    """

    device_name = "cpu (OpenVINO)"
    most_crops = 64

    def __init__(self, load: LoadNetwork, info: CheckpointInfo, *, precision: str = "auto") -> None:
        if precision not in PRECISIONS or precision == "fp16":
            raise UserError(f"OpenVINO computes in fp32, bf16 or int8 here, not in {precision}; choose one of them.")
        self.precision = _fast_floats() if precision == "auto" else precision
        self._model = _converted(load, info, in_int8=self.precision == "int8")
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


def _converted(load: LoadNetwork, info: CheckpointInfo, *, in_int8: bool) -> Any:
    """The network as OpenVINO's model, from the cache where it is there."""

    def convert() -> Any:
        if not in_int8:
            from ppnet.inference import openvino_conversion

            return openvino_conversion.from_network(load(), info)
        return quantised(_converted(load, info, in_int8=False), probe(info.input_wh))

    if not info.sha256:
        return convert()
    versions = (ppnet.__version__, torch_version(), load_openvino().__version__)
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
