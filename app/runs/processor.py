"""The engines' processor: a pipeline whose settings may change between two frames, rebuilt only where they did."""

from typing import Any

from app.factory import build_detector, build_estimator, build_pipeline, pipeline_settings
from app.settings import TrackSettings
from tracking.types import Frame, FrameResult

ESTIMATOR_FIELDS = ("variant", "weights", "device")
DETECTOR_FIELDS = ("detector", "region")


class TrackProcessor:
    """`Pipeline` with the `TrackSettings` it was made from. Used by one thread only."""

    def __init__(self, settings: TrackSettings) -> None:
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

    def apply(self, settings: TrackSettings) -> None:
        """Changes what differs, and keeps the people. UserError leaves everything as it was."""
        estimator: Any = self.pipeline.estimator
        if any(getattr(settings, name) != getattr(self.settings, name) for name in ESTIMATOR_FIELDS):
            estimator = build_estimator(settings)
        if any(getattr(settings, name) != getattr(self.settings, name) for name in DETECTOR_FIELDS):
            old, self.pipeline.detector = self.pipeline.detector, build_detector(settings)
            old.close()
        estimator.flip = settings.flip
        if estimator.input_scale != settings.input_scale:
            estimator.input_scale = settings.input_scale
        self.pipeline.estimator = estimator
        self.pipeline.apply(pipeline_settings(settings))
        self.settings = settings


def build_processor(settings: TrackSettings, current: TrackProcessor | None) -> TrackProcessor:
    """The engines' `ProcessorBuilder`: the one in use with the settings applied, or the first one."""
    if current is None:
        return TrackProcessor(settings)
    current.apply(settings)
    return current
