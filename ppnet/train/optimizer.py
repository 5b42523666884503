"""Optimisers by name, learning-rate schedules, and Muon for convolutions."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn

from ppnet.cpu import cpu_has_bf16

Schedule = Callable[[int], float]


def orthogonalise(matrices: Tensor, *, steps: int = 5) -> Tensor:
    """Nearest semi-orthogonal matrices to a batch (B, rows, columns), by a quintic Newton-Schulz iteration.

    Singular values end between about 0.7 and 1.2, which is near enough (Jordan et al., Muon, 2024).
    """
    a, b, c = 3.4445, -4.7750, 2.0315
    tall = matrices.shape[1] > matrices.shape[2]
    fast_bf16 = matrices.device.type != "cpu" or cpu_has_bf16()  # a direction needs no more digits
    x = (matrices.transpose(1, 2) if tall else matrices).to(torch.bfloat16 if fast_bf16 else torch.float32)
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(steps):
        gram = x @ x.transpose(1, 2)
        x = a * x + (b * gram + c * gram @ gram) @ x
    return (x.transpose(1, 2) if tall else x).to(matrices.dtype)


class Muon(torch.optim.Optimizer):
    """Momentum whose update of every convolution is orthogonalised; biases and norms go to AdamW beside it.

    Weights of one shape are stacked, so that a step costs a few batched products. The update of a
    (rows, columns) matrix is scaled by 0.2 sqrt(max(rows, columns)), which gives it AdamW's usual size, so that
    learning rate and weight decay mean the same for both (Liu et al., 2025).
    """

    def __init__(
        self, params: Iterable[Tensor], lr: float, *, momentum: float = 0.95, weight_decay: float = 0.0
    ) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        """One update."""
        for group in self.param_groups:
            by_shape: dict[tuple[int, int], list[tuple[Tensor, Tensor]]] = defaultdict(list)
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                state = self.state[parameter]
                if "momentum" not in state:
                    state["momentum"] = torch.zeros_like(parameter, memory_format=torch.contiguous_format)
                momentum = state["momentum"]
                momentum.mul_(group["momentum"]).add_(parameter.grad)
                update = (parameter.grad + group["momentum"] * momentum).flatten(1)
                by_shape[update.shape[0], update.shape[1]].append((parameter, update))
            for (rows, columns), entries in by_shape.items():
                updates = orthogonalise(torch.stack([update for _, update in entries]))
                scale = 0.2 * math.sqrt(max(rows, columns))
                for (parameter, _), update in zip(entries, updates, strict=True):
                    parameter.mul_(1 - group["lr"] * group["weight_decay"])
                    parameter.add_(update.view(parameter.shape), alpha=-group["lr"] * scale)


def make_optimizers(
    network: nn.Module, name: str, *, learning_rate: float, weight_decay: float
) -> list[torch.optim.Optimizer]:
    """`rmsprop` (the paper: alpha 0.99, no momentum), `adam`, `adamw`, or `muon` (with AdamW for all but convolutions).

    Weight decay never touches biases and batch norm. ValueError for other names.
    """
    parameters = [p for p in network.parameters() if p.requires_grad]
    matrices = [p for p in parameters if p.ndim > 1]
    vectors = [p for p in parameters if p.ndim <= 1]
    groups = [{"params": matrices, "weight_decay": weight_decay}, {"params": vectors, "weight_decay": 0.0}]
    if name == "rmsprop":
        return [torch.optim.RMSprop(groups, lr=learning_rate, alpha=0.99)]
    if name == "adam":
        return [torch.optim.Adam(groups, lr=learning_rate)]
    if name == "adamw":
        return [torch.optim.AdamW(groups, lr=learning_rate)]
    if name == "muon":
        return [
            Muon(matrices, learning_rate, weight_decay=weight_decay),
            torch.optim.AdamW(vectors, lr=learning_rate, weight_decay=0.0),
        ]
    raise ValueError(f"optimizer must be rmsprop, adam, adamw or muon, got {name!r}")


def step_schedule(milestones: tuple[int, ...], *, factor: float = 0.1) -> Schedule:
    """Times `factor` from each milestone (steps) on."""
    return lambda step: factor ** sum(step >= milestone for milestone in milestones)


def cosine_schedule(steps: int, *, final: float = 0.02) -> Schedule:
    """Half a cosine from 1 down to `final` at `steps`."""

    def factor(step: int) -> float:
        share = min(1.0, step / max(1, steps))
        return final + (1 - final) * (1 + math.cos(math.pi * share)) / 2

    return factor


def with_warm_up(schedule: Schedule, steps: int) -> Schedule:
    """Rise linearly to the schedule over the first `steps`."""
    return lambda step: schedule(step) * min(1.0, (step + 1) / max(1, steps))
