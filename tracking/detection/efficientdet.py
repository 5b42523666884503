"""EfficientDet-Lite0, the shipped detector, run by OpenVINO: MediaPipe's file and boxes for less than half the work."""

import io
import logging
import math
import os
from contextlib import suppress
from functools import cache
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

import ppnet
from ppnet.byte_sums import sums_of_bytes_are_exact
from ppnet.cache import cached_file, read_checked, write_checked
from ppnet.cpu import cpu_has_amx
from ppnet.openvino_runtime import compile_network, cpu_options, load_openvino, openvino_core
from tracking import boxes as box_math
from tracking.detection.detector import GREY, Image, best_people, check_image, model_path, shrunk
from tracking.detection.mediapipe_detector import MediaPipeDetector
from tracking.detection.settings import DetectorSettings
from tracking.types import Detections

Floats = npt.NDArray[np.floating]

EFFICIENTDET = "efficientdet-lite0"
CLASSES, PERSON = 90, 0
STRIDES = (8, 16, 32, 64, 128)  # pixels of the input from cell to cell, on each level
SCALES = (3.0, 3.0 * 2 ** (1 / 3), 3.0 * 2 ** (2 / 3))  # of the anchors in each cell, in strides
SHAPES = (1.0, 2.0, 0.5)  # width / height
ANCHORS = len(SCALES) * len(SHAPES)  # in each cell
SIDE_MULTIPLE = 64  # pixels; the picture's shorter side is filled up with grey to a multiple of it
MAX_IOU = 0.3  # of two boxes of one picture, as in MediaPipe; one of a pair with more is dropped
MOST_THREADS = 4
PYRAMID = 64  # channels of all layers behind the backbone, and of none in it
WEIGHT_STEPS = 255  # of 8 bits, as many below zero as above

log = logging.getLogger(__name__)


class EfficientDetDetector:
    """The shipped EfficientDet-Lite0 on the CPU, one picture at a time.

    MediaPipe looks at a square for 90 kinds of things, and rounds what each layer gives to 8 bits. Here only the part
    of the square that holds the picture is looked at, only for people. Only the backbone's layers round, where the CPU
    is fastest in integers (`_is_in_bytes`); all else computes in bf16 where the CPU does, or in fp32. The network is
    compiled at the first picture of each shape; where OpenVINO can't run it, MediaPipe does from then on.
    """

    input_size = 320  # pixels of the longer side

    def __init__(self, settings: DetectorSettings) -> None:
        self.settings = settings
        self._networks: dict[tuple[int, int], tuple[Any, Floats]] = {}
        self._stand_in: MediaPipeDetector | None = None
        self._is_closed = False

    def detect(self, image: Image) -> Detections:
        """People in an RGB uint8 (H, W, 3) picture, best first, boxes in its pixels and inside it."""
        check_image(image)
        if self._is_closed:
            raise ValueError("this detector is closed")
        if min(image.shape[:2]) == 0:
            return Detections.empty()
        if self._stand_in is None:
            try:
                return self._found(image)
            except (ImportError, RuntimeError) as error:
                log.warning("OpenVINO cannot run the detector, MediaPipe does", exc_info=error)
                self._stand_in = MediaPipeDetector(self.settings)
        return self._stand_in.detect(image)

    def _found(self, image: Image) -> Detections:
        picture, back = letterboxed(image, self.input_size)
        size = picture.shape[0], picture.shape[1]
        if size not in self._networks:
            self._networks[size] = _network(*size), anchors(*size)
        network, places = self._networks[size]
        answer = network(picture[None])
        scores, offsets = (answer[output][0] for output in network.outputs)
        good = np.flatnonzero(scores >= self.settings.min_score)
        boxes, scores = decoded(offsets[good], places[good]), scores[good]
        kept = box_math.non_maximum_suppression(boxes, scores, max_iou=MAX_IOU)
        return best_people(boxes[kept] * back, scores[kept], image, self.settings)

    def close(self) -> None:
        """Free the network; calling twice is harmless."""
        self._is_closed = True
        self._networks.clear()
        if self._stand_in is not None:
            self._stand_in.close()


