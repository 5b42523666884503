"""One clip, measured in rounds: file engine, PoseLandmarker, live engine, then all of them again."""

import os
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from app.bench.landmarker import Landmarker
from app.bench.timed_parts import (
    Stopwatch,
    TimedDetector,
    TimedProcessor,
    TimedSession,
    TimedSinks,
    TimedSource,
)
from app.engine.life_cycle import EngineState
from app.engine.live import LiveEngine
from app.engine.live_options import LiveOptions
from app.engine.memory import resident_bytes
from app.engine.processor import Processor
from app.runs.file_run import FileRun
from app.runs.run_source import open_run_source
from app.runs.session_header import run_header
from app.runs.sinks import Sink, TableSink, VideoSink
from app.runs.track_processor import SharedModels
from ppnet.errors import UserError
from tracking import assignment
from tracking.detection.mediapipe_detector import quiet_native_logs
from tracking.run_settings import RunSettings
from tracking.session.format import SessionHeader
from tracking.types import FrameResult
from tracking.video.source import VideoInfo

Side = Literal["file", "live", "landmarker"]
LOOK_S = 0.02  # how often memory is looked at
WARM_UP_FRAMES = 10


@dataclass(frozen=True, slots=True)
class Round:
    """A side's way through the clip once.

    given, tracked: frames. people: in a frame, the median. wall_s: from the start to the last file closed. cpu_s: of
    all cores of this program meanwhile. peak_bytes: most memory in use. seconds: of each frame, by stage
    (`timed_parts.STAGES`, and "wait" for the detector, which is less than its looks where it looks ahead). delays_s:
    live, of each tracked frame from its capture to its result.
    """

    side: Side
    given: int
    tracked: int
    people: int
    wall_s: float
    cpu_s: float
    peak_bytes: int
    seconds: Mapping[str, tuple[float, ...]]
    delays_s: tuple[float, ...] = ()

    @property
    def fps(self) -> float:
        """Frames tracked in a second."""
        return self.tracked / self.wall_s

    @property
    def chain_s(self) -> float:
        """Seconds a frame from detector to smoothing, the mean: a detector that looks now and then is spread."""
        return self.total_s("chain") / max(1, self.tracked)

    @property
    def overlap(self) -> float:
        """Seconds of work of all threads in a second: 1 when one waits for the other, above when they overlap."""
        at_work_s = self.total_s("decode", "chain", "detect", "store", "write") - self.total_s("wait")
        return at_work_s / self.wall_s

    @property
    def cores_busy(self) -> float:
        """Share of all cores' time that this program used."""
        return self.cpu_s / self.wall_s / (os.cpu_count() or 1)

    @property
    def work_s(self) -> float:
        """Seconds of all cores in a frame; other programs change it much less than the wall time."""
        return self.cpu_s / max(1, self.tracked)

    @property
    def besides(self) -> float:
        """Share of the wall time in which the network was not at work, and nothing waited for the detector."""
        return max(0.0, 1 - self.total_s("wait", "pose") / self.wall_s)

    def total_s(self, *stages: str) -> float:
        """Seconds of the stages in all frames together."""
        return sum(sum(self.seconds.get(stage, ())) for stage in stages)


@dataclass
class _Meter:
    """Wall time, time of all cores and memory from its making on."""

    began_s: float = field(default_factory=time.perf_counter)
    began_cpu_s: float = field(default_factory=time.process_time)
    peak_bytes: int = 0

    def look(self) -> None:
        self.peak_bytes = max(self.peak_bytes, resident_bytes())

    def spent_s(self) -> tuple[float, float]:
        return time.perf_counter() - self.began_s, time.process_time() - self.began_cpu_s


