"""PyTorch as a backend: any network on any device, batch norm folded, in fp32, bf16 or fp16."""

import numpy as np
import torch
from torch import Tensor, nn

from ppnet.checkpoint_info import CheckpointInfo
from ppnet.device import choose_device, choose_precision, describe, precision_name
from ppnet.errors import as_memory_errors
from ppnet.inference.backend import Crops, Heatmaps
from ppnet.inference.cuda_graphs import GraphedForward
from ppnet.inference.normalise import Normalise
from ppnet.networks.folded import for_inference

MOST_CROPS = {"cpu": 16, "cuda": 256, "mps": 64}


class TorchBackend:
    """network: forward (N, 3, H, W) -> list of heatmaps, the last one counts; a copy is made.

    info: what its weights were trained for. device: auto, cpu, cuda, cuda:1, mps; on CUDA it runs by graphs
    (`ppnet.inference.cuda_graphs`). precision: auto, fp32, bf16, fp16 (`ppnet.device`). UserError when the device isn't
    there.
    """

    def __init__(
        self, network: nn.Module, info: CheckpointInfo, *, device: str = "auto", precision: str = "auto"
    ) -> None:
        self.device = choose_device(device)
        self.dtype = choose_precision(self.device, precision)
        self.network = for_inference(network, self.device, self.dtype)
        self._normalise = Normalise(info.mean, info.std).to(self.device)
        self._run = GraphedForward(self._last_heatmaps) if self.device.type == "cuda" else self._last_heatmaps

    @property
    def device_name(self) -> str:
        """See `InferenceBackend`."""
        return describe(self.device)

    @property
    def precision(self) -> str:
        """See `InferenceBackend`."""
        return precision_name(self.dtype)

    @property
    def most_crops(self) -> int:
        """See `InferenceBackend`."""
        return MOST_CROPS.get(self.device.type, 32)

    @torch.inference_mode()
    def heatmaps(self, crops: Crops) -> Heatmaps:
        """See `InferenceBackend`."""
        try:
            with as_memory_errors():
                found: Heatmaps = self._run(_tensor(crops)).cpu().numpy()
        except MemoryError:
            if self.device.type == "cuda":
                torch.cuda.empty_cache()
            raise
        return found

    @torch.inference_mode()
    def features(self, crops: Crops) -> list[list[Heatmaps]]:
        """See `InferenceBackend`; empty for networks without pyramid branches."""
        inspect = getattr(self.network, "inspect", None)
        if inspect is None:
            return []
        modules = inspect(self._pixels(_tensor(crops[:1])))[1]
        return [[branch[0].float().cpu().numpy() for branch in module] for module in modules]

    def _last_heatmaps(self, crops: Tensor) -> Tensor:
        heatmaps: Tensor = self.network(self._pixels(crops))[-1]
        return heatmaps.float()

    def _pixels(self, crops: Tensor) -> Tensor:
        pixels: Tensor = self._normalise(crops.to(self.device)).to(self.dtype)
        return pixels.contiguous(memory_format=torch.channels_last)


def _tensor(crops: Crops) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(crops))
