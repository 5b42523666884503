from pathlib import Path

import cv2
import numpy as np
import pytest

from ppnet.errors import UserError
from tests.shared_material import SHARED_CLIPS, shared
from tracking.child_process import run_in_child
from tracking.detection.detector import model_path
from tracking.detection.mediapipe_detector import MediaPipeDetector, pad_to_square
from tracking.detection.settings import DETECTORS, DetectorSettings


@pytest.fixture(scope="module")
def walker():
    """A frame with one person, and roughly where she is."""
    video = cv2.VideoCapture(str(shared(SHARED_CLIPS / "walk_single.mp4")))
    video.set(cv2.CAP_PROP_POS_FRAMES, 50)
    image = np.ascontiguousarray(video.read()[1][:, :, ::-1])
    return image, np.array([565, 80, 690, 500])


@pytest.mark.parametrize("name", DETECTORS)
def test_finds_the_walker(name, walker):
    image, place = walker
    detector = MediaPipeDetector(DetectorSettings(model=name))
    found = detector.detect(image)
    detector.close()
    best = found.boxes[0]
    middle = (best[:2] + best[2:]) / 2
    assert found.scores[0] > 0.3
    assert (np.diff(found.scores) <= 0).all()
    assert (middle > place[:2]).all()
    assert (middle < place[2:]).all()
    assert (found.boxes >= 0).all()
    assert (found.boxes[:, [0, 2]] <= image.shape[1]).all()
    assert (found.boxes[:, [1, 3]] <= image.shape[0]).all()


def test_large_pictures_give_boxes_in_their_own_pixels(walker):
    image, _ = walker
    large = cv2.resize(image, None, fx=2, fy=2)
    detector = MediaPipeDetector()
    small, big = detector.detect(image).boxes[0], detector.detect(large).boxes[0]
    assert big == pytest.approx(2 * small, abs=30)
    detector.close()


def test_score_limit_and_count(walker):
    image, _ = walker
    detector = MediaPipeDetector(DetectorSettings(model="nanodet", min_score=0.1, max_detections=2))
    assert len(detector.detect(image)) == 2
    detector.close()


def test_nobody_and_tiny_pictures():
    detector = MediaPipeDetector()
    assert len(detector.detect(np.full((120, 300, 3), 90, np.uint8))) == 0
    assert len(detector.detect(np.zeros((1, 1, 3), np.uint8))) == 0
    assert len(detector.detect(np.zeros((0, 0, 3), np.uint8))) == 0
    with pytest.raises(ValueError, match="RGB"):
        detector.detect(np.zeros((10, 10), np.uint8))
    detector.close()
    detector.close()
    with pytest.raises(ValueError, match="closed"):
        detector.detect(np.zeros((10, 10, 3), np.uint8))


def test_padding_keeps_the_shape_of_people():
    image = np.zeros((100, 300, 3), np.uint8)
    square, back = pad_to_square(image)
    assert square.shape == (300, 300, 3)
    assert back == 1
    assert (square[:100] == 0).all()
    assert (square[100:] == 128).all()
    square, back = pad_to_square(np.zeros((1000, 2000, 3), np.uint8), longest_side=500)
    assert square.shape == (500, 500, 3)
    assert back == 4


def test_models_that_are_none(tmp_path, monkeypatch):
    with pytest.raises(UserError, match="no detector nonsense"):
        MediaPipeDetector(DetectorSettings(model="nonsense"))
    whole = model_path("nanodet").read_bytes()
    at = whole.index(b"labels.txt")
    without_names = whole[:at] + b"labelz.txt" + whole[at + 10 :]  # which its own description asks for
    path, tried = tmp_path / "größer.tflite", []
    monkeypatch.setattr("tracking.detection.trial.run_in_child", lambda *given: tried.append(1) or run_in_child(*given))
    for content in (b"", b"text, not a network", bytes(4096), without_names):
        path.write_bytes(content)
        with pytest.raises(UserError, match="not a detector"):
            MediaPipeDetector(DetectorSettings(model=str(path)))
    assert len(tried) == 1, "no process is begun for what is no network at first sight"


def test_another_file_by_path(tmp_path, walker):
    path = tmp_path / "mein Netz.tflite"
    path.write_bytes(model_path("efficientdet-lite0").read_bytes())
    detector = MediaPipeDetector(DetectorSettings(model=str(path)))
    assert len(detector.detect(walker[0])) >= 1
    detector.close()


@pytest.mark.parametrize("settings", [{"min_score": 0}, {"min_score": 1.0}, {"max_detections": 0}])
def test_settings_have_limits(settings):
    with pytest.raises(UserError):
        DetectorSettings(**settings)


def test_native_notices_stay_silent():
    import subprocess
    import sys

    code = (
        "import numpy as np; from tracking.detection.mediapipe_detector import MediaPipeDetector;"
        "d = MediaPipeDetector(); d.detect(np.zeros((64, 64, 3), np.uint8))"
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stderr == ""
