"""One network under test: its forward pass as the program runs it, its training step, and the memory they take."""

import os
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from ppnet.networks.cost import Cost, cost_by_name
from ppnet.networks.folded import for_inference
from ppnet.networks.table import build

Mode = Literal["forward", "train"]


@dataclass(frozen=True)
class Setting:
    """What all networks of one run share. input_wh: width, height; dtype: number format of the convolutions."""

    device: torch.device
    dtype: torch.dtype
    input_wh: tuple[int, int] = (192, 256)
    keypoints: int = 17


class Subject:
    """A network with random weights of the usual size (tiny ones would make denormal numbers, which are slow).

    The forward pass has batch norm folded into the convolutions and runs in the setting's number format. The training
    step is forward, squared error of all heatmaps, backward and an RMSProp update (the paper's optimiser) on fp32
    weights, with autocast where the format is another.
    """

    def __init__(self, name: str, setting: Setting) -> None:
        self.name, self.setting = name, setting
        self.cost: Cost = cost_by_name(name, setting.input_wh, setting.keypoints)
        self._images: dict[tuple[int, torch.dtype], Tensor] = {}
        network = build(name, setting.keypoints)
        for parameter in network.parameters():
            if parameter.dim() == 4:
                nn.init.kaiming_normal_(parameter, nonlinearity="relu")
        self._ready = for_inference(network, setting.device, setting.dtype)
        self._network: nn.Module = network.to(setting.device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._optimizer = torch.optim.RMSprop(self._network.parameters(), lr=1e-6, alpha=0.99)

    def prepare(self, mode: Mode, batch: int) -> None:
        """Make the crops for `run`, whose time is then the network's alone."""
        self._image(batch, self.setting.dtype if mode == "forward" else torch.float32)
        synchronize(self.setting.device)

    def run(self, mode: Mode, batch: int) -> None:
        """One pass; returns when the device has finished it."""
        if mode == "forward":
            self._forward(batch)
        else:
            self._train(batch)
        synchronize(self.setting.device)

    def release(self) -> None:
        """Give the memory of crops, gradients and optimiser back."""
        self._optimizer.zero_grad(set_to_none=True)
        self._optimizer.state.clear()
        self._images.clear()

    def _image(self, batch: int, dtype: torch.dtype) -> Tensor:
        """The last one made is kept until `release`."""
        key = (batch, dtype)
        if key not in self._images:
            width, height = self.setting.input_wh
            generator = torch.Generator().manual_seed(0)
            image = torch.randn(batch, 3, height, width, generator=generator).to(self.setting.device, dtype)
            self._images = {key: image.contiguous(memory_format=torch.channels_last)}
        return self._images[key]

    def _forward(self, batch: int) -> None:
        with torch.inference_mode():
            self._ready(self._image(batch, self.setting.dtype))

    def _train(self, batch: int) -> None:
        setting = self.setting
        reduced = setting.dtype != torch.float32
        self._network.train()
        self._optimizer.zero_grad(set_to_none=True)
        with torch.autocast(setting.device.type, setting.dtype) if reduced else nullcontext():
            heatmaps = self._network(self._image(batch, torch.float32))
            target = torch.zeros_like(heatmaps[-1], dtype=torch.float32)
            loss = torch.stack([functional.mse_loss(heatmap.float(), target) for heatmap in heatmaps]).sum()
        loss.backward()  # type: ignore[no-untyped-call]
        self._optimizer.step()


def synchronize(device: torch.device) -> None:
    """Wait until the device has done what it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def peak_bytes(subject: Subject, mode: Mode, batch: int) -> int:
    """Largest memory that tensors take during one pass: features, gradients, the optimiser's; not the weights."""
    device = subject.setting.device
    subject.release()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
        before = torch.cuda.memory_allocated(device)
        torch.cuda.reset_peak_memory_stats(device)
        subject.run(mode, batch)
        return torch.cuda.max_memory_allocated(device) - before
    os.environ.setdefault("KINETO_LOG_LEVEL", "6")  # the profiler talks on stdout otherwise
    from torch.profiler import ProfilerActivity, profile

    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as recorded:
        subject.run(mode, batch)
    profiler = recorded.profiler
    results = None if profiler is None else profiler.kineto_results
    if results is None:
        return 0
    changes = [(event.start_ns(), event.nbytes()) for event in results.events() if event.name() == "[memory]"]
    return max(accumulate(size for _, size in sorted(changes, key=lambda change: change[0])), default=0)


def available_bytes(device: torch.device) -> int | None:
    """Free memory of the device; None where the system does not tell."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    try:
        for line in Path("/proc/meminfo").read_text("ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        pass
    return None


def fitting_batch(subject: Subject, mode: Mode, wanted: int, *, available: int | None = None) -> int:
    """The largest of `wanted`, half of it, a quarter, ... that fits the memory; 0 when not even one crop does.

    Known from passes with one and two crops, so that nothing is tried that would bring the machine to its knees. One
    fifth of the free memory is left alone. available: bytes, asked from the system unless given.
    """
    if available is None:
        available = available_bytes(subject.setting.device)
    if wanted <= 1 or available is None:
        return wanted
    one, two = (peak_bytes(subject, mode, batch) for batch in (1, 2))
    while wanted and one + (wanted - 1) * max(0, two - one) > 0.8 * available:
        wanted //= 2
    return wanted