class Bench:
    """Measures one clip with one set of settings. Used by one thread, in a `with` block; networks are loaded once.

    landmarker: a .task file of MediaPipe, to be measured too. with_live: whether the clip is also played as a camera.
    with_outputs: whether the file engine writes table and annotated video, as `track` does.
    """

    def __init__(
        self,
        clip: str | Path,
        settings: RunSettings,
        *,
        landmarker: Path | None = None,
        with_live: bool = True,
        with_outputs: bool = False,
    ) -> None:
        """UserError when the clip, a model or the device is not there, or the clip is no file."""
        self._clip, self._settings = clip, settings
        self._landmarker_path = landmarker
        self._landmarker: Landmarker | None = None
        self._with_live, self._with_outputs = with_live, with_outputs
        if landmarker is not None and not landmarker.is_file():
            raise UserError(
                f"There is no file {landmarker}; give --against a .task file of MediaPipe's PoseLandmarker."
            )
        with open_run_source(settings, clip) as source:
            self.info: VideoInfo = source.info
        if self.info.is_live:
            raise UserError("Every round needs the same frames: give a video file or a folder of images.")
        self.people = 0
        """People in a frame of the first round; PoseLandmarker looks for as many."""
        self._models = SharedModels(settings)
        self._folder = TemporaryDirectory(prefix="ppnet-live-bench-")

    def __enter__(self) -> "Bench":
        return self

    def __exit__(self, *_error: object) -> None:
        if self._landmarker is not None:
            self._landmarker.close()
        self._models.close()
        self._folder.cleanup()

    @property
    def device(self) -> str:
        """What really computes."""
        estimator = self._models.fresh().estimator
        return f"{getattr(estimator, 'device_name', '')}, {getattr(estimator, 'precision', '')}"

    @property
    def header(self) -> SessionHeader:
        """Facts of clip, settings and weights."""
        return run_header(self.info, self._settings)

    def measure(self, rounds: int, tell: Callable[[str], object] = lambda _words: None) -> list[Round]:
        """All rounds, in turn. UserError when the clip has no pictures, or one of the sides can't go on.

        The first frames are gone through once before, untimed. PoseLandmarker is loaded after the first round of the
        file engine, whose memory is then the program's own.
        """
        self._header = self.header
        self._warm_up(self._models.fresh())
        assignment.load()  # in a run of its own a camera has this loaded by the time that its networks are
        done: list[Round] = []
        for number in range(1, rounds + 1):
            tell(f"round {number} of {rounds}: file engine")
            done.append(self._own_round())
            self.people = self.people or done[0].people
            if self._with_live:
                tell(f"round {number} of {rounds}: live engine, at the clip's own rate")
                done.append(self._live_round())
            if self._landmarker_path is not None:
                tell(f"round {number} of {rounds}: PoseLandmarker")
                done.append(self._peer_round(self._landmarker_path))
        return done

    def _warm_up(self, processor: Processor) -> None:
        with open_run_source(self._settings, self._clip) as source:
            frames = [frame for frame, _ in zip(source, range(WARM_UP_FRAMES), strict=False)]
        if not frames:
            raise UserError(f"{self.info.name} has no frames; there is nothing to measure.")
        for frame in frames:
            processor.process(frame)

    def _chain(self, watch: Stopwatch) -> Processor:
        pipeline = self._models.fresh()
        pipeline.detector = TimedDetector(pipeline.detector, watch)
        return TimedProcessor(pipeline, watch)

    def _peer(self, path: Path, watch: Stopwatch) -> Processor:
        if self._landmarker is None:
            self._landmarker = Landmarker(path, people=max(1, self.people), skeleton=self._header.skeleton)
            with quiet_native_logs():
                self._warm_up(self._landmarker)
        self._landmarker.reset()
        return TimedProcessor(self._landmarker, watch)

    def _session(self, watch: Stopwatch) -> TimedSession:
        path = Path(self._folder.name) / "bench_session.ppnet"
        session = TimedSession.create(path, self._header, overwrite=True)
        session.watch = watch
        return session

    def _sinks(self, watch: Stopwatch) -> list[TimedSinks]:
        if not self._with_outputs:
            return []
        folder = Path(self._folder.name)
        sinks: list[Sink] = [
            TableSink(folder / "bench_keypoints.csv", self._header.skeleton),
            VideoSink(folder / "bench_annotated.mp4", self.info),
        ]
        return [TimedSinks(sinks, watch)]

    def _own_round(self) -> Round:
        watch = Stopwatch()
        return self._file_round("file", watch, self._chain(watch), self._sinks(watch))

    def _peer_round(self, path: Path) -> Round:
        watch = Stopwatch()
        return self._file_round("landmarker", watch, self._peer(path, watch), [])

    def _file_round(self, side: Side, watch: Stopwatch, processor: Processor, sinks: list[TimedSinks]) -> Round:
        results = _Results()
        with self._session(watch) as session:
            run = FileRun(
                lambda: TimedSource(open_run_source(self._settings, self._clip), watch),
                lambda _settings, _current: processor,
                self._settings,
                session=session,
                sinks=sinks,
                on_result=results.add,
            )
            meter = _Meter()
            run.start()
            try:
                meter.look()
                while not run.wait(LOOK_S):
                    meter.look()
            finally:
                run.stop(None)
            wall_s, cpu_s = meter.spent_s()
        return results.round(side, watch, wall_s, cpu_s, meter.peak_bytes, given=len(watch.seconds["decode"]))

    def _live_round(self) -> Round:
        watch, results = Stopwatch(), _Results()
        processor = self._chain(watch)
        source = TimedSource(open_run_source(self._settings, self._clip), watch, as_camera=True)
        engine = LiveEngine(
            lambda: source,
            lambda _settings, _current: processor,
            self._settings,
            options=LiveOptions(shed=False),
            session=self._session(watch),
            on_result=results.add,
        )
        meter = _Meter()
        engine.start()
        try:
            while engine.state.is_active:
                time.sleep(LOOK_S)
                meter.look()
        finally:
            engine.stop(10.0)
        wall_s, cpu_s = meter.spent_s()
        if engine.state is EngineState.FAULTED:
            raise UserError(" ".join(notice.words for notice in engine.status().notices))
        delays_s = tuple(at - source.given_s[index] for at, index in zip(results.moments, results.indices, strict=True))
        given = len(source.given_s)
        return results.round("live", watch, wall_s, cpu_s, meter.peak_bytes, given=given, delays_s=delays_s)


class _Results:
    """When results came, and what of them counts here. Used by one thread of a run."""

    def __init__(self) -> None:
        self.moments: list[float] = []
        self.indices: list[int] = []
        self._people: list[int] = []
        self._times: dict[str, list[float]] = {"wait": [], "track": [], "pose": [], "smooth": []}

    def add(self, result: FrameResult) -> None:
        """Takes the next one."""
        self.moments.append(time.monotonic())
        self.indices.append(result.frame_index)
        self._people.append(len(result))
        for stage, seconds in self._times.items():
            seconds.append(getattr(result.times, "detect_s" if stage == "wait" else f"{stage}_s"))

    def round(
        self,
        side: Side,
        watch: Stopwatch,
        wall_s: float,
        cpu_s: float,
        peak_bytes: int,
        *,
        given: int,
        delays_s: tuple[float, ...] = (),
    ) -> Round:
        """All that was measured."""
        own = {} if side == "landmarker" else self._times
        return Round(
            side=side,
            given=given,
            tracked=len(self.indices),
            people=round(statistics.median(self._people or [0])),
            wall_s=wall_s,
            cpu_s=cpu_s,
            peak_bytes=peak_bytes,
            seconds={stage: tuple(seconds) for stage, seconds in {**watch.seconds, **own}.items()},
            delays_s=delays_s,
        )
