"""The shipped detector run by OpenVINO: what it finds is what MediaPipe finds with the same file."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from ppnet.byte_sums import sums_of_bytes_are_exact
from ppnet.cache import write_checked
from ppnet.cpu import cpu_has_amx
from tests.shared_material import SHARED_CLIPS, shared
from tracking import boxes as box_math
from tracking.detection import efficientdet
from tracking.detection.efficientdet import EfficientDetDetector, anchors, letterboxed, tflite_detector
from tracking.detection.mediapipe_detector import MediaPipeDetector
from tracking.detection.settings import DetectorSettings
from tracking.types import Detections

ROOT = Path(__file__).parents[3]
SURE = 0.5


class InFloats(EfficientDetDetector):
    """As on a processor that is not safe in integers."""

    def detect(self, image: npt.NDArray[np.uint8]) -> Detections:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(efficientdet, "_is_in_bytes", bool)
            return super().detect(image)


@pytest.fixture(scope="module")
def detector() -> EfficientDetDetector:
    return EfficientDetDetector(DetectorSettings())


@pytest.fixture(scope="module")
def in_floats() -> EfficientDetDetector:
    return InFloats(DetectorSettings())


@pytest.fixture(scope="module")
def peer() -> MediaPipeDetector:
    return MediaPipeDetector(DetectorSettings())


def frame_of(clip: str, number: int) -> npt.NDArray[np.uint8]:
    """An RGB picture of a real clip."""
    video = cv2.VideoCapture(str(shared(SHARED_CLIPS / clip)))
    video.set(cv2.CAP_PROP_POS_FRAMES, number)
    return np.ascontiguousarray(video.read()[1][:, :, ::-1])


@pytest.mark.parametrize("turns", [0, 1])
@pytest.mark.parametrize("clip", ["single_portrait.mp4", "walk_single.mp4", "walk_crossing.mp4"])
def test_finds_the_people_mediapipe_finds(
    detector: EfficientDetDetector, in_floats: EfficientDetDetector, peer: MediaPipeDetector, clip: str, turns: int
) -> None:
    """In wide and in tall pictures: then the other side of the square is left out."""
    for number in (20, 50):
        image = np.ascontiguousarray(np.rot90(frame_of(clip, number), turns))
        here, there, floats = (each.detect(image) for each in (detector, peer, in_floats))
        for ours, theirs in ((here, there), (there, here), (floats, there), (there, floats)):
            sure = np.flatnonzero(ours.scores > SURE)
            for box, score in zip(ours.boxes[sure], ours.scores[sure], strict=True):
                overlap = box_math.iou_matrix(box[None], theirs.boxes)[0]
                assert overlap.max(initial=0) > 0.8
                assert score == pytest.approx(theirs.scores[overlap.argmax()], abs=0.15)


def test_boxes_lie_inside_the_picture_best_first(detector: EfficientDetDetector) -> None:
    image = frame_of("walk_crossing.mp4", 50)
    found = detector.detect(image)
    assert len(found) > 1
    assert (np.diff(found.scores) <= 0).all()
    assert (found.boxes >= 0).all()
    assert (found.boxes[:, 2:] <= [image.shape[1], image.shape[0]]).all()
    few = EfficientDetDetector(DetectorSettings(min_score=0.3, max_detections=1)).detect(image)
    assert few.boxes.tolist() == found.boxes[:1].tolist()


def test_large_pictures_give_boxes_in_their_own_pixels(detector: EfficientDetDetector) -> None:
    image = frame_of("walk_single.mp4", 50)
    large = np.asarray(cv2.resize(image, None, fx=2, fy=2), np.uint8)
    assert detector.detect(large).boxes[0] == pytest.approx(2 * detector.detect(image).boxes[0], abs=30)


def test_only_the_part_of_the_square_that_holds_the_picture_is_looked_at() -> None:
    picture, back = letterboxed(np.full((360, 640, 3), 7, np.uint8), 320)
    assert picture.shape == (192, 320, 3)
    assert back == 2
    assert (picture[:179] == 7).all()
    assert (picture[181:] == 128).all()
    assert letterboxed(np.zeros((4000, 2000, 3), np.uint8), 320)[0].shape == (320, 192, 3)


def test_the_square_has_the_anchors_of_the_file() -> None:
    """Counted in the file's metadata: 9 in each of the cells, 3x3 of them on the coarsest level."""
    places = anchors(320, 320)
    assert places.shape == (19206, 4)
    assert places[0] == pytest.approx([4, 4, 24, 24])
    assert places[1] == pytest.approx([4, 4, 33.94, 16.97], abs=0.01)
    assert places[-1] / 320 == pytest.approx([0.8333, 0.8333, 1.1225, 2.2449], abs=1e-4)


def test_nobody_tiny_and_closed(detector: EfficientDetDetector) -> None:
    assert len(detector.detect(np.full((180, 320, 3), 90, np.uint8))) == 0
    assert len(detector.detect(np.zeros((1, 1, 3), np.uint8))) == 0
    assert len(detector.detect(np.zeros((0, 0, 3), np.uint8))) == 0
    with pytest.raises(ValueError, match="RGB"):
        detector.detect(np.zeros((10, 10), np.uint8))
    closed = EfficientDetDetector(DetectorSettings())
    closed.close()
    closed.close()
    with pytest.raises(ValueError, match="closed"):
        closed.detect(np.zeros((10, 10, 3), np.uint8))


