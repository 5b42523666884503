"""`InferenceBackend`: what every way to run a network offers to `ppnet.estimator.PoseEstimator`."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from torch import nn

PRECISIONS = ("auto", "fp32", "bf16", "fp16", "int8")

LoadNetwork = Callable[[], "nn.Module"]
"""Gives a network, which is never changed. Who has all in the cache need not call it, and does without PyTorch."""

Crops = npt.NDArray[np.uint8]
Heatmaps = npt.NDArray[np.float32]


class InferenceBackend(Protocol):
    """One network made ready for one device."""

    @property
    def device_name(self) -> str:
        """What the network runs on, for people: `cpu`, `cpu (OpenVINO)`, `mps` or `cuda:0 (name of the card)`."""
        ...

    @property
    def precision(self) -> str:
        """The number format really used: fp32, bf16, fp16 or int8."""
        ...

    @property
    def most_crops(self) -> int:
        """How many crops may go through at once."""
        ...

    def heatmaps(self, crops: Crops) -> Heatmaps:
        """Last heatmaps (N, K, H/4, W/4) of crops (N, H, W, 3) uint8 RGB, N from 1.

        RuntimeError when the network can't take crops of this size, MemoryError when so many don't fit the memory.
        """
        ...

    def features(self, crops: Crops) -> list[list[Heatmaps]]:
        """Features (C, h, w) of the first crop, [module][branch]; empty where the backend can't show them."""
        ...
