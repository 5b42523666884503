import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from app.factory import build_detector
from ppnet.errors import UserError
from tests.shared_material import SHARED, shared
from tests.tracking.detection.test_detector import walker  # noqa: F401
from tracking.detection.onnx_detector import OnnxDetector
from tracking.detection.settings import DetectorSettings
from tracking.detection.tiles import TiledDetector
from tracking.run_settings import RunSettings

RTMDET = SHARED / "models" / "rtmdet_nano_person.onnx"
ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def detector():
    return OnnxDetector(DetectorSettings(model=str(shared(RTMDET))))


def test_finds_the_walker_once(detector, walker):  # noqa: F811
    image, place = walker
    found = detector.detect(image)
    sure = found.boxes[found.scores > 0.4]
    assert len(sure) == 1
    assert sure[0] == pytest.approx(place, abs=40)
    assert (np.diff(found.scores) <= 0).all()
    assert (found.boxes[:, [0, 2]] <= image.shape[1]).all()


def test_the_input_is_made_larger_where_the_network_takes_it(detector):
    assert detector.input_size == 416


def test_tall_tiny_and_empty_pictures(detector, walker):  # noqa: F811
    image, place = walker
    tall = np.ascontiguousarray(image[:, 500:760])
    assert detector.detect(tall).boxes[0] + [500, 0, 500, 0] == pytest.approx(place, abs=40)
    assert len(detector.detect(np.zeros((1, 1, 3), np.uint8))) == 0
    assert len(detector.detect(np.zeros((0, 10, 3), np.uint8))) == 0
    with pytest.raises(ValueError, match="RGB"):
        detector.detect(image.astype(np.float32))


def test_settings_limit_what_is_found(walker):  # noqa: F811
    detector = OnnxDetector(DetectorSettings(model=str(shared(RTMDET)), min_score=0.05, max_detections=2))
    assert len(detector.detect(walker[0])) == 2
    detector.close()
    detector.close()
    with pytest.raises(ValueError, match="closed"):
        detector.detect(walker[0])


def test_files_that_are_no_networks(tmp_path):
    cut = shared(RTMDET).read_bytes()[:100_000]
    for name, content in {"empty.onnx": b"", "text.onnx": b"This is no network.", "cut.onnx": cut}.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(UserError, match=f"{name} is not a detector that can be used") as caught:
            OnnxDetector(DetectorSettings(model=str(tmp_path / name)))
        assert "\n" not in str(caught.value)
    with pytest.raises(UserError, match="There is no detector"):
        OnnxDetector(DetectorSettings(model=str(tmp_path / "none.onnx")))


def test_the_file_and_the_tiles_are_chosen_by_the_settings(walker):  # noqa: F811
    image, place = walker
    large = cv2.resize(image, None, fx=2, fy=2)
    whole, tiled = (
        build_detector(RunSettings(detector=DetectorSettings(model=str(shared(RTMDET)), tiles=tiles)))
        for tiles in ("off", "auto")
    )
    assert isinstance(whole, OnnxDetector)
    assert isinstance(tiled, TiledDetector)
    for detector in (whole, tiled):
        assert detector.detect(large).boxes[0] == pytest.approx(2 * place, abs=80)
        detector.close()


def test_openvino_is_loaded_without_its_telemetry():
    code = (
        "import sys; from ppnet.openvino_runtime import load_openvino; load_openvino().Core();"
        "print([name for name, module in sys.modules.items() if 'telemetry' in name and module is not None])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
