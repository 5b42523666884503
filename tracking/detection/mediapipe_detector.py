"""MediaPipe's ObjectDetector: TFLite files, all but the one that `tracking.detection.efficientdet` runs."""

import os
import sys
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ppnet.errors import UserError
from tracking.detection.detector import (
    GREY,
    LONGEST_SIDE,
    UNUSABLE,
    Image,
    best_people,
    check_image,
    model_path,
    shrunk,
)
from tracking.detection.settings import DetectorSettings
from tracking.detection.trial import try_in_child
from tracking.types import Detections

if TYPE_CHECKING:
    import mediapipe

SHIPPED_SHA256 = frozenset(
    {
        "0720bf247bd76e6594ea28fa9c6f7c5242be774818997dbbeffc4da460c723bb",
        "77c06d084c691e60853914734bc95e8a922a571315b2c83cd0e4dcbaa5108f87",
    }
)
PERSON_LABELS = frozenset({"person", "people", "pedestrian", "human"})
DEFAULTS = DetectorSettings()


class MediaPipeDetector:
    """MediaPipe's ObjectDetector on the CPU, one picture at a time."""

    input_size = 320  # pixels of the square that the shipped ones look at

    def __init__(self, settings: DetectorSettings | None = None) -> None:
        self.settings = settings or DetectorSettings()
        self._path = model_path(self.settings.model)
        refuse_other_files(self._path)
        try_in_child(self._path, open_file, known_sha256=SHIPPED_SHA256)
        self._detector: Any = open_file(self._path, self.settings)
        self._finalizer = weakref.finalize(self, _release, self._detector)

    def detect(self, image: Image) -> Detections:
        """People in an RGB uint8 (H, W, 3) picture, best first, boxes in its pixels and inside it."""
        check_image(image)
        if self._detector is None:
            raise ValueError("this detector is closed")
        if min(image.shape[:2]) == 0:
            return Detections.empty()
        square, back = pad_to_square(image)
        found = self._detector.detect(mediapipe_image(square)).detections
        people = [d for d in found if _is_person(d)]
        if not people:
            return Detections.empty()
        corners = np.array([_corners(d.bounding_box) for d in people], np.float32) * back
        scores = np.array([d.categories[0].score for d in people], np.float32)
        return best_people(corners, scores, image, self.settings)

    def close(self) -> None:
        """Free the native detector; calling twice is harmless."""
        if self._detector is not None:
            self._finalizer()
            self._detector = None


def pad_to_square(image: Image, *, longest_side: int = LONGEST_SIDE) -> tuple[Image, float]:
    """Square picture with grey on the right or below, and the factor that leads back to the given pixels.

    MediaPipe would stretch a frame to the model's square, which costs accuracy (people become thin or wide).
    """
    image, back = shrunk(image, longest_side=longest_side)
    side = max(image.shape[:2])
    square = np.full((side, side, 3), GREY, np.uint8)
    square[: image.shape[0], : image.shape[1]] = image
    return square, back


def refuse_other_files(path: Path) -> None:
    """UserError for what is neither a TFLite file nor a ZIP with one, which is seen without MediaPipe (a second)."""
    with path.open("rb") as file:
        begin = file.read(8)
    if begin[4:] != b"TFL3" and begin[:4] != b"PK\x03\x04":
        raise _no_detector(path)


def _no_detector(path: Path) -> UserError:
    needed = "a TFLite object detector with metadata is needed"
    return UserError(f"{path.name} is not a detector that can be used: {needed}.")


def open_file(path: Path, settings: DetectorSettings = DEFAULTS) -> Any:
    """MediaPipe's detector of a TFLite file. UserError when it is none; a hostile file can end the process."""
    with quiet_native_logs():
        from mediapipe.tasks.python import BaseOptions
        from mediapipe.tasks.python.vision import ObjectDetector, ObjectDetectorOptions

        # The bytes, not the path: MediaPipe cannot open every path (non-ASCII ones on Windows).
        options = ObjectDetectorOptions(
            base_options=BaseOptions(model_asset_buffer=path.read_bytes()),
            score_threshold=settings.min_score,
        )
        try:
            detector = ObjectDetector.create_from_options(options)
            # The first run prints native notices; have it here, where they are silenced.
            detector.detect(mediapipe_image(np.full((64, 64, 3), GREY, np.uint8)))
        except UNUSABLE as error:
            raise _no_detector(path) from error
    return detector


def _release(detector: Any) -> None:
    try:
        detector.close()
    except RuntimeError:
        # The interpreter is ending and MediaPipe's own thread with it; its __del__ would fail again, aloud.
        detector._handle = None


def mediapipe_image(image: Image) -> "mediapipe.Image":
    """An RGB uint8 (H, W, 3) picture as MediaPipe takes it."""
    import mediapipe

    return mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=image)


def _is_person(detection: Any) -> bool:
    name = detection.categories[0].category_name or ""
    return name.strip().lower() in PERSON_LABELS


def _corners(box: Any) -> tuple[float, float, float, float]:
    return box.origin_x, box.origin_y, box.origin_x + box.width, box.origin_y + box.height


@contextmanager
def quiet_native_logs() -> Iterator[None]:
    """MediaPipe and TFLite write notices straight to file descriptor 2; nothing in Python can stop that."""
    os.environ.setdefault("GLOG_minloglevel", "2")
    try:
        saved = os.dup(2)
    except OSError:  # no standard error at all (a window without a console)
        yield
        return
    sys.stderr.flush() if sys.stderr else None
    with open(os.devnull, "wb") as nothing:
        os.dup2(nothing.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
