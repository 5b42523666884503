"""The ways to run one network's weights side by side: crops per second against fp32 PyTorch, joints against its."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from time import perf_counter
from typing import Any

import torch

from ppnet.benchmark.measure import Key, Passes, Timing, interleaved
from ppnet.checkpoint import load_checkpoint
from ppnet.checkpoint_info import CheckpointInfo
from ppnet.cpu import cpu_has_bf16
from ppnet.inference.backend import Crops, InferenceBackend
from ppnet.inference.backend_choice import distance_px
from ppnet.inference.openvino_backend import OpenVinoBackend
from ppnet.inference.probe import probe
from ppnet.inference.torch_backend import TorchBackend
from ppnet.weights import find_weights, shipped_weights

EXACT = "PyTorch fp32"


@dataclass(frozen=True)
class BackendResult:
    """One backend: by batch its timing, and how far its sure keypoints lie from those of fp32, pixels of the crop."""

    name: str
    timings: dict[int, Timing]
    distance_px: float


def measure_backends(
    weights: str | None,
    device: torch.device,
    batches: Sequence[int],
    *,
    rounds: int,
    progress: Callable[[str], None] = lambda text: None,
) -> tuple[CheckpointInfo, list[BackendResult]]:
    """Every backend and number format that the device has, in turn, from crops in memory to heatmaps in memory.

    weights: file or name; None: the shipped ones. PyTorch in fp32, run eagerly, is the first. CheckpointError when
    there are no such weights.
    """
    network, info = load_checkpoint(shipped_weights() if weights is None else find_weights(weights))
    backends = _backends(network, info, device)
    people = probe(info.input_wh)
    answers = {name: backend.heatmaps(people) for name, backend in backends.items()}
    distances = {name: distance_px(found, answers[EXACT], info) for name, found in answers.items()}
    passes: dict[Key, Passes] = {}
    for batch in batches:
        for name, backend in backends.items():
            passes[name, f"batch {batch}"] = run = partial(_seconds, backend, _crops(people, batch))
            run(1)  # some make themselves ready at the first pass of a size
    seconds = interleaved(passes, rounds, progress)
    timings = {name: {batch: Timing(batch, seconds[name, f"batch {batch}"]) for batch in batches} for name in backends}
    return info, [BackendResult(name, timings[name], distances[name]) for name in backends]


def backend_table(results: Sequence[BackendResult]) -> str:
    """One line per backend: ms a crop, median and best round, and how many times as many crops per second as fp32."""
    batches = list(results[0].timings)
    heads = ["backend"]
    for batch in batches:
        heads += [f"batch {batch}: ms a crop (best)", "crops/s", "ratio (of the best)"]
    lines = [[*heads, "keypoints moved, px"], ["---", *["---:"] * len(heads)]]
    for result in results:
        cells = [result.name]
        for batch in batches:
            own, exact = result.timings[batch], results[0].timings[batch]
            best = min(exact.seconds) / min(own.seconds)
            cells += [
                f"{1000 * own.median_s / batch:.1f} ({1000 * min(own.seconds) / batch:.1f})",
                f"{own.people_per_s:.1f}",
                f"{exact.median_s / own.median_s:.2f} ({best:.2f})",
            ]
        lines.append([*cells, f"{result.distance_px:.2f}"])
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def as_json(results: Sequence[BackendResult], facts: dict[str, Any]) -> dict[str, Any]:
    """Every round of every backend."""
    return {"machine": facts, "backends": [asdict(result) for result in results]}


def _backends(network: torch.nn.Module, info: CheckpointInfo, device: torch.device) -> dict[str, InferenceBackend]:
    on_cpu = device.type == "cpu"
    formats = [*(["bf16"] if not on_cpu or cpu_has_bf16() else []), *(["fp16"] if not on_cpu else [])]
    found: dict[str, InferenceBackend] = {
        f"PyTorch {precision}": TorchBackend(network, info, device=str(device), precision=precision)
        for precision in ("fp32", *formats)
    }
    if on_cpu:
        for precision in ("fp32", *formats, "int8"):
            found[f"OpenVINO {precision}"] = OpenVinoBackend(lambda: network, info, precision=precision)
    return found


def _crops(people: Crops, batch: int) -> Crops:
    return people[[number % len(people) for number in range(batch)]]


def _seconds(backend: InferenceBackend, crops: Crops, repeats: int) -> float:
    began = perf_counter()
    for _ in range(repeats):
        backend.heatmaps(crops)
    return (perf_counter() - began) / repeats
