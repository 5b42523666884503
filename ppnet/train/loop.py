"""The training loop: one class that owns network, optimisers, running mean and step counter."""

import math
from collections.abc import Callable, Collection, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_

from ppnet.checkpoint_info import IMAGENET_MEAN, IMAGENET_STD
from ppnet.data.dataset import Crop
from ppnet.errors import TooLargeError, UserError, is_out_of_memory
from ppnet.inference.normalise import Normalise
from ppnet.networks.pyramid import STEM, PPNet
from ppnet.train.frozen_stem import FrozenStem
from ppnet.train.loss import heatmap_loss, make_targets
from ppnet.train.optimizer import Schedule, cosine_schedule, make_optimizers, step_schedule, with_warm_up
from ppnet.train.settings import TrainSettings
from ppnet.train.teacher import Teacher, mix_crops
from ppnet.train.training_state import RunningMean, load_state, save_atomic


@dataclass(frozen=True)
class StepReport:
    """What one step did. `loss` is this process's own; `gradient_norm` is before cutting."""

    step: int
    loss: float
    gradient_norm: float
    learning_rate: float


class Trainer:
    """Trains one network in place.

    `network` may be wrapped for several processes through `forward`; `network` itself keeps the published names.
    given: names of the tensors that come from elsewhere, for `freeze_init`.
    """

    def __init__(
        self,
        network: nn.Module,
        settings: TrainSettings,
        *,
        total_steps: int,
        steps_per_epoch: int,
        device: torch.device,
        forward: Callable[[Tensor], list[Tensor]] | None = None,
        teacher: Teacher | None = None,
        given: Collection[str] = (),
    ) -> None:
        self.network = network
        self.settings = settings
        self.device = device
        self.step = 0
        self.is_between_steps = True
        self.forward = network if forward is None else forward  # a compiled network has no truth value
        self._normalise = Normalise(IMAGENET_MEAN, IMAGENET_STD).to(device)
        self.teacher = teacher
        self._frozen = _frozen(network, settings, given)
        for name, parameter in network.named_parameters():
            parameter.requires_grad_(name not in self._frozen)
        if (
            isinstance(network, PPNet)
            and _stem(network) <= self._frozen
            and device.type == "cpu"
            and not settings.compile
        ):
            network.stem = FrozenStem(network, settings.precision)  # type: ignore[method-assign, assignment]
        self.optimizers = make_optimizers(
            network, settings.optimizer, learning_rate=settings.learning_rate, weight_decay=settings.weight_decay
        )
        self.schedule = _schedule(settings, total_steps, steps_per_epoch)
        self.mean = RunningMean.of(network, settings.ema) if settings.ema else None

    def train(self, batches: Iterator[Crop], steps: int) -> Iterator[StepReport]:
        """Take `steps` steps, reporting each. UserError at the first loss that is not a number."""
        self.network.train()
        for name, module in self.network.named_modules():
            if isinstance(module, nn.BatchNorm2d) and (self.settings.freeze_bn or f"{name}.weight" in self._frozen):
                module.eval()
        for _ in range(steps):
            batch = Crop(*next(batches))
            try:
                yield self._step(batch)
            except RuntimeError as error:
                if is_out_of_memory(error):
                    raise self._too_large(batch) from error
                raise

    def _too_large(self, batch: Crop) -> UserError:
        """The error for a batch that did not fit, naming the largest half, quarter, ... of it that does."""
        size = smaller = len(batch.image)
        while smaller := smaller // 2:
            if self._fits(Crop(*(part[:smaller] for part in batch))):
                break
        advice = f"--batch {smaller} fits" if smaller else "not even one person fits; use a smaller network or input"
        return TooLargeError(f"A batch of {size} does not fit in the memory of {self.device}: {advice}.")

    def _fits(self, batch: Crop) -> bool:
        try:
            self.loss(batch).backward()  # type: ignore[no-untyped-call]
        except RuntimeError as error:
            if not is_out_of_memory(error):
                raise
            return False
        finally:
            self.network.zero_grad(set_to_none=True)
            if self.device.type == "cuda":
                torch.cuda.empty_cache()
        return True

    def _step(self, batch: Crop) -> StepReport:
        self.is_between_steps = False
        rate = self.settings.learning_rate * self.schedule(self.step)
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = rate
            optimizer.zero_grad(set_to_none=True)
        loss = self.loss(batch)
        value = float(loss.detach())
        if not math.isfinite(value):
            raise UserError(
                f"The loss became {value} at step {self.step}; the run was stopped. "
                "Lower --lr, or continue from the last checkpoint with --resume."
            )
        loss.backward()  # type: ignore[no-untyped-call]
        limit = self.settings.clip_norm or math.inf
        norm = float(clip_grad_norm_(self.network.parameters(), limit))
        if not math.isfinite(norm):
            raise UserError(f"A gradient was not a number at step {self.step}; the run was stopped. Lower --lr.")
        for optimizer in self.optimizers:
            optimizer.step()
        self.step += 1
        if self.mean is not None:
            self.mean.update(self.network, self.step)
        self.is_between_steps = True
        return StepReport(self.step, value, norm, rate)

    def loss(self, batch: Crop) -> Tensor:
        """The loss of one batch, ready for `backward`."""
        settings, crops = self.settings, batch.image
        keypoints, weights, absent = (part.to(self.device, non_blocking=True) for part in batch[1:])
        if settings.mix:
            crops, mixed = mix_crops(crops, settings.mix, np.random.default_rng([settings.seed, self.step]))
            labelled = ~mixed.to(self.device)[:, None]
            weights, absent = weights * labelled, absent & labelled
        images = self._normalise(crops.to(self.device, non_blocking=True))
        images = images if settings.channels_last else images.contiguous()
        height, width = crops.shape[1:3]
        codec = replace(settings.codec, input_wh=(width, height))
        targets, weights, absent = make_targets(keypoints, weights, absent, codec)
        with self._autocast():
            outputs = self.forward(images)
        loss = heatmap_loss(outputs, targets, weights, absent, settings.loss)
        if self.teacher is not None:
            answer = self.teacher.heatmaps(crops, codec).to(self.device)
            every = torch.ones_like(weights)
            taught = heatmap_loss(outputs, answer, every, torch.zeros_like(every), settings.loss)
            loss = torch.lerp(loss, taught, settings.distill)
        return loss

    def _autocast(self) -> Any:
        if self.settings.precision == "fp32":
            return nullcontext()
        return torch.autocast(self.device.type, torch.bfloat16)

    def evaluated_weights(self) -> dict[str, Tensor]:
        """The weights to evaluate and ship: the running mean where there is one."""
        return self.mean.tensors if self.mean is not None else self.network.state_dict()

    def save(self, path: Path) -> None:
        """Everything needed to go on exactly here."""
        content = {
            "step": self.step,
            "network": self.network.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "mean": None if self.mean is None else self.mean.tensors,
            "settings": self.settings.as_json(),
        }
        save_atomic(content, path)

    def load(self, path: Path) -> None:
        """Go on where `save` was called. UserError when the state is of another network, optimiser or joint set, or
        other layers learn."""
        content = load_state(path)
        kept, own = content["settings"], self.settings.as_json()
        if any(kept[name] != own[name] for name in ("network", "optimizer", "skeleton")):
            raise UserError(
                f"{path} is a run of {kept['network']} with {kept['optimizer']} and the joints of "
                f"{kept['skeleton']}; resume it with the same."
            )
        self.network.load_state_dict(content["network"])
        try:
            for optimizer, state in zip(self.optimizers, content["optimizers"], strict=True):
                optimizer.load_state_dict(state)
        except ValueError as error:
            raise UserError(
                f"{path} is a run in which other layers learn; resume it with the same --freeze-stem, --freeze-init "
                "and --init."
            ) from error
        if self.mean is not None and content["mean"] is not None:
            self.mean.tensors = {name: value.to(self.device) for name, value in content["mean"].items()}
        self.step = int(content["step"])


