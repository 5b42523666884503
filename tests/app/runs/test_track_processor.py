"""Settings that change between two frames: all of them, or none."""

from typing import Any

import pytest

from app.runs.track_processor import TrackProcessor
from ppnet.errors import UserError
from tests.walkers import FakeDetector, FakeEstimator
from tracking.pipeline import Pipeline
from tracking.run_settings import RunSettings


class Scaled(FakeEstimator):
    """A network that can't read smaller crops than half."""

    device_name, precision, flip = "cpu", "fp32", False
    _scale = 1.0

    @property
    def input_scale(self) -> float:
        return self._scale

    @input_scale.setter
    def input_scale(self, scale: float) -> None:
        if scale < 0.5:
            raise UserError("too small")
        self._scale = scale


@pytest.fixture
def detectors(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Those that were built, in order."""
    built: list[Any] = []

    def build(_settings: RunSettings) -> FakeDetector:
        built.append(FakeDetector())
        return built[-1]

    monkeypatch.setattr("app.factory.build_detector", build)
    monkeypatch.setattr(
        "app.factory.build_pipeline", lambda settings: Pipeline(build(settings), Scaled(), settings=settings)
    )
    return built


def wanted(settings: RunSettings, scale: float) -> RunSettings:
    return settings.changed({"detector.model": "nanodet", "network.flip": True, "network.input_scale": scale})


def test_what_is_refused_in_part_changes_nothing(detectors: list[Any]) -> None:
    begun = RunSettings().changed({"network.flip": False})
    processor = TrackProcessor(begun)
    with pytest.raises(UserError, match="too small"):
        processor.apply(wanted(begun, 0.25))
    assert processor.settings == processor.pipeline.settings == begun
    assert processor.pipeline.detector is detectors[0] and [one.closed for one in detectors] == [False, True]
    assert not processor.pipeline.estimator.flip and processor.pipeline.estimator.input_scale == 1


def test_new_settings_change_what_differs(detectors: list[Any]) -> None:
    begun = RunSettings().changed({"network.flip": False})
    processor = TrackProcessor(begun)
    network = processor.pipeline.estimator
    processor.apply(wanted(begun, 0.5))
    assert processor.settings == processor.pipeline.settings == wanted(begun, 0.5)
    assert processor.pipeline.detector is detectors[1] and [one.closed for one in detectors] == [True, False]
    assert processor.pipeline.estimator is network and network.flip and network.input_scale == 0.5
