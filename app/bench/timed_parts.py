"""The parts of a run, each writing down how long its work took."""

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import numpy.typing as npt

from app.engine.processor import Processor
from app.runs.sinks import Sink
from tracking.detection.detector import PersonDetector
from tracking.session.session import Session
from tracking.types import Detections, Frame, FrameResult
from tracking.video.source import ClosingSource, VideoSource

STAGES = ("decode", "detect", "track", "pose", "smooth", "chain", "store", "write")
"""decode: a frame read; detect: a look of the detector; chain: all from detector to smoothing; store: the session;
write: table and annotated video."""


class Stopwatch:
    """Seconds of every piece of work, by stage. Each stage is timed by one thread."""

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = defaultdict(list)

    @contextmanager
    def time(self, stage: str) -> Iterator[None]:
        """Times what is done inside."""
        began_s = time.perf_counter()
        yield
        self.seconds[stage].append(time.perf_counter() - began_s)


class TimedSource(ClosingSource):
    """A file, read as fast as wanted or, with `as_camera`, played: each frame is given when its time has come.

    given_s: `time.monotonic` at which frame i was given.
    """

    def __init__(self, source: VideoSource, watch: Stopwatch, *, as_camera: bool = False) -> None:
        self._source, self._watch, self._as_camera = source, watch, as_camera
        self._info = source.info
        self.given_s: list[float] = []

    @property
    def notices(self) -> tuple[str, ...]:
        """What was wrong with the file."""
        return self._source.notices

    def __iter__(self) -> Iterator[Frame]:
        frames = iter(self._source)
        began_s: float | None = None
        while True:
            with self._watch.time("decode"):
                frame = next(frames, None)
            if frame is None:
                self._watch.seconds["decode"].pop()  # the end of the file is no frame
                return
            if began_s is None:
                began_s = time.monotonic() - frame.time_s
            if self._as_camera:
                time.sleep(max(0.0, began_s + frame.time_s - time.monotonic()))
            self.given_s.append(time.monotonic())
            yield frame

    def close(self) -> None:
        """Closes the file."""
        self._source.close()


class TimedDetector:
    """Times each look (a `PersonDetector`). The detector within is shared by all rounds and stays open."""

    def __init__(self, detector: PersonDetector, watch: Stopwatch) -> None:
        self._detector, self._watch = detector, watch

    def detect(self, image: npt.NDArray[np.uint8]) -> Detections:
        with self._watch.time("detect"):
            return self._detector.detect(image)

    def close(self) -> None:
        """Nothing to close."""


class TimedProcessor:
    """Times the whole chain (a `Processor`). What is within is shared by all rounds and stays open."""

    def __init__(self, processor: Processor, watch: Stopwatch) -> None:
        self._processor, self._watch = processor, watch

    def process(self, frame: Frame) -> FrameResult:
        with self._watch.time("chain"):
            return self._processor.process(frame)

    def expect(self, frame: Frame) -> None:
        self._processor.expect(frame)

    def reset(self) -> None:
        self._processor.reset()

    def close(self) -> None:
        """Nothing to close."""


class TimedSession(Session):
    """Times each frame that is stored."""

    watch: Stopwatch

    def append(self, result: FrameResult, *, after: int | None = None) -> None:
        with self.watch.time("store"):
            super().append(result, after=after)


class TimedSinks:
    """Times what all sinks together do with a frame (a `Sink`)."""

    def __init__(self, sinks: list[Sink], watch: Stopwatch) -> None:
        self._sinks, self._watch = sinks, watch

    def write(self, frame: Frame, result: FrameResult) -> None:
        with self._watch.time("write"):
            for sink in self._sinks:
                sink.write(frame, result)

    def close(self, *, complete: bool) -> None:
        for sink in self._sinks:
            sink.close(complete=complete)

    def abandon(self) -> None:
        for sink in self._sinks:
            sink.abandon()
