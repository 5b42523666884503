"""Which device and which number format the networks run in."""

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from ppnet.cpu import cpu_has_bf16
from ppnet.errors import UserError
from ppnet.inference.backend import PRECISIONS
from ppnet.torch_build import available_devices

DEVICES = ("auto", "cpu", "cuda", "mps")

# Parameters of glibc's mallopt, from malloc.h.
_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_MAX = -1, -2, -4

_DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


def choose_device(asked: str = "auto") -> torch.device:
    """`auto`: the fastest there is. UserError when the one asked for isn't there."""
    available = available_devices()
    if asked == "auto":
        return torch.device(available[0])
    kind = asked.partition(":")[0]
    if kind not in DEVICES:
        raise UserError(f"There is no device {asked!r}; choose one of {', '.join(DEVICES)}.")
    if kind not in available:
        raise UserError(f"The device {asked} is not available on this machine; choose {available[0]} or auto.")
    try:
        device = torch.device(asked)
    except RuntimeError as error:
        raise UserError(f"There is no device {asked!r}; choose one of {', '.join(DEVICES)}.") from error
    if kind == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise UserError(f"The device {asked} is not available; devices of this kind here: {torch.cuda.device_count()}.")
    return device


def choose_precision(device: torch.device, asked: str = "auto") -> torch.dtype:
    """Number format of the convolutions: fp16 on CUDA, bf16 on a CPU that computes in it, else fp32.

    UserError when the device cannot use the one asked for at all.
    """
    if asked not in PRECISIONS:
        raise UserError(f"There is no precision {asked!r}; choose one of {', '.join(PRECISIONS)}.")
    if asked != "auto":
        if asked == "fp16" and device.type == "cpu":
            raise UserError("A CPU cannot use fp16; choose bf16 or fp32.")
        if asked == "int8":
            raise UserError("PyTorch does not compute in int8 here; choose OpenVINO, or bf16 or fp32.")
        return _DTYPES[asked]
    if device.type == "cuda":
        return torch.float16
    return torch.bfloat16 if device.type == "cpu" and cpu_has_bf16() else torch.float32


@contextmanager
def denormals_as_zero() -> Iterator[None]:
    """Takes denormal numbers, which are slow, as zero; small gradients become such. Afterwards 5e-324 is a number again
    for whoever computes in this thread."""
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)


def prepare_cpu_for_training() -> None:
    """Lets the process keep its memory: glibc gives large tensors back to the system at once, so that every training
    step gets its gigabytes as fresh pages (a step at 128x96 took 0.94 s before and 0.76 s after, 2 cores)."""
    if sys.platform != "linux":
        return
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):  # another C library
        return
    mallopt(_M_MMAP_MAX, 0)
    mallopt(_M_TRIM_THRESHOLD, 2**31 - 1)
    mallopt(_M_TOP_PAD, 2**28)


def describe(device: torch.device) -> str:
    """`cpu`, `mps`, or `cuda (name of the card)`."""
    return f"{device} ({torch.cuda.get_device_name(device)})" if device.type == "cuda" else device.type


def precision_name(dtype: torch.dtype) -> str:
    """fp32, bf16 or fp16."""
    return next(name for name, known in _DTYPES.items() if known == dtype)
