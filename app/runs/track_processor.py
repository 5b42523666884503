"""What runs compute with: a pipeline whose settings may change between two frames, and networks shared by many runs."""

from dataclasses import replace
from typing import Any

from app import factory
from ppnet.errors import UserError
from tracking.pipeline import Pipeline
from tracking.run_settings import RunSettings
from tracking.types import Frame, FrameResult


class TrackProcessor:
    """`Pipeline` with the `RunSettings` it was made from. Used by one thread only."""

    def __init__(self, settings: RunSettings) -> None:
        """Loads the networks. UserError when a model or the device is not there."""
        self.settings = settings
        self.pipeline = factory.build_pipeline(settings)

    @property
    def device_name(self) -> str:
        """What really computes, with its number format."""
        estimator: Any = self.pipeline.estimator
        return f"{estimator.device_name}, {estimator.precision}"

    @property
    def notices(self) -> tuple[str, ...]:
        """See `Pipeline.notices`."""
        return self.pipeline.notices

    def process(self, frame: Frame) -> FrameResult:
        """Everything known of the next frame."""
        return self.pipeline.process(frame)

    def expect(self, frame: Frame) -> None:
        """See `Pipeline.expect`."""
        self.pipeline.expect(frame)

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
            estimator = factory.build_estimator(now)
        detector = old = self.pipeline.detector
        if (settings.detector, settings.region) != (self.settings.detector, self.settings.region):
            detector = factory.build_detector(settings)
        try:
            estimator.input_scale = now.input_scale  # the last thing that may be refused
        except UserError:
            if detector is not old:
                detector.close()
            raise
        estimator.flip = now.flip
        self.pipeline.estimator = estimator
        if detector is not old:
            self.pipeline.detector = detector
            old.close()
        self.pipeline.apply(settings)
        self.settings = settings


def build_processor(settings: RunSettings, current: TrackProcessor | None) -> TrackProcessor:
    """The engines' `ProcessorBuilder`: the one in use with the settings applied, or the first one."""
    if current is None:
        return TrackProcessor(settings)
    current.apply(settings)
    return current


class SharedModels:
    """The networks of many runs, one after another: loaded when the first run needs them, then kept."""

    def __init__(self, settings: RunSettings) -> None:
        self._settings = settings
        self._first: Pipeline | None = None

    @property
    def are_loaded(self) -> bool:
        """Whether no time is needed for that any more."""
        return self._first is not None

    def fresh(self) -> Pipeline:
        """A chain that knows nobody yet, so that the numbers of people begin at 1 in every run. UserError when a model
        or the device is not there."""
        if self._first is None:
            self._first = factory.build_pipeline(self._settings)
        return Pipeline(self._first.detector, self._first.estimator, settings=self._settings)

    def close(self) -> None:
        """Frees the models."""
        if self._first is not None:
            self._first.close()
            self._first = None
