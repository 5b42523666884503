"""Detector files from elsewhere are tried in a child process first."""

import subprocess
from pathlib import Path

import pytest

from ppnet.errors import UserError
from tracking.detection.detector import DETECTORS, SHIPPED_SHA256, DetectorSettings, MediaPipeDetector, model_path
from tracking.detection.trial import try_in_child


def test_a_file_that_brings_its_process_down_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "bad.tflite"
    path.write_bytes(b"x")
    monkeypatch.setattr("tracking.detection.trial._TRIAL", "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
    with pytest.raises(UserError, match="is damaged"):
        MediaPipeDetector(DetectorSettings(model=str(path)))


def test_shipped_detectors_need_no_trial(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "run", lambda *_args, **_more: pytest.fail("a child was started"))
    for name in DETECTORS:
        try_in_child(model_path(name), known_sha256=SHIPPED_SHA256)


def test_a_sound_file_from_elsewhere_passes_and_text_is_refused_in_words(tmp_path: Path) -> None:
    own = tmp_path / "own.tflite"
    own.write_bytes(model_path("nanodet").read_bytes() + b"\0")
    try_in_child(own, known_sha256=SHIPPED_SHA256)
    text = tmp_path / "text.tflite"
    text.write_bytes(b"hello")
    with pytest.raises(UserError, match="is not a detector"):
        MediaPipeDetector(DetectorSettings(model=str(text)))
