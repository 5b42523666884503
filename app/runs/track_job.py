"""`TrackJob`: one input tracked into its files, with models that other inputs share."""

import contextlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Any, Protocol

import ppnet
from app.runs.file_run import FileRun
from app.runs.meta import Tally, network_facts, source_facts, write_meta
from app.runs.outputs import OutputPaths, StillThere
from app.runs.run_source import open_run_source
from app.runs.second_pass import not_made, write_again
from app.runs.session_header import run_header, weights_info
from app.runs.sinks import Sink, TableSink, VideoSink
from app.runs.track_processor import SharedModels
from ppnet.errors import UserError
from tracking.drawing.annotated_video import AnnotatedVideo
from tracking.focus_person import SOON_S, PersonAt
from tracking.pipeline import Pipeline
from tracking.run_settings import RunSettings
from tracking.session.edits import OnlyPerson
from tracking.session.format import SessionInUseError
from tracking.session.session import Session
from tracking.session.writer_lock import WriterLock, refuse_if_written
from tracking.types import Frame, FrameResult
from tracking.video.source import VideoSource

LOOK_S = 0.1  # how soon a stop is seen


@dataclass(frozen=True, slots=True)
class RunReport:
    """How a run ended. complete: every picture asked for was tracked and written. cut_off: not that, but every one that
    can be read of an input whose end is missing. exports: files of further formats."""

    paths: OutputPaths
    frames: int
    people: int
    fps: float
    device: str
    complete: bool
    notices: tuple[str, ...]
    exports: tuple[Path, ...] = ()
    cut_off: bool = False

    @property
    def files(self) -> tuple[Path, ...]:
        """All that came of it, the video first."""
        return (*self.paths.all(), *self.exports)

    def line(self) -> str:
        """The files and the numbers, in one line."""
        people = "1 person" if self.people == 1 else f"{self.people} people"
        frames = "1 frame" if self.frames == 1 else f"{self.frames} frames"
        files = ", ".join(str(path) for path in self.files)
        end = "" if self.complete else " (not complete)"
        return f"{files}: {frames}, {people}, {self.fps:.1f} fps on {self.device}{end}"


class Stage(Enum):
    """What a job is doing, in words for people."""

    OPENING = "opening the video"
    LOADING = "loading the networks"
    TRACKING = "tracking"


class Watch(Protocol):
    """Called when another stage begins, and every `LOOK_S` while frames are tracked; False stops the job."""

    def __call__(self, done: int, total: int | None, stage: Stage = Stage.TRACKING, /) -> bool:
        """Frames done, and frames in all."""
        ...


class OutputsInUseError(UserError):
    """Somebody else writes files of the same name."""


