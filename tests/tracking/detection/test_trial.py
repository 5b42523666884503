"""Detector files from elsewhere are tried in a child process first."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from ppnet.errors import UserError
from tracking.detection.detector import (
    DETECTORS,
    SHIPPED_SHA256,
    DetectorSettings,
    MediaPipeDetector,
    model_path,
    open_file,
)
from tracking.detection.onnx_detector import OnnxDetector, open_network
from tracking.detection.trial import try_in_child


@pytest.mark.parametrize(
    ("kind", "name"), [(MediaPipeDetector, "bad.tflite"), (MediaPipeDetector, "bad.task"), (OnnxDetector, "bad.onnx")]
)
def test_a_file_that_brings_its_process_down_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: type, name: str
) -> None:
    path = tmp_path / name
    path.write_bytes(b"x")
    monkeypatch.setattr("tracking.child_process._PROGRAM", "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
    with pytest.raises(UserError, match="is damaged"):
        kind(DetectorSettings(model=str(path)))


def test_shipped_detectors_need_no_trial(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "run", lambda *_args, **_more: pytest.fail("a child was started"))
    for name in DETECTORS:
        try_in_child(model_path(name), open_file, known_sha256=SHIPPED_SHA256)


def test_a_sound_file_from_elsewhere_passes_and_text_is_refused_in_words(tmp_path: Path) -> None:
    own = tmp_path / "own.tflite"
    own.write_bytes(model_path("nanodet").read_bytes() + b"\0")
    try_in_child(own, open_file, known_sha256=SHIPPED_SHA256)
    text = tmp_path / "text.tflite"
    text.write_bytes(b"hello")
    with pytest.raises(UserError, match="is not a detector"):
        MediaPipeDetector(DetectorSettings(model=str(text)))


def test_the_child_opens_the_file_as_its_detector_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From any folder: a child that finds nothing to import would never die."""
    path = tmp_path / "text.onnx"
    path.write_bytes(b"hello")
    said = []

    def run(*args: Any, **options: Any) -> subprocess.CompletedProcess[bytes]:
        said.append(real(*args, **options, cwd=tmp_path))
        return said[-1]

    real = subprocess.run
    monkeypatch.setattr(subprocess, "run", run)
    try_in_child(path, open_network)
    assert b"text.onnx is not a detector" in said[0].stderr
