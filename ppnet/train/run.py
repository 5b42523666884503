"""One training run from start to end: data, steps, checkpoints, validation, logs; one process or many."""

import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TextIO

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from tqdm import tqdm

from ppnet.checkpoint import load_backbone, save
from ppnet.checkpoint_info import IMAGENET_MEAN, IMAGENET_STD, CheckpointInfo
from ppnet.data.dataset import BatchOrder, Crop, CropDataset, Source
from ppnet.data.loading import load_batches
from ppnet.data.samples import SampleSet
from ppnet.device import denormals_as_zero, prepare_cpu_for_training
from ppnet.errors import UserError
from ppnet.estimator import PoseEstimator
from ppnet.evaluate.coco import evaluate_coco
from ppnet.evaluate.pictures import save_sheet
from ppnet.networks.pyramid import PPNet
from ppnet.networks.table import build
from ppnet.skeleton import COCO_17, SKELETONS
from ppnet.stop_signals import StopSignal, stop_signals
from ppnet.train.growing import fill_new_modules
from ppnet.train.loop import StepReport, Trainer
from ppnet.train.settings import TrainSettings
from ppnet.train.teacher import Teacher, open_teacher

STATE, WEIGHTS, LOG, RECIPE = "state.pt", "latest.safetensors", "log.jsonl", "recipe.json"


@dataclass(frozen=True)
class RunOptions:
    """Where a run lives and how it looks after itself.

    init: weights to start from (any pose file or backbone that fits); teacher: the file of one, see `open_teacher`;
    teacher_gain: see `Teacher`.
    save_every, validate_every: steps. save_seconds: a save comes at least this often.
    workers: loading processes beside each training process.
    """

    folder: Path
    init: Path | None = None
    resume: bool = False
    teacher: Path | None = None
    teacher_gain: float = 1.0
    save_every: int = 200
    save_seconds: float | None = None
    validate_every: int = 1000
    workers: int = 0
    keep_images: bool = False
    quiet: bool = False
    tensorboard: bool = False
    terms: str = ""
    description: Sequence[str] = field(default_factory=tuple)


@dataclass(frozen=True)
class Processes:
    """This process among those of `torchrun`; alone by default."""

    rank: int = 0
    world: int = 1
    local_rank: int = 0
    # Kept from call to call. Gloo's thread may drop it last, and a tensor made in Python then waits for the lock that
    # whoever ends the group holds while waiting for that thread.
    answer: Tensor | None = None

    @classmethod
    def join(cls, device: torch.device) -> "Processes":
        """Meet the other processes where `torchrun` started some."""
        if int(os.environ.get("WORLD_SIZE", "1")) == 1:
            return cls()
        torch.distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
        local_rank = int(os.environ["LOCAL_RANK"])
        answer = torch.zeros((), device=torch.device("cuda", local_rank) if device.type == "cuda" else None)
        return cls(torch.distributed.get_rank(), torch.distributed.get_world_size(), local_rank, answer)

    def leave(self) -> None:
        """Part from the others, all at the same time: gloo's threads still answer the slower ones."""
        if self.world > 1:
            torch.distributed.barrier()
            torch.distributed.destroy_process_group()

    @property
    def leads(self) -> bool:
        """Whether this process writes files and shows progress."""
        return self.rank == 0

    def any_wants(self, wanted: bool) -> bool:
        """Whether it is true in any process; all must ask at the same time."""
        if self.answer is None:
            return wanted
        self.answer.fill_(float(wanted))
        torch.distributed.all_reduce(self.answer, torch.distributed.ReduceOp.MAX)
        return bool(self.answer.item())


