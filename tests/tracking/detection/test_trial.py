"""Detector files from elsewhere are tried in a child process first."""

import subprocess
from functools import partial
from pathlib import Path
from unittest.mock import MagicMock

import numpy as np
import pytest

from ppnet.errors import UserError
from tracking.detection.detector import model_path
from tracking.detection.mediapipe_detector import SHIPPED_SHA256, MediaPipeDetector, open_file
from tracking.detection.onnx_detector import OnnxDetector, open_network
from tracking.detection.settings import DETECTORS, DetectorSettings
from tracking.detection.trial import try_in_child


@pytest.mark.parametrize(
    ("kind", "name", "begin"),
    [(MediaPipeDetector, "bad.tflite", b"\0\0\0\0TFL3"), (MediaPipeDetector, "bad.task", b"PK\x03\x04\0\0\0\0"),
     (OnnxDetector, "bad.onnx", b"")],
)  # fmt: skip
def test_a_file_that_brings_its_process_down_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: type, name: str, begin: bytes
) -> None:
    path = tmp_path / name
    path.write_bytes(begin + b"x")
    monkeypatch.setattr("tracking.child_process._PROGRAM", "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
    with pytest.raises(UserError, match="is damaged"):
        kind(DetectorSettings(model=str(path)))


def test_shipped_detectors_need_no_trial(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "run", lambda *_args, **_more: pytest.fail("a child was started"))
    for name in DETECTORS:
        try_in_child(model_path(name), open_file, known_sha256=SHIPPED_SHA256)


def test_a_sound_file_from_elsewhere_passes_once_and_text_is_refused_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PPNET_LIVE_CACHE", str(tmp_path / "cache"))
    own, text = tmp_path / "own.tflite", tmp_path / "text.tflite"
    own.write_bytes(model_path("nanodet").read_bytes() + b"\0")
    text.write_bytes(b"\0\0\0\0TFL3 hello")
    for _ in range(2):
        with pytest.raises(UserError, match="is not a detector"):
            MediaPipeDetector(DetectorSettings(model=str(text)))
    with pytest.raises(UserError, match="is not a detector"):
        try_in_child(own, open_network)
    try_in_child(own, open_file)
    monkeypatch.setattr(subprocess, "run", lambda *_args, **_more: pytest.fail("a child was started"))
    try_in_child(own, open_file)
    own.write_bytes(own.read_bytes() + b"\0")
    with pytest.raises(pytest.fail.Exception):
        try_in_child(own, open_file)


def test_the_child_opens_the_file_as_its_detector_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From any folder: a child that finds nothing to import would never die. Nor is a refused file opened here."""
    (path := tmp_path / "text.onnx").write_bytes(b"hello")
    monkeypatch.setattr(subprocess, "run", partial(subprocess.run, cwd=tmp_path))
    with pytest.raises(UserError, match=r"text\.onnx is not a detector"):
        try_in_child(path, open_network)


def test_a_graph_in_a_circle_does_not_take_all_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenVINO follows it for ever; what the child may not have, the program does not try to get."""
    onnx = pytest.importorskip("onnx", reason="pip install 'ppnet-live[export]'")
    make, kind = onnx.helper, onnx.TensorProto.FLOAT
    nodes = [make.make_node("Relu", ["a"], ["b"]), make.make_node("Add", ["in", "b"], ["a"])]
    ends = [[make.make_tensor_value_info(name, kind, [1, 3, 64, 64])] for name in ("in", "a")]
    model = make.make_model(make.make_graph(nodes, "g", *ends), opset_imports=[make.make_opsetid("", 13)], ir_version=8)
    monkeypatch.setattr("tracking.child_process.MAX_MEMORY", 2 * 2**30)
    (path := tmp_path / "circle.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(UserError, match=r"circle\.onnx"):
        OnnxDetector(DetectorSettings(model=str(path)))


def test_a_network_that_answers_about_no_picture_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tracking.detection.onnx_detector._input_size", lambda _model: 64)
    monkeypatch.setattr("tracking.detection.onnx_detector._compiled", lambda *_: (None, [np.zeros((0, 5, 84))]))
    monkeypatch.setattr("tracking.detection.onnx_detector.openvino_core", MagicMock())
    (path := tmp_path / "none.onnx").write_bytes(b"")
    with pytest.raises(UserError, match=r"none\.onnx is not a detector"):
        open_network(path)
