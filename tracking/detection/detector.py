"""People in one picture: what a detector is, and what all of them share."""

from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
import numpy.typing as npt

from ppnet.assets import asset
from ppnet.errors import UserError
from tracking import boxes as box_math
from tracking.detection.settings import DETECTORS, DetectorSettings
from tracking.types import Detections

Image = npt.NDArray[np.uint8]

LONGEST_SIDE = 1280  # larger pictures are shrunk first: detectors look at 300 to 640 pixels anyway
GREY = 128
UNUSABLE = (RuntimeError, ValueError, LookupError, OSError)
"""What MediaPipe and OpenVINO raise for files that they cannot use."""


class PersonDetector(Protocol):
    """Finds people in single pictures; keeps nothing from one picture to the next.

    Used by one thread at a time, though not always by the same one (`tracking.detection.prefetch`).
    """

    def detect(self, image: Image) -> Detections:
        """People in an RGB uint8 (H, W, 3) picture, best first."""
        ...

    def close(self) -> None:
        """Free what it holds; it must not be used after."""
        ...


class SizedDetector(PersonDetector, Protocol):
    """One that scales every picture to the same size, so that it misses small people in large pictures."""

    @property
    def input_size(self) -> int:
        """Pixels of the longer side of what it looks at."""
        ...


def model_path(model: str) -> Path:
    """File of a detector by name or path. UserError when there is none."""
    if model in DETECTORS:
        return asset(f"detectors/{model.replace('-', '_')}.tflite")
    path = Path(model).expanduser()
    if not path.is_file():
        names = ", ".join(DETECTORS)
        raise UserError(f"There is no detector {model}: give {names} or the path of a TFLite or ONNX file.")
    return path


def check_image(image: Image) -> None:
    """ValueError unless it is an RGB uint8 picture (H, W, 3)."""
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
        raise ValueError(f"RGB uint8 (H, W, 3) wanted, got {image.dtype} {image.shape}")


def best_people(
    boxes: npt.NDArray[np.floating], scores: npt.NDArray[np.floating], image: Image, settings: DetectorSettings
) -> Detections:
    """The `max_detections` best of boxes (N, 4) with scores (N,), best first, cut to the picture."""
    size_wh = (image.shape[1], image.shape[0])
    keep = np.flatnonzero(box_math.usable(boxes, size_wh))
    order = keep[np.argsort(-scores[keep], kind="stable")][: settings.max_detections]
    return Detections(box_math.clip(boxes[order], size_wh).astype(np.float32), scores[order].astype(np.float32))


def shrunk(image: Image, *, longest_side: int = LONGEST_SIDE) -> tuple[Image, float]:
    """The picture with at most so many pixels on its longest side, and the factor that leads back to the given ones."""
    height, width = image.shape[:2]
    shrink = min(1.0, longest_side / max(height, width))
    if shrink < 1:
        size = (max(1, round(width * shrink)), max(1, round(height * shrink)))
        image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    return image, 1 / shrink
