"""The processor: its name, and what it computes by itself. Needs PyTorch only the first time: what it said is kept."""

import json
import platform
from contextlib import suppress
from functools import cache
from pathlib import Path

from ppnet.cache import cached_file, write_whole
from ppnet.torch_build import torch_version

_QUESTIONS = {"bf16": "_is_avx512_bf16_supported", "amx": "_is_amx_tile_supported"}
"""What is asked of `torch.cpu`; a version that doesn't know the question says no."""


def cpu_name() -> str:
    """What the processor calls itself."""
    return _said_by_linux("model name") or platform.processor() or platform.machine()


def cpu_facts() -> tuple[str, ...]:
    """What tells processors apart, also two of one name of which a virtual machine hides something."""
    return platform.machine(), cpu_name(), _said_by_linux("flags")


def cpu_has_bf16() -> bool:
    """Whether the CPU multiplies bf16 by itself (AVX-512 BF16 or AMX); elsewhere bf16 is slower than fp32."""
    return cpu_has_amx() or _abilities()["bf16"]


def cpu_has_amx() -> bool:
    """Whether the CPU multiplies matrices by itself."""
    return _abilities()["amx"]


@cache
def _abilities() -> dict[str, bool]:
    path = cached_file("processors", (*cpu_facts(), torch_version(), _QUESTIONS), suffix=".json")
    with suppress(OSError, ValueError, KeyError, TypeError):
        kept = json.loads(path.read_text("utf-8"))
        return {name: bool(kept[name]) for name in _QUESTIONS}
    import torch

    found = {name: bool(getattr(torch.cpu, question, bool)()) for name, question in _QUESTIONS.items()}
    write_whole(path, json.dumps(found).encode())
    return found


@cache
def _said_by_linux(what: str) -> str:
    """Of the first core; "" elsewhere, and on processors of which Linux doesn't say it."""
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
            if line.startswith(what):
                return line.partition(":")[2].strip()
    return ""