@denormals_as_zero()
def train(
    settings: TrainSettings,
    run: RunOptions,
    sources: Sequence[Source],
    *,
    device: torch.device,
    validation: SampleSet | None = None,
) -> Path:
    """Train to the end (or on from the last state) and return the weights' path.

    Files in `run.folder`: the state, the weights (safetensors, running mean), a log with one json line per
    report, the recipe, and pictures of predictions. UserError when the folder holds another run and `resume` is off.
    """
    if device.type == "cpu":
        prepare_cpu_for_training()
    processes = Processes.join(device)
    if device.type == "cuda":
        device = torch.device("cuda", processes.local_rank)
    _check_folder(run)
    if validation is not None and (validation.skeleton != COCO_17 or SKELETONS[settings.skeleton] != COCO_17):
        raise UserError(
            "Only runs with COCO's joints are validated during training; leave out --val and evaluate afterwards."
        )
    torch.manual_seed(settings.seed)
    network, given = _network(settings, run, device)
    order = BatchOrder(
        sources,
        settings.batch,
        seed=settings.seed,
        size_shares=settings.input_shares,
        rank=processes.rank,
        world=processes.world,
    )
    total = _total_steps(settings, order, processes)
    trainer = Trainer(
        network,
        settings,
        total_steps=total,
        steps_per_epoch=order.steps_per_epoch,
        device=device,
        forward=_forward(network, settings, processes),
        teacher=_teacher(settings, run, device),
        given=given,
    )
    if run.resume:
        trainer.load(run.folder / STATE)
        order.first_step = trainer.step
    batches = _batches(settings, run, sources, order, pin=device.type == "cuda")
    validator = _validator(settings, run, validation, device) if validation is not None and processes.leads else None
    try:
        with stop_signals() as stop:
            _steps(trainer, batches, total, run, processes, validator, stop)
    except KeyboardInterrupt:  # in all of them, see `any_wants`
        processes.leave()
        raise
    finally:
        if processes.leads and trainer.step and trainer.is_between_steps:
            _save(trainer, run)
    processes.leave()
    return run.folder / WEIGHTS


def _steps(
    trainer: Trainer,
    batches: Iterator[Crop],
    total: int,
    run: RunOptions,
    processes: Processes,
    validator: Callable[[Trainer], dict[str, float]] | None,
    stop: StopSignal,
) -> None:
    samples_per_step = trainer.settings.batch * processes.world
    first = trainer.step
    with _Log(run, enabled=processes.leads) as log:
        saved_s = time.monotonic()
        bar = tqdm(total=total, initial=first, unit="step", disable=run.quiet or not processes.leads)
        while trainer.step < total:
            pause = min(_next(trainer.step, run.save_every), _next(trainer.step, run.validate_every), total)
            for report in trainer.train(batches, pause - trainer.step):
                bar.update()
                log.step(report, samples_per_step)
                bar.set_postfix(loss=f"{log.loss:.4g}", refresh=False)
                if processes.any_wants(stop.event.is_set()):
                    raise KeyboardInterrupt
                if run.save_seconds is not None and processes.leads and time.monotonic() - saved_s > run.save_seconds:
                    _save(trainer, run)
                    saved_s = time.monotonic()
            if processes.leads:
                _save(trainer, run)
                saved_s = time.monotonic()
            if validator is not None and (trainer.step % run.validate_every == 0 or trainer.step == total):
                log.validation(trainer.step, validator(trainer))
        bar.close()


