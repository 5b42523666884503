"""The engines' processor: a pipeline whose settings may change between two frames, rebuilt only where they did."""

from dataclasses import replace
from typing import Any

from app.factory import build_detector, build_estimator, build_pipeline
from tracking.run_settings import RunSettings
from tracking.types import Frame, FrameResult


class TrackProcessor:
    """`Pipeline` with the `RunSettings` it was made from. Used by one thread only."""

    def __init__(self, settings: RunSettings) -> None:
        """Loads the networks. UserError when a model or the device is not there."""
        self.settings = settings
        self.pipeline = build_pipeline(settings)

    @property
    def device_name(self) -> str:
        """What really computes, with its number format."""
        estimator: Any = self.pipeline.estimator
        return f"{estimator.device_name}, {estimator.precision}"

    def process(self, frame: Frame) -> FrameResult:
        """Everything known of the next frame."""
        return self.pipeline.process(frame)

    def reset(self) -> None:
        """Forgets all people; numbers go on rising."""
        self.pipeline.reset()

    def close(self) -> None:
        """Frees the detector."""
        self.pipeline.close()

    def apply(self, settings: RunSettings) -> None:
        """Changes what differs, and keeps the people. UserError leaves everything as it was."""
        estimator: Any = self.pipeline.estimator
        now, before = settings.network, self.settings.network
        if now != replace(before, flip=now.flip, input_scale=now.input_scale):
            estimator = build_estimator(now)
        if (settings.detector, settings.region) != (self.settings.detector, self.settings.region):
            old, self.pipeline.detector = self.pipeline.detector, build_detector(settings)
            old.close()
        estimator.flip = now.flip
        if estimator.input_scale != now.input_scale:
            estimator.input_scale = now.input_scale
        self.pipeline.estimator = estimator
        self.pipeline.apply(settings)
        self.settings = settings


def build_processor(settings: RunSettings, current: TrackProcessor | None) -> TrackProcessor:
    """The engines' `ProcessorBuilder`: the one in use with the settings applied, or the first one."""
    if current is None:
        return TrackProcessor(settings)
    current.apply(settings)
    return current