def tflite_detector(settings: DetectorSettings) -> EfficientDetDetector | MediaPipeDetector:
    """A TFLite detector on the engine that is fastest for it."""
    return EfficientDetDetector(settings) if settings.model == EFFICIENTDET else MediaPipeDetector(settings)


def letterboxed(image: Image, size: int) -> tuple[Image, float]:
    """The picture with `size` pixels on its longer side, grey on the right or below, and the factor that leads back."""
    image, back = shrunk(image)
    scale = max(image.shape[:2]) / size
    height, width = (min(size, SIDE_MULTIPLE * math.ceil(side / scale / SIDE_MULTIPLE)) for side in image.shape[:2])
    # Bilinear from corner to corner, as MediaPipe does it.
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    matrix = np.array([[scale, 0, 0], [0, scale, 0]])
    filled = cv2.warpAffine(image, matrix, (width, height), flags=flags, borderValue=(GREY, GREY, GREY))
    return np.asarray(filled, np.uint8), scale * back


def anchors(height: int, width: int) -> Floats:
    """(N, 4) middles x, y and sizes w, h of all anchors in pixels of the input: fine levels first, cells row by row."""
    levels = []
    for stride in STRIDES:
        # Where strides don't fit the square, its cells lie closer together.
        step = EfficientDetDetector.input_size / math.ceil(EfficientDetDetector.input_size / stride)
        y, x = np.mgrid[: math.ceil(height / stride), : math.ceil(width / stride)] + 0.5
        middles = np.stack([x.ravel(), y.ravel()], axis=1)
        sizes = np.array([(scale * shape**0.5, scale / shape**0.5) for scale in SCALES for shape in SHAPES])
        levels.append(step * np.hstack([np.repeat(middles, ANCHORS, axis=0), np.tile(sizes, (len(middles), 1))]))
    return np.concatenate(levels)


def decoded(offsets: Floats, places: Floats) -> Floats:
    """Boxes (N, 4) xyxy of offsets (N, 4) from anchors: y and x in sizes of the anchor, logarithms of its h and w."""
    middles = places[:, :2] + offsets[:, 1::-1] * places[:, 2:]
    return box_math.from_centers(middles, np.exp(offsets[:, :1:-1]) * places[:, 2:])


