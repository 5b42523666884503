"""Whether the processor adds up products of bytes exactly: tried, as nothing says it on every system."""

import platform
from typing import Any

import numpy as np

from ppnet.cache import cached_file, read_checked, write_checked
from ppnet.cpu import cpu_facts
from ppnet.openvino_runtime import compile_network, load_openvino

X86 = ("x86_64", "amd64")
CHANNELS, SIDE = 32, 3
LARGEST_INPUT, LARGEST_WEIGHT = 255, 127
EXACT = b"exact"


def sums_of_bytes_are_exact() -> bool:
    """Whether OpenVINO's convolutions in 8-bit integers are exact for all values (AVX-512 VNNI, AVX-VNNI, AMX).

    Other processors add two products in 16 bits, which run over; there one bit must be left free. Tried once for each
    processor and version; takes a fifth of a second. False on ARM, where OpenVINO's integers were never measured.
    """
    if platform.machine().lower() not in X86:
        return False
    path = cached_file("byte sums", (*cpu_facts(), load_openvino().__version__))
    kept = read_checked(path)
    if kept is not None:
        return kept == EXACT
    exact = _is_exact()
    write_checked(path, EXACT if exact else b"")
    return exact


def _is_exact() -> bool:
    """By the sum of the largest products, computed in the middle of a picture."""
    picture = np.full((1, CHANNELS, 8, 8), LARGEST_INPUT, np.float32)
    (found,) = compile_network(_convolution(), "f32", threads=1, streams=1)([picture]).values()
    wanted = LARGEST_INPUT * LARGEST_WEIGHT * CHANNELS * SIDE * SIDE
    return bool(np.isclose(found[0, 0, 4, 4], wanted, rtol=1e-4))  # a step of the picture's may be rounded


def _convolution() -> Any:
    """A model whose one convolution may compute in integers, as those of int8 networks."""
    openvino = load_openvino()
    from openvino import opset13 as ops

    def rounded(values: Any, low: float, high: float, steps: int) -> Any:
        return ops.fake_quantize(values, *2 * (np.float32(low), np.float32(high)), steps)

    picture = ops.parameter([1, CHANNELS, 8, 8], np.float32)
    weights = ops.constant(np.full((CHANNELS, CHANNELS, SIDE, SIDE), LARGEST_WEIGHT, np.float32))
    result = ops.convolution(
        rounded(picture, 0, LARGEST_INPUT, 256),
        rounded(weights, -LARGEST_WEIGHT, LARGEST_WEIGHT, 255),
        strides=[1, 1],
        pads_begin=[1, 1],
        pads_end=[1, 1],
        dilations=[1, 1],
    )
    return openvino.Model([result], [picture], "byte sums")