def test_mediapipe_runs_it_where_openvino_cannot(peer: MediaPipeDetector, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def fails() -> Any:
        asked.append(1)
        raise RuntimeError("no such instruction")

    monkeypatch.setattr(efficientdet, "openvino_core", fails)
    image = frame_of("walk_crossing.mp4", 50)
    detector = tflite_detector(DetectorSettings())
    for _ in range(2):
        assert detector.detect(image).boxes.tolist() == peer.detect(image).boxes.tolist()
    assert len(asked) == 1
    detector.close()
    with pytest.raises(ValueError, match="closed"):
        detector.detect(image)


def fixed_answer(box: tuple[float, float, float, float], height: int, width: int) -> Any:
    """An OpenVINO model of the network's shape that always finds somebody there, xyxy in the input's pixels."""
    from openvino import Model, opset8

    places = anchors(height, width)
    middle, size = np.array([box[0] + box[2], box[1] + box[3]]) / 2, np.array([box[2] - box[0], box[3] - box[1]])
    offsets = np.zeros((1, len(places), 4), np.float32)
    offsets[0, 0, 1::-1] = (middle - places[0, :2]) / places[0, 2:]
    offsets[0, 0, :1:-1] = np.log(size / places[0, 2:])
    scores = np.zeros((1, len(places)), np.float32)
    scores[0, 0] = 0.9
    picture = opset8.parameter([1, height, width, 3], np.uint8)
    nothing = opset8.multiply(opset8.reduce_max(opset8.convert(picture, "f32"), np.arange(4)), np.float32(0))
    return Model([opset8.add(opset8.constant(each), nothing) for each in (scores, offsets)], [picture])


def test_each_shape_is_compiled_once_and_kept_for_other_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is compiled is a model that answers the same to every picture, for the sake of time."""
    image = np.zeros((480, 640, 3), np.uint8)  # twice as large as the input
    shapes = []

    def made(*shape: int) -> Any:
        shapes.append(shape)
        return fixed_answer((10, 20, 30, 40 + len(shapes)), *shape)

    def found() -> list[float]:
        return detector.detect(image).boxes.round().ravel().tolist()

    monkeypatch.setattr(efficientdet, "_people_only", made)
    monkeypatch.setenv("PPNET_LIVE_CACHE", str(tmp_path))
    detector = tflite_detector(DetectorSettings())
    assert shapes == [], "nothing before a picture shows the shape"
    assert found() == found() == [20, 40, 60, 82]
    assert shapes == [(256, 320)]
    detector = tflite_detector(DetectorSettings())
    assert found() == [20, 40, 60, 82]
    assert shapes == [(256, 320)], "read from the cache"
    (kept,) = (tmp_path / "detectors").iterdir()
    content = bytearray(kept.read_bytes())
    content[len(content) // 2] ^= 255  # a weight
    kept.write_bytes(content)
    detector = tflite_detector(DetectorSettings())
    assert found() == [20, 40, 60, 84]
    write_checked(kept, b"of a program that knows better")
    detector = tflite_detector(DetectorSettings())
    assert found() == [20, 40, 60, 86]
    assert shapes == 3 * [(256, 320)], "made anew"


def test_its_backbone_computes_in_integers_where_that_is_safe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PPNET_LIVE_CACHE", str(tmp_path))
    monkeypatch.setattr(efficientdet, "sums_of_bytes_are_exact", lambda: False)
    assert numbers_of_convolutions()[0] == 0, "sums of products may run over"
    monkeypatch.undo()
    monkeypatch.setenv("PPNET_LIVE_CACHE", str(tmp_path))
    if cpu_has_amx() or not sums_of_bytes_are_exact():
        pytest.skip("this processor has no VNNI, or AMX")
    in_bytes, in_floats = numbers_of_convolutions()
    assert in_bytes > 50, "those of single channels, too"
    assert in_floats > 100, "boxes and scores are not rounded"
    assert len(list((tmp_path / "detectors").iterdir())) == 2, "each has its own file"


def numbers_of_convolutions() -> tuple[int, int]:
    """How many compute in 8 bits, how many in floats."""
    told = [node.get_rt_info() for node in efficientdet._network(64, 64).get_runtime_model().get_ordered_ops()]
    formats = [each["runtimePrecision"].value for each in told if each["layerType"].value == "Convolution"]
    in_bytes = sum(form in ("u8", "i8") for form in formats)
    return in_bytes, len(formats) - in_bytes


def test_it_is_silent_and_loads_neither_mediapipe_nor_telemetry() -> None:
    code = (
        "import sys, numpy as np; from tracking.detection.efficientdet import tflite_detector;"
        "from tracking.detection.settings import DetectorSettings;"
        "tflite_detector(DetectorSettings()).detect(np.zeros((64, 64, 3), np.uint8));"
        "print([n for n, m in sys.modules.items() if m and (n == 'mediapipe' or 'telemetry' in n)])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert done.stdout.strip() == "[]"
