"""Eight-bit integers for the convolutions of a network on the CPU.

Where a processor has no bf16, its integer units are what is left to be faster with. The network is told where values
may be rounded to 256 steps (Jacob et al., Quantization and Training of Neural Networks for Efficient
Integer-Arithmetic-Only Inference, CVPR 2018), and OpenVINO computes with integers there. No training is needed, and
no data but a few people to learn from how large the values become.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from ppnet.inference.backend import Crops
from ppnet.openvino_runtime import compile_network, load_openvino

RULES = 3
"""Goes up with every change of what is rounded, so that no network is used that was kept by other rules."""
EXACT_FIRST, EXACT_LAST = 1, 1
"""So many convolutions stay as they are: the first one, which sees the picture, and the one that makes the heatmaps."""
STEPS, WEIGHT_STEPS = 256, 255
HEADROOM = 2.0
"""Weights use half of their range. Processors without VNNI add two products in 16 bits, which would run over."""

Place = tuple[str, int]
Ends = npt.NDArray[np.float64]


def quantised(model: Any, crops: Crops) -> Any:
    """A copy of OpenVINO's model whose convolutions, but the first and last ones, may compute in integers.

    model: crops (N, H, W, 3) uint8 -> heatmaps. crops: of people, at any size that the model takes; how far the values
    reach in them is taken as their range everywhere.
    """
    load_openvino()
    from openvino import opset13 as ops

    ranges = _ranges(model, crops)
    model = model.clone()
    for value in _rounded(model):
        # Rounded for all who take it: whoever adds it to something else has a byte to fetch instead of a float.
        takers = value.get_target_inputs()
        low, high = (np.full((1, 1, 1, 1), end, np.float32) for end in ranges[_place(value)])
        rounded = ops.fake_quantize(value, low, high, low, high, STEPS)
        for taker in takers:
            taker.replace_source_output(rounded.output(0))
    for convolution in _inner_convolutions(model):
        weights = convolution.input_value(1)
        reach = HEADROOM * np.abs(weights.get_node().data).max(axis=(1, 2, 3), keepdims=True).astype(np.float32)
        reach = np.maximum(reach, np.finfo(np.float32).tiny)  # a channel of zeros
        fewer = ops.fake_quantize(weights, -reach, reach, -reach, reach, WEIGHT_STEPS)
        convolution.input(1).replace_source_output(fewer.output(0))
    model.validate_nodes_and_infer_types()
    return model


def _ranges(model: Any, crops: Crops) -> dict[Place, tuple[float, float]]:
    """How far what is rounded reaches down and up."""
    watched = model.clone()
    places = {_place(value): value for value in _rounded(watched)}
    watched.add_outputs(list(places.values()))
    watched.reshape([1, *crops.shape[1:]])
    compiled = compile_network(watched)
    outputs = range(1, len(places) + 1)  # behind the heatmaps
    answers = (compiled([crop[None]]) for crop in crops)
    ends = np.array([[(of[index].min(), of[index].max()) for index in outputs] for of in answers], np.float64)
    return {place: _range(*ends[:, index].T) for index, place in enumerate(places)}


def _range(lows: Ends, highs: Ends) -> tuple[float, float]:
    """Of the ends (N,) in N crops: from 0 up to the mean where nothing is below it, else as far down as up and as far
    as in any of them; zero is always one of the steps."""
    tiny = float(np.finfo(np.float32).tiny)
    if lows.min() >= 0:
        return 0.0, max(float(highs.mean()), tiny)
    reach = max(float(-lows.min()), float(highs.max()))
    return -reach * STEPS / (STEPS - 2), reach


def _rounded(model: Any) -> list[Any]:
    """What is rounded: what the inner convolutions take, and what convolutions give to sums, which OpenVINO then
    computes inside of them."""
    values = [each.input_value(0) for each in _inner_convolutions(model)]
    for node in model.get_ordered_ops():
        if node.get_type_name() == "Add":
            values += [value for value in node.input_values() if _is_of_convolution(value)][:1]
    return list({_place(value): value for value in values}.values())


def _is_of_convolution(value: Any) -> bool:
    """Whether a convolution with its bias gives it."""
    node = value.get_node()
    return node.get_type_name() == "Add" and node.input_value(0).get_node().get_type_name() == "Convolution"


def _inner_convolutions(model: Any) -> list[Any]:
    """All but the first and last ones, which stay exact."""
    convolutions = [node for node in model.get_ordered_ops() if node.get_type_name() == "Convolution"]
    return convolutions[EXACT_FIRST : len(convolutions) - EXACT_LAST]


def _place(value: Any) -> Place:
    """A name of a value that is the same in every copy of the model."""
    return value.get_node().get_friendly_name(), value.get_index()