def _frozen(network: nn.Module, settings: TrainSettings, given: Collection[str]) -> frozenset[str]:
    """Names of the tensors that keep their values. UserError where the network or the run has no such part."""
    if settings.freeze_init:
        if not given:
            raise UserError("--freeze-init needs --init: the weights that are to stay as they are.")
        kept = frozenset(given)
        if all(name in kept for name, _ in network.named_parameters()):
            raise UserError("With --freeze-init nothing is left to learn: --init gives the whole network.")
        return kept
    if not settings.freeze_stem:
        return frozenset()
    if not isinstance(network, PPNet):
        raise UserError("--freeze-stem needs a PPNet; leave it out for other networks.")
    return _stem(network)


def _stem(network: PPNet) -> frozenset[str]:
    """Names of the tensors before the pyramid."""
    return frozenset(name for name in network.state_dict() if name.split(".")[0] in STEM)


def _schedule(settings: TrainSettings, total_steps: int, steps_per_epoch: int) -> Schedule:
    if settings.schedule == "cosine":
        schedule = cosine_schedule(total_steps)
    else:
        schedule = step_schedule(tuple(epoch * steps_per_epoch for epoch in settings.milestones))
    return with_warm_up(schedule, settings.warm_up_steps) if settings.warm_up_steps else schedule
