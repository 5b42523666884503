"""Which backend runs a network on this machine: the one that is asked for, or the fastest that answers alike."""

import json
import logging
import os
import platform
import statistics
import time
from contextlib import suppress

import numpy as np

import ppnet
from ppnet.cache import cached_file, write_whole
from ppnet.checkpoint_info import CheckpointInfo
from ppnet.codec import Codec
from ppnet.cpu import cpu_name
from ppnet.errors import UserError
from ppnet.inference.backend import Heatmaps, InferenceBackend, LoadNetwork
from ppnet.inference.int8 import RULES
from ppnet.inference.measuring import measuring
from ppnet.inference.openvino_backend import OpenVinoBackend
from ppnet.inference.probe import probe
from ppnet.openvino_runtime import load_openvino
from ppnet.torch_build import available_devices, torch_version

BACKENDS = ("auto", "torch", "openvino")
CANDIDATES = {"torch": ("torch", "auto"), "openvino": ("openvino", "auto"), "openvino int8": ("openvino", "int8")}
"""What `auto` chooses from: backend and precision, where no precision is asked for."""
BACKEND_VARIABLE = "PPNET_LIVE_BACKEND"  # what `auto` means where it is set: runs that must not depend on the machine
SURE_SCORE = 0.3
MOST_MOVED = 0.5  # mean distance in pixels of the crop by which sure keypoints may move from those of fp32
SECONDS = 3.0
ROUNDS = 9

log = logging.getLogger(__name__)


def make_backend(
    load: LoadNetwork, info: CheckpointInfo, *, backend: str = "torch", device: str = "auto", precision: str = "auto"
) -> InferenceBackend:
    """The backend for a network, which is copied; neither it nor PyTorch is loaded where OpenVINO has all it needs.

    backend: torch; openvino (CPU only); auto: the fastest for these weights on this machine of those whose keypoints
    stay within `MOST_MOVED` of fp32's, measured once. Weights in memory, without a digest, are not measured.
    UserError when the device, the precision or the backend isn't there.
    """
    meant_by_auto = os.environ.get(BACKEND_VARIABLE) or "auto"
    for name in (backend, meant_by_auto):
        if name not in BACKENDS:
            raise UserError(f"There is no backend {name!r}; choose one of {', '.join(BACKENDS)}.")
    on_cpu = _is_cpu(device)
    if backend == "openvino" and not on_cpu:
        raise UserError("OpenVINO runs on the CPU here; choose the device cpu, or another backend.")
    if backend == "auto":
        backend = meant_by_auto if meant_by_auto != "auto" or (on_cpu and info.sha256) else "torch"
    if backend == "auto":
        backend, precision = ("openvino", precision) if precision == "int8" else _remembered(load, info, precision)
    if backend == "openvino":
        return OpenVinoBackend(load, info, precision=precision)
    from ppnet.inference.torch_backend import TorchBackend

    return TorchBackend(load(), info, device=device, precision=precision)


def _is_cpu(device: str) -> bool:
    """Whether that device is the CPU here. UserError when it isn't there."""
    if device == "cpu" or (device == "auto" and available_devices() == ["cpu"]):
        return True
    from ppnet.device import choose_device

    return choose_device(device).type == "cpu"


def _remembered(load: LoadNetwork, info: CheckpointInfo, precision: str) -> tuple[str, str]:
    """Backend and precision that were chosen before for the same weights, machine and versions; else measured now."""
    facts = {
        "weights": info.sha256,
        "candidates": list(_candidates(precision)),
        "precision": precision,
        "int8": RULES,
        "machine": [platform.machine(), cpu_name(), os.cpu_count()],
        "versions": [ppnet.__version__, torch_version(), load_openvino().__version__],
    }
    path = cached_file("backends", facts, suffix=".json")
    with suppress(OSError, ValueError, KeyError, TypeError):
        return _candidates(precision)[json.loads(path.read_text("utf-8"))["chosen"]]
    with measuring():
        times_ms = measure(load, info, precision)
    chosen = min(times_ms, key=lambda name: times_ms[name])
    log.info("backend %s chosen of %s ms a crop", chosen, times_ms)
    write_whole(path, json.dumps({"chosen": chosen, "ms_per_crop": times_ms, **facts}, indent=1).encode())
    return _candidates(precision)[chosen]


def _candidates(precision: str) -> dict[str, tuple[str, str]]:
    """Those that compute in the precision asked for."""
    if precision == "auto":
        return CANDIDATES
    return {backend: (backend, precision) for backend in BACKENDS[1:]}


def measure(load: LoadNetwork, info: CheckpointInfo, precision: str = "auto") -> dict[str, float]:
    """Milliseconds a crop of each candidate whose keypoints are near enough to those of fp32; torch is always there.

    Two crops at a time (one person and the mirror image), in turn, for a few seconds.
    """
    crops = probe(info.input_wh)
    candidates: dict[str, InferenceBackend] = {}
    for name, (chosen, form) in _candidates(precision).items():
        with suppress(UserError):  # a precision that one of them hasn't
            candidates[name] = make_backend(load, info, backend=chosen, device="cpu", precision=form)
    exact = make_backend(load, info, backend="torch", device="cpu", precision="fp32").heatmaps(crops)
    kept = {
        name: backend
        for name, backend in candidates.items()
        if name == "torch" or distance_px(backend.heatmaps(crops), exact, info) <= MOST_MOVED
    }
    times_s: dict[str, list[float]] = {name: [] for name in kept}
    end_s = time.monotonic() + SECONDS
    for turn in range(ROUNDS):
        for name, backend in kept.items():
            began_s = time.perf_counter()
            backend.heatmaps(crops[:2])
            times_s[name].append(time.perf_counter() - began_s)
        if turn >= 2 and time.monotonic() > end_s:
            break
    return {name: round(1000 * statistics.median(times) / 2, 2) for name, times in times_s.items()}


def distance_px(found: Heatmaps, exact: Heatmaps, info: CheckpointInfo) -> float:
    """How far keypoints that the exact heatmaps are sure of lie from those of the others: the mean, in pixels of crops
    of the network's own size. Both (N, K, h, w)."""
    codec = Codec.of(info)
    wanted, scores = codec.decode(exact)
    sure = scores > SURE_SCORE
    return float(np.linalg.norm(codec.decode(found)[0] - wanted, axis=2)[sure].mean()) if sure.any() else 0.0