class TrackJob:
    """Tracks one source into its output files. Used by one thread.

    What looks ahead (smoothing of that kind, one person chosen after the start) is made from the session afterwards;
    until then table and video have what the forward filter gives, and everybody.
    """

    def __init__(
        self, spec: str | Path, paths: OutputPaths, settings: RunSettings, models: SharedModels, *, watch: Watch
    ) -> None:
        self._spec, self._paths, self._settings, self._models = spec, paths, settings, models
        self._watch = watch
        self._still_there = StillThere(paths)
        self._tally = Tally()
        self._video: AnnotatedVideo | None = None
        self._notices: list[str] = []
        self._is_stopped = False
        self._decode_s = 0.0
        self._started = datetime.now(UTC)
        self._began_s = self._ended_s = time.monotonic()

    def run(self) -> RunReport:
        """Do it. UserError when the input cannot be read, an output cannot be written, or another program writes
        outputs of the same name; what is finished stays."""
        with open_run_source(self._settings, self._spec) as source, self._outputs_locked():
            if not self._models.are_loaded:
                self._watched(0, None, Stage.LOADING)
            self._pipeline = self._models.fresh()
            self._network = getattr(self._pipeline.estimator, "info", None) or weights_info(self._settings)
            refuse_if_written(self._paths.working_session)  # by the window, say: then nothing of its files is touched
            self._write_meta(source)
            try:
                with self._session(source) as session:
                    self._track(source, session)
                    is_done = self._look_back(source, session)
                if self._tally.frames:
                    self._still_there.check_ended()
            except Exception as error:
                self._notices = [*source.notices, *self._notices, str(error)]
                with contextlib.suppress(UserError):  # a full disk, say: the first error is the one to tell
                    self._write_meta(source)
                raise
            self._notices = [*source.notices, *(self._video.notices if self._video else ()), *self._notices]
            self._write_meta(source, is_done=is_done)
        return RunReport(
            paths=self._paths.existing(),
            frames=self._tally.frames,
            people=len(self._tally.people),
            fps=self._fps(),
            device=self._device(),
            complete=is_done and not source.ended_early,
            notices=tuple(self._notices),
            cut_off=is_done and source.ended_early,
        )

    # The run itself

    @contextmanager
    def _outputs_locked(self) -> Iterator[None]:
        """Nobody else writes files of the same name meanwhile, whether there is a session among them or not."""
        stem = self._paths.stem
        try:
            lock = WriterLock(stem)
        except SessionInUseError as error:
            raise OutputsInUseError(
                f"{stem.name}_... in {stem.parent} is being written by {error.owner}; "
                "wait until it is finished, or choose another folder."
            ) from error
        with lock:
            yield

    @contextmanager
    def _session(self, source: VideoSource) -> Iterator[Session]:
        header = run_header(source.info, self._settings, self._network)
        path = self._paths.working_session
        session = Session.create(path, header, overwrite=True)
        try:
            with session:
                yield session
        finally:
            if self._paths.session is None:
                path.unlink(missing_ok=True)

    def _track(self, source: VideoSource, session: Session) -> None:
        """Every frame into the session and the files."""
        processor = _Processor(self._pipeline)
        run = FileRun(
            lambda: source,
            lambda _settings, _current: processor,
            self._settings,
            session=session,
            sinks=self._sinks(source, session),
        )
        run.limit(self._settings.span)
        twice = self._settings.smoothing.looks_ahead and not source.info.is_live
        self._began_s = time.monotonic()
        run.start()
        try:
            ended = False
            while not ended:
                ended, status = run.wait(LOOK_S), run.status()
                total = status.total if status.total is None else status.total * (2 if twice else 1)
                if not self._watched(status.done, total) and not ended:
                    run.stop(timeout_s=0.0)
        except UserError:
            run.stop(timeout_s=None)
            self._check_outputs()  # the reason of errors of every kind
            raise
        finally:
            self._notices += self._pipeline.notices
            self._ended_s, self._decode_s = time.monotonic(), run.decode_s

    def _sinks(self, source: VideoSource, session: Session) -> list[Sink]:
        sinks: list[Sink] = []
        try:
            if self._paths.table:
                sinks.append(TableSink(self._paths.table, session.header.skeleton))
            if self._paths.video:
                self._paths.video.unlink(missing_ok=True)  # that of an earlier run
                sink = VideoSink(
                    self._paths.video, source.info, self._paths.wanted.layers, sound_span=self._settings.span
                )
                sinks.append(sink)
                self._video = sink.video
            sinks += self._paths.wanted.targets.opened(session.header.skeleton)
        except BaseException:
            for opened in sinks:
                opened.abandon()
            raise
        return [*sinks, self._tally]

    # What is known only at the end

    def _look_back(self, source: VideoSource, session: Session) -> bool:
        """Brings session, table and video to what is known now; False when the run was stopped before that."""
        focus = self._pipeline.focus
        if session.complete and focus.place is not None and focus.track_id is None:
            session.go_on()
            raise nobody_at(focus.place)
        if not session.complete and self._is_stopped:
            frames = self._tally.frames
            after = "before the first frame" if not frames else f"after {frames} frame{'s' * (frames > 1)}"
            self._notices.append(f"It was stopped {after}.")
        if source.info.is_live:
            return session.complete
        alone = focus.track_id if set(self._tally.people) - {focus.track_id} else None
        if alone is not None:
            session.add_edit(OnlyPerson(alone))
        smoothed = self._settings.smoothing.looks_ahead
        if alone is None and not (smoothed and self._tally.frames and (self._paths.table or self._paths.video)):
            return session.complete
        if not session.complete or not write_again(session, self._paths, self._spec, self._watched):
            self._notices.append(not_made(self._paths, alone=alone is not None, smoothed=smoothed))
            return False
        if alone is not None:
            self._tally.keep_only(alone)
        return True

    def _check_outputs(self) -> None:
        if self._tally.frames:  # before, there may be no video
            self._still_there.check()

    def _watched(self, done: int, total: int | None, stage: Stage = Stage.TRACKING, /) -> bool:
        """False when the run is to be stopped. UserError when its outputs are not there any more."""
        self._check_outputs()
        if not self._watch(done, total, stage):
            self._is_stopped = True
        return not self._is_stopped

    # The meta file

    def _device(self) -> str:
        return str(getattr(self._pipeline.estimator, "device_name", "cpu"))

    def _fps(self) -> float:
        return self._tally.frames / max(self._ended_s - self._began_s, 1e-9)

    def _write_meta(self, source: VideoSource, *, is_done: bool = False) -> None:
        """is_done: nothing is left to be tracked or written, whether the input's end is there or missing."""
        estimator: Any = self._pipeline.estimator
        outputs = (self._paths.existing() if self._tally.frames or self._is_stopped else self._paths).named()
        seconds = {
            "decode": self._decode_s,
            **self._tally.seconds,
            "draw": self._video.draw_s if self._video else 0.0,
            "encode": self._video.encode_s if self._video else 0.0,
        }
        facts = {
            "program": "PPNet Live",
            "version": ppnet.__version__,
            "complete": is_done and not source.ended_early,
            "input_cut_off": is_done and source.ended_early,
            "notices": self._notices,
            "input": source_facts(source.info),
            "outputs": {name: path.name for name, path in outputs.items()},
            **self._tally.facts(),
            "model": network_facts(self._network),
            "device": getattr(estimator, "device_name", None),
            "precision": getattr(estimator, "precision", None),
            "settings": self._settings.to_plain(),
            "timings": {f"{stage}_s": round(value, 4) for stage, value in seconds.items()},
            "fps": round(self._fps(), 2),
            "wall_s": round(time.monotonic() - self._began_s, 3),
            "started_utc": self._started.isoformat(timespec="seconds"),
            "coordinates": "pixels of the upright picture, origin top left, pixel centres at whole numbers",
            "times": "presentation times of the file in seconds",
        }
        write_meta(self._paths.meta, facts)