def _next(step: int, every: int) -> int:
    return (step // every + 1) * every


def _check_folder(run: RunOptions) -> None:
    state = run.folder / STATE
    if state.exists() and not run.resume:
        raise UserError(f"{run.folder} already holds a run; add --resume to continue it, or name another --out.")
    run.folder.mkdir(parents=True, exist_ok=True)


def _network(settings: TrainSettings, run: RunOptions, device: torch.device) -> tuple[nn.Module, tuple[str, ...]]:
    """The network to begin with, and the names of the tensors that `run.init` gave."""
    network = build(settings.network, len(SKELETONS[settings.skeleton]))
    given: tuple[str, ...] = ()
    if run.init is not None:
        report = load_backbone(network, run.init)
        given = report.taken
        if isinstance(network, PPNet):
            fill_new_modules(network, given)
        if not run.quiet:
            tqdm.write(f"Started from {run.init}: {report}")
    layout = torch.channels_last if settings.channels_last else torch.contiguous_format
    return network.to(device, memory_format=layout), given  # type: ignore[call-overload]


def _teacher(settings: TrainSettings, run: RunOptions, device: torch.device) -> Teacher | None:
    if run.teacher is None:
        return None
    return open_teacher(run.teacher, len(SKELETONS[settings.skeleton]), gain=run.teacher_gain, device=device.type)


def _forward(network: nn.Module, settings: TrainSettings, processes: Processes) -> Callable[[Tensor], list[Tensor]]:
    forward: Any = network
    if processes.world > 1:
        forward = DistributedDataParallel(network, forward_sync_buffers=not settings.freeze_bn)
    return torch.compile(forward) if settings.compile else forward


def _total_steps(settings: TrainSettings, order: BatchOrder, processes: Processes) -> int:
    if settings.samples is not None:
        return max(1, settings.samples // (settings.batch * processes.world))
    return settings.epochs * order.steps_per_epoch


def _batches(
    settings: TrainSettings, run: RunOptions, sources: Sequence[Source], order: BatchOrder, *, pin: bool
) -> Iterator[Crop]:
    dataset = CropDataset(
        sources,
        settings.codecs,
        settings.augmentation,
        skeleton=SKELETONS[settings.skeleton],
        seed=settings.seed,
        keep_images=run.keep_images,
    )
    if run.keep_images and run.workers:
        dataset.preload()
    return load_batches(dataset, order, workers=run.workers, pin=pin)


def _info(trainer: Trainer, run: RunOptions) -> CheckpointInfo:
    settings = trainer.settings
    return CheckpointInfo(
        network=settings.network,
        input_wh=settings.codec.input_wh,
        skeleton=settings.skeleton,
        mean=IMAGENET_MEAN,
        std=IMAGENET_STD,
        codec_kind=settings.codec.kind,
        sigma=settings.codec.sigma,
        tolerances=settings.codec.tolerances,
        source=f"trained by ppnet train, step {trainer.step} of run {run.folder.name}",
        terms=run.terms,
    )


def _save(trainer: Trainer, run: RunOptions) -> None:
    trainer.save(run.folder / STATE)
    weights = build(trainer.settings.network, len(SKELETONS[trainer.settings.skeleton]))
    weights.load_state_dict(trainer.evaluated_weights())
    save(run.folder / WEIGHTS, weights, _info(trainer, run))
    recipe = {
        "step": trainer.step,
        "data": list(run.description),
        "init": None if run.init is None else run.init.name,
        "teacher": None if run.teacher is None else {"file": run.teacher.name, "gain": run.teacher_gain},
        "settings": trainer.settings.as_json(),
    }
    (run.folder / RECIPE).write_text(json.dumps(recipe, indent=1, default=str) + "\n", encoding="utf-8")


def _validator(
    settings: TrainSettings, run: RunOptions, people: SampleSet, device: torch.device
) -> Callable[[Trainer], dict[str, float]]:
    """Accuracy of the running mean on `people`, and a sheet of its predictions."""
    network = build(settings.network, len(SKELETONS[settings.skeleton]))

    def validate(trainer: Trainer) -> dict[str, float]:
        network.load_state_dict(trainer.evaluated_weights())
        estimator = PoseEstimator.from_network(
            network, _info(trainer, run), device=str(device), precision=settings.precision
        )
        evaluation = evaluate_coco(estimator, people)
        count = min(24, len(people))
        shown = replace(people, samples=people.samples[:count])
        save_sheet(run.folder / "predictions" / f"{trainer.step:07d}.jpg", shown, evaluation.poses, settings.codec)
        return dict(evaluation.scores.figures)

    return validate


class _Log:
    """One json line per report; the mean loss since the last one; TensorBoard when asked."""

    def __init__(self, run: RunOptions, *, enabled: bool, every: int = 50) -> None:
        self.loss = float("nan")
        self._every = every
        self._run = run
        self._enabled = enabled
        self._file: TextIO | None = None
        self._board: Any = None

    def __enter__(self) -> "_Log":
        if self._enabled:
            self._file = (self._run.folder / LOG).open("a", encoding="utf-8")
            if self._run.tensorboard:
                from torch.utils.tensorboard import SummaryWriter

                self._board = SummaryWriter(str(self._run.folder / "tensorboard"))
        return self

    def __exit__(self, *exc: object) -> None:
        if self._file is not None:
            self._file.close()
        if self._board is not None:
            self._board.close()

    def step(self, report: StepReport, samples_per_step: int) -> None:
        """Note one step."""
        self.loss = report.loss if self.loss != self.loss else 0.98 * self.loss + 0.02 * report.loss
        if report.step % self._every == 0:
            self._write(
                report.step,
                {
                    "loss": self.loss,
                    "gradient_norm": report.gradient_norm,
                    "learning_rate": report.learning_rate,
                    "samples": report.step * samples_per_step,
                },
            )

    def validation(self, step: int, figures: dict[str, float]) -> None:
        """Note an evaluation."""
        self._write(step, figures)
        if self._enabled and not self._run.quiet:
            tqdm.write(f"step {step}: AP {figures['AP']:.3f}  AP50 {figures['AP50']:.3f}")

    def _write(self, step: int, values: dict[str, float]) -> None:
        if self._file is None:
            return
        self._file.write(json.dumps({"step": step, **values}) + "\n")
        self._file.flush()
        if self._board is not None:
            for name, value in values.items():
                self._board.add_scalar(name, value, step)
