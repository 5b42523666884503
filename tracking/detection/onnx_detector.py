"""Person detectors that users bring as ONNX files, run by OpenVINO on the CPU; boxes are decoded and selected here."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from ppnet.errors import UserError
from ppnet.openvino_runtime import compile_network, openvino_core
from tracking import boxes as box_math
from tracking.detection.detector import UNUSABLE, Image, best_people, check_image, model_path
from tracking.detection.onnx_families import Family, family_of
from tracking.detection.settings import DetectorSettings
from tracking.detection.trial import try_in_child
from tracking.types import Detections

Floats = npt.NDArray[np.floating]

PREFERRED_SIZE = 416  # pixels of the square input where the network takes any
LARGEST_SIZE = 4096
PADDING = 114  # grey value beside the picture, as these families are trained
MAX_IOU = 0.6  # of two boxes of one picture; one of a pair with more is dropped
MOST_BOXES = 1000  # considered in one picture, best first


class OnnxDetector:
    """An ONNX detector of one of the families of `onnx_families`, one picture at a time.

    UserError when the file can't be read, doesn't take one square picture, or answers in a way that isn't known.
    """

    def __init__(self, settings: DetectorSettings) -> None:
        self.settings = settings
        path = model_path(settings.model)
        try_in_child(path, open_network)
        self._network, self.input_size, self._family = open_network(path)
        family = self._family
        self._mean, self._std = np.array(family.mean, np.float32), np.array(family.std, np.float32)

    def detect(self, image: Image) -> Detections:
        """People in an RGB uint8 (H, W, 3) picture, best first, boxes in its pixels and inside it."""
        check_image(image)
        if self._network is None:
            raise ValueError("this detector is closed")
        if min(image.shape[:2]) == 0:
            return Detections.empty()
        square, back = _letterbox(image, self.input_size)
        values = (square[..., ::-1] if self._family.bgr else square).astype(np.float32)
        found = self._family.decode(_run(self._network, (values - self._mean) / self._std), self.input_size)
        if found is None:
            return Detections.empty()
        boxes, scores = found
        good = np.flatnonzero(scores >= self.settings.min_score)
        good = good[np.argsort(-scores[good], kind="stable")][:MOST_BOXES]
        boxes, scores = boxes[good] * back, scores[good]
        kept = box_math.non_maximum_suppression(boxes, scores, max_iou=MAX_IOU)
        return best_people(boxes[kept], scores[kept], image, self.settings)

    def close(self) -> None:
        """Free the network; calling twice is harmless."""
        self._network = None


def open_network(path: Path) -> tuple[Any, int, Family]:
    """The network of an ONNX file, the side of its square input, how its answers are read. UserError when it is none;
    a hostile file can end the process."""
    try:
        model = openvino_core().read_model(path.read_bytes(), b"")
        size = _input_size(model)
        network, outputs = _compiled(model, size)
        family = family_of(outputs, size, path.name)
    except UNUSABLE as error:
        raise UserError(
            f"{path.name} is not a detector that can be used: "
            "an ONNX network that takes one square RGB picture (1, 3, size, size) is needed."
        ) from error
    if family is None:
        shapes = ", ".join(str(output.shape) for output in outputs)
        raise UserError(
            f"{path.name} answers with arrays of shapes {shapes}, which is none of the supported layouts: export "
            "RTMDet or YOLOX, or any detector with NMS built in."
        )
    if family.resizes and size != PREFERRED_SIZE:
        try:
            network, _ = _compiled(model, PREFERRED_SIZE)
            size = PREFERRED_SIZE
        except RuntimeError:
            pass  # the size is fixed inside the network
    return network, size, family


def _input_size(model: Any) -> int:
    """Side of the square input; ValueError when there is another number of inputs, or it isn't square."""
    (shape,) = [each.partial_shape for each in model.inputs]
    if len(shape) != 4 or (shape[1].is_static and shape[1].get_length() != 3):
        raise ValueError(f"an input (1, 3, size, size) is wanted, not {shape}")
    sides = {side.get_length() if side.is_static else PREFERRED_SIZE for side in (shape[2], shape[3])}
    (size,) = sides
    if not 0 < size <= LARGEST_SIZE:
        raise ValueError(f"an input of {size} pixels")
    return int(size)


def _compiled(model: Any, size: int) -> tuple[Any, list[Floats]]:
    """The network for inputs of this size, and its outputs for a grey picture."""
    model.reshape([1, 3, size, size])
    network = compile_network(model, streams=1)  # in fp32: a file gives the same boxes on every CPU
    return network, _run(network, np.zeros((size, size, 3), np.float32))


def _run(network: Any, values: npt.NDArray[np.float32]) -> list[Floats]:
    """Outputs for a normalised picture (size, size, 3)."""
    answer = network(np.ascontiguousarray(values.transpose(2, 0, 1))[None])
    return [np.array(answer[output]) for output in network.outputs]


def _letterbox(image: Image, size: int) -> tuple[Image, float]:
    """Square picture of that size, grey on the right or below, and the factor that leads back to the image's pixels."""
    height, width = image.shape[:2]
    scale = size / max(height, width)
    scaled_wh = (max(1, round(width * scale)), max(1, round(height * scale)))
    square = np.full((size, size, 3), PADDING, np.uint8)
    square[: scaled_wh[1], : scaled_wh[0]] = cv2.resize(image, scaled_wh, interpolation=cv2.INTER_LINEAR)
    return square, 1 / scale