def _network(height: int, width: int) -> Any:
    """The network for inputs (1, height, width, 3): (1, N) scores of people and (1, N, 4) offsets from all anchors.

    What is compiled lies in the user's cache folder, under processor and versions.
    """
    core = openvino_core()
    has_bf16 = "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    # It works while the network reads joints, and leaves that one a part of the cores.
    threads = min(MOST_THREADS, max(1, (os.cpu_count() or 1) // 2))
    options = cpu_options("bf16" if has_bf16 else "f32", threads=threads, streams=1)
    machine = core.get_property("CPU", "FULL_DEVICE_NAME"), load_openvino().__version__, ppnet.__version__
    place = cached_file("detectors", (EFFICIENTDET, height, width, _is_in_bytes(), options, machine))
    kept = read_checked(place)
    if kept is not None:
        with suppress(RuntimeError):
            return core.import_model(io.BytesIO(kept), "CPU", options)
    network = core.compile_model(_people_only(height, width), "CPU", options)
    content = io.BytesIO()
    network.export_model(content)
    write_checked(place, content.getvalue())
    return network


def _is_in_bytes() -> bool:
    """Whether the backbone computes in 8-bit integers, where that is safe; with AMX, bf16 is faster."""
    return not cpu_has_amx() and sums_of_bytes_are_exact()


def _people_only(height: int, width: int) -> Any:
    """The file's network without what isn't asked for, and without the roundings that don't make it faster.

    Those behind the backbone would make boxes tremble, and lose a few people.
    """
    openvino = load_openvino()
    from openvino import opset8 as ops

    model = _whole().clone()
    in_bytes = _is_in_bytes()
    if in_bytes:
        _round_depthwise(model)
    for layer in model.get_ordered_ops():
        if layer.get_type_name() == "FakeQuantize":
            if not (in_bytes and _is_backbone(layer)):
                _unround(layer)
        elif layer.get_type_name() == "Interpolate":  # the file names the sizes of the square
            cells = [_cells(before, side) for before, side in zip(_value(layer, 1), (height, width), strict=True)]
            layer.input(1).replace_source_output(ops.constant(np.array(cells)).output(0))
    scores = ops.sigmoid(ops.squeeze(_heads(model, CLASSES, [PERSON]), np.array([2])))
    (picture,) = model.get_parameters()
    picture.set_partial_shape(openvino.PartialShape([1, height, width, 3]))
    return openvino.Model([scores, _heads(model, 4, [0, 1, 2, 3])], [picture])


@cache
def _whole() -> Any:
    """The file's network as it is: reading it takes a quarter of the time until another shape is compiled."""
    return openvino_core().read_model(model_path(EFFICIENTDET))


def _unround(layer: Any) -> None:
    """Cuts to the range of 8 bits what would be rounded to them; the layer that turns 0 to 255 into -1 to 1 stays."""
    from openvino import opset8 as ops

    low, high, new_low, new_high = (float(_value(layer, index)[0]) for index in (1, 2, 3, 4))
    if (low, high) == (new_low, new_high):
        cut = ops.clamp(layer.input_value(0), low, high)
        for user in list(layer.output(0).get_target_inputs()):
            user.replace_source_output(cut.output(0))


def _round_depthwise(model: Any) -> None:
    """Rounds the weights of depthwise convolutions, channel by channel, where OpenVINO looks for it.

    The file rounds them before it turns them over; OpenVINO would take such a layer for one of floats.
    """
    from openvino import opset8 as ops

    layers = [layer for layer in model.get_ordered_ops() if layer.get_type_name() == "GroupConvolution"]
    layers = [layer for layer in layers if _is_backbone(layer)]
    for layer, weights in zip(layers, _constants([each.input_value(1) for each in layers]), strict=True):
        reach = np.maximum(np.abs(weights).max(axis=(1, 2, 3, 4), keepdims=True), np.finfo(np.float32).tiny)
        rounded = ops.fake_quantize(ops.constant(weights), -reach, reach, -reach, reach, WEIGHT_STEPS)
        layer.input(1).replace_source_output(rounded.output(0))


def _is_backbone(layer: Any) -> bool:
    return int(layer.output(0).shape[1]) != PYRAMID


def _cells(before: int, side: int) -> int:
    """Cells along a side of a level that has `before` of them along the square's."""
    (stride,) = (each for each in STRIDES if math.ceil(EfficientDetDetector.input_size / each) == before)
    return math.ceil(side / stride)


def _heads(model: Any, values: int, wanted: list[int]) -> Any:
    """The layers that give `values` numbers for each anchor, cut down to the `wanted` ones: (1, N, len(wanted))."""
    from openvino import opset8 as ops

    layers = [layer for layer in model.get_ordered_ops() if layer.get_type_name() == "Convolution"]
    layers = [layer for layer in layers if layer.output(0).shape[1] == ANCHORS * values]
    layers.sort(key=lambda layer: -layer.output(0).shape[2])
    biases = [next(iter(layer.output(0).get_target_inputs())).get_node() for layer in layers]
    numbers = _constants([each.input_value(1) for each in (*layers, *biases)])
    kept = np.array([anchor * values + value for anchor in range(ANCHORS) for value in wanted])
    levels = []
    for layer, weights, shift in zip(layers, numbers, numbers[len(layers) :], strict=False):
        fewer = ops.convolution(layer.input_value(0), weights[kept], [1, 1], [0, 0], [0, 0], [1, 1])
        by_cell = ops.transpose(ops.add(fewer, shift[:, kept]), np.array([0, 2, 3, 1]))
        levels.append(ops.reshape(by_cell, np.array([1, -1, len(wanted)]), special_zero=False))
    return ops.concat(levels, 1)


def _constants(outputs: list[Any]) -> list[npt.NDArray[np.float32]]:
    """What parts of a network come to that have no input."""
    network = compile_network(load_openvino().Model(outputs, []))
    return [np.array(value) for value in network().values()]


def _value(layer: Any, index: int) -> npt.NDArray[Any]:
    """The numbers of a layer's constant input, in a row."""
    return np.ravel(layer.input_value(index).get_node().data)
