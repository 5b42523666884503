"""The state of a training run on disk: written whole or not at all, resumed exactly to the step."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ppnet.errors import CheckpointError


@dataclass
class RunningMean:
    """Exponential moving average of a network's weights and batch-norm statistics."""

    decay: float
    tensors: dict[str, Tensor]

    @classmethod
    def of(cls, network: nn.Module, decay: float) -> "RunningMean":
        """Starts at the network's present values."""
        return cls(decay, {name: value.detach().clone() for name, value in network.state_dict().items()})

    @torch.no_grad()
    def update(self, network: nn.Module, step: int) -> None:
        """Move towards the network; early steps move faster, so that the start is soon forgotten."""
        decay = min(self.decay, (1 + step) / (10 + step))
        for name, value in network.state_dict().items():
            if value.dtype.is_floating_point:
                self.tensors[name].lerp_(value.detach(), 1 - decay)
            else:
                self.tensors[name].copy_(value)


def save_atomic(content: dict[str, Any], path: Path) -> None:
    """`torch.save` beside the file, flushed to the disk, then renamed: never half a checkpoint."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    with partial.open("wb") as file:
        torch.save(content, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(partial, path)


def load_state(path: Path) -> dict[str, Any]:
    """A run's state. CheckpointError when it is missing or not one."""
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise CheckpointError(f"{path} does not exist; start the run without --resume.") from error
    except Exception as error:  # torch raises many kinds for damaged files
        raise CheckpointError(f"{path} is damaged or not a training state; remove it and start again.") from error
    if not isinstance(content, dict) or "step" not in content:
        raise CheckpointError(f"{path} is not a training state; name the state.pt of a run.")
    return content
