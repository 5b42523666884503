"""Interleaved timing: every round runs every network once, so that a busy moment hits all of them alike."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from time import perf_counter

import torch

from ppnet.benchmark.subject import Mode, Setting, Subject, fitting_batch, peak_bytes
from ppnet.device import denormals_as_zero
from ppnet.errors import UserError
from ppnet.networks.table import NETWORKS

SHORTEST_S = 0.05  # a measurement repeats its pass until it lasts that long
Progress = Callable[[str], None]
Key = tuple[str, str]
"""What is measured: its name and the case."""
Passes = Callable[[int], float]
"""Makes so many passes in a row; seconds of one of them."""


@dataclass(frozen=True)
class Timing:
    """Seconds per pass, one value per round."""

    batch: int
    seconds: tuple[float, ...]

    @property
    def median_s(self) -> float:
        """The middle one."""
        return statistics.median(self.seconds)

    @property
    def spread(self) -> float:
        """Half the distance between the quartiles, as a share of the median; 0 with a single round."""
        if len(self.seconds) < 2:
            return 0.0
        low, _, high = statistics.quantiles(self.seconds, n=4, method="inclusive")
        return (high - low) / 2 / self.median_s

    @property
    def people_per_s(self) -> float:
        """Crops per second."""
        return self.batch / self.median_s


@dataclass(frozen=True)
class Result:
    """One network: cost, and by `mode batch` (e.g. "forward 32") its timing and its memory beside the weights.

    `batches` says which batch was taken where the one asked for did not fit the memory.
    """

    name: str
    group: str
    parameters: int
    macs: int
    paper_gflops: float
    timings: dict[str, Timing]
    memory_bytes: dict[str, int]


def case_name(mode: Mode, batch: int) -> str:
    """Name of a case in `Result`, by the batch that was asked for."""
    return f"{mode} {batch}"


@denormals_as_zero()
def measure(
    names: Sequence[str],
    setting: Setting,
    cases: Sequence[tuple[Mode, int]],
    *,
    rounds: int,
    progress: Progress = lambda text: None,
) -> list[Result]:
    """Time all networks in all cases; one untimed pass each first.

    UserError when a network cannot take the input, or one crop does not fit the memory.
    """
    subjects = [_subject(name, setting) for name in names]
    memory: dict[Key, int] = {}
    batches: dict[Key, int] = {}
    passes: dict[Key, Passes] = {}
    for mode, wanted in cases:
        for subject in subjects:
            key = subject.name, case_name(mode, wanted)
            batches[key] = _batch(subject, mode, wanted, progress)
            memory[key] = peak_bytes(subject, mode, batches[key])
            passes[key] = partial(_seconds, subject, mode, batches[key])
    timings = {key: Timing(batches[key], seconds) for key, seconds in interleaved(passes, rounds, progress).items()}
    return [_result(subject, timings, memory) for subject in subjects]


def interleaved(passes: Mapping[Key, Passes], rounds: int, progress: Progress) -> dict[Key, tuple[float, ...]]:
    """Seconds of a pass, one value per round. Every round runs all of them, each beginning with another one; before
    the first each is run once, untimed."""
    repeats, keys = {}, list(passes)
    for key, run in passes.items():
        first = run(1)
        repeats[key] = max(1, round(SHORTEST_S / first))
        progress(f"{' '.join(key)}: first pass {first:.3f} s")
    seconds: dict[Key, tuple[float, ...]] = dict.fromkeys(passes, ())
    for number in range(rounds):
        start = number % len(keys)
        for key in (*keys[start:], *keys[:start]):
            seconds[key] += (passes[key](repeats[key]),)
        progress(f"round {number + 1} of {rounds} done")
    return seconds


def _subject(name: str, setting: Setting) -> Subject:
    try:
        return Subject(name, setting)
    except (ValueError, RuntimeError) as error:
        width, height = setting.input_wh
        raise UserError(f"{name} cannot take an input of {height}x{width}; leave it out with --networks.") from error


def _batch(subject: Subject, mode: Mode, wanted: int, progress: Progress) -> int:
    batch = fitting_batch(subject, mode, wanted)
    if batch == 0:
        raise UserError(f"Not even one crop of {subject.name} fits in memory ({mode}); leave it out with --networks.")
    if batch < wanted:
        progress(f"{subject.name}: a batch of {wanted} does not fit in memory ({mode}); {batch} does and is used")
    return batch


def _seconds(subject: Subject, mode: Mode, batch: int, repeats: int) -> float:
    if mode == "train":  # gradients and the optimiser's memory are made again, outside the measurement
        subject.run(mode, 1)
    subject.prepare(mode, batch)
    start = perf_counter()
    for _ in range(repeats):
        subject.run(mode, batch)
    seconds = (perf_counter() - start) / repeats
    subject.release()
    return seconds


def _result(subject: Subject, timings: Mapping[Key, Timing], memory: Mapping[Key, int]) -> Result:
    own = [key for key in timings if key[0] == subject.name]
    entry = NETWORKS.get(subject.name)
    return Result(
        name=subject.name,
        group=entry.group if entry else "PPNet",
        parameters=subject.cost.parameters,
        macs=subject.cost.macs,
        paper_gflops=subject.cost.paper_gflops,
        timings={key[1]: timings[key] for key in own},
        memory_bytes={key[1]: memory[key] for key in own},
    )


def limit_threads(threads: int | None) -> int:
    """Set, if given, and tell the number of threads of a CPU run."""
    if threads is not None:
        torch.set_num_threads(threads)
    return torch.get_num_threads()