class Workplace(Protocol):
    """Where inputs are tracked, one at a time: this process, others, or other machines. Used by one thread."""

    def track(self, spec: str, paths: OutputPaths, watch: Watch) -> RunReport:
        """See `TrackJob`."""
        ...

    def close(self) -> None:
        """Frees the models."""
        ...


class Here:
    """This process; the models are loaded for the first input and kept."""

    def __init__(self, settings: RunSettings) -> None:
        self._settings, self._models = settings, SharedModels(settings)

    def track(self, spec: str, paths: OutputPaths, watch: Watch) -> RunReport:
        """See `TrackJob`."""
        return TrackJob(spec, paths, self._settings, self._models, watch=watch).run()

    def close(self) -> None:
        """Frees the models."""
        self._models.close()


class _Processor:
    """The chain of one run; whoever is to be followed alone must be found in time. The models stay loaded."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline

    def process(self, frame: Frame) -> FrameResult:
        """Everything known of the next frame. UserError when nobody was at the place that was asked for."""
        result = self._pipeline.process(frame)
        focus = self._pipeline.focus
        if focus.place is not None and focus.is_missed:
            raise nobody_at(focus.place)
        return result

    def expect(self, frame: Frame) -> None:
        """See `Pipeline.expect`."""
        self._pipeline.expect(frame)

    def reset(self) -> None:
        """Forgets all people."""
        self._pipeline.reset()

    def close(self) -> None:
        """Leaves the models to the next run."""
        self._pipeline.rest()


def nobody_at(at: PersonAt) -> UserError:
    """Says that there is nobody to follow."""
    return UserError(
        f"Nobody was found at {at.x:g},{at.y:g} within {SOON_S:g} s of {at.time_s:g} s; "
        "give a place inside a person, in pixels, and a time at which they are seen (--only X,Y@SECONDS)."
    )
