"""One video tracked from beginning to end: reading, computing and writing at the same time, then the meta file."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import ppnet
from app.runs.outputs import OutputFiles, OutputPaths, write_meta
from app.runs.second_pass import looks_ahead, only_person, write_again
from app.runs.stages import run_stages
from ppnet.errors import UserError
from ppnet.skeleton import COCO_17, Skeleton
from tracking.focus_person import EVERYONE, SOON_S, FocusPerson
from tracking.pipeline import Pipeline
from tracking.run_settings import RunSettings
from tracking.session.edits import OnlyPerson
from tracking.session.format import SessionHeader
from tracking.session.session import Session
from tracking.types import Frame, FrameResult
from tracking.video.source import VideoInfo, VideoSource

QUEUE_BYTES = 64 * 2**20  # pictures waiting before and after the network, together at most twice this
STAGES = ("decode", "detect", "track", "pose", "smooth", "draw", "encode")


@dataclass
class RunTally:
    """What a run has counted so far."""

    frames: int = 0
    people: dict[int, dict[str, Any]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(STAGES, 0.0))
    first_s: float | None = None
    last_s: float | None = None
    shortest_s: float | None = None
    longest_s: float | None = None

    def add(self, result: FrameResult) -> None:
        """Count one result."""
        self.frames += 1
        if self.last_s is not None:
            step_s = result.time_s - self.last_s
            self.shortest_s = min(step_s, step_s if self.shortest_s is None else self.shortest_s)
            self.longest_s = max(step_s, step_s if self.longest_s is None else self.longest_s)
        self.first_s = result.time_s if self.first_s is None else self.first_s
        self.last_s = result.time_s
        for stage in ("detect", "track", "pose", "smooth"):
            self.seconds[stage] += getattr(result.times, f"{stage}_s")
        for track_id in result.tracks.ids.tolist():
            person = self.people.setdefault(track_id, {"id": track_id, "frames": 0, "first_time_s": result.time_s})
            person["frames"] += 1
            person["last_time_s"] = result.time_s


@dataclass(frozen=True, slots=True)
class RunReport:
    """How a run ended. complete: every picture asked for was tracked and written."""

    paths: OutputPaths
    frames: int
    people: int
    fps: float
    device: str
    complete: bool
    notices: tuple[str, ...]

    def line(self) -> str:
        """The files and the numbers, in one line."""
        people = "1 person" if self.people == 1 else f"{self.people} people"
        frames = "1 frame" if self.frames == 1 else f"{self.frames} frames"
        files = ", ".join(str(path) for path in self.paths.all())
        end = "" if self.complete else " (not complete)"
        return f"{files}: {frames}, {people}, {self.fps:.1f} fps on {self.device}{end}"


class TrackRun:
    """Tracks one source into its output files.

    The caller owns source and pipeline. `progress(frames)` is called as frames are finished, from another thread.
    Smoothing that looks ahead goes over the file twice; the first pass leaves what the forward filter gives. So does
    one person chosen after the start: until then nobody knows who it will be.
    After `stop` is set, the run ends within a frame: what was tracked is kept and the meta says it is not complete.
    """

    def __init__(
        self,
        source: VideoSource,
        pipeline: Pipeline,
        paths: OutputPaths,
        settings: RunSettings,
        *,
        stop: threading.Event | None = None,
        progress: Callable[[int], None] = lambda frames: None,
    ) -> None:
        self._source, self._pipeline, self._paths, self._settings = source, pipeline, paths, settings
        self._stop = stop or threading.Event()
        self._progress = progress
        self._tally = RunTally()
        self._looks_ahead = looks_ahead(settings.smoothing.kind, source)
        self._keep = self._looks_ahead or (settings.only is not None and not source.info.is_live)
        self._results: list[FrameResult] = []
        self._started = datetime.now(UTC)
        self._began_s = self._ended_s = time.monotonic()

    def run(self) -> RunReport:
        """Do it. UserError when an output cannot be written or the source breaks; finished parts stay readable."""
        write_meta(self._paths.meta, self._meta(complete=False))
        files = self._open()
        try:
            self._began_s = time.monotonic()
            run_stages(self._timed(), self._pipeline.process, self._finish(files), stop=self._stop, depth=self._depth())
            self._ended_s = time.monotonic()
            self._refuse_nobody(ended=not self._stop.is_set())
        except BaseException as error:
            self._ended_s = time.monotonic()
            self._close_after(error, files)
            raise
        whole = not self._stop.is_set() and not self._source.ended_early
        again = self._settle_results(files)
        files.close(complete=whole, sound_until_s=None if whole else self._tally.last_s)
        complete = (not again or self._stop.is_set() or self._second_pass()) and whole
        notices = (*self._source.notices, *_video_notices(files))
        write_meta(self._paths.meta, self._meta(complete=complete, notices=notices))
        return RunReport(
            paths=self._paths,
            frames=self._tally.frames,
            people=len(self._tally.people),
            fps=self._fps(),
            device=str(_of(self._pipeline.estimator, "device_name", "cpu")),
            complete=complete,
            notices=notices,
        )

    # -- stages ----------------------------------------------------------------------------------

    def _timed(self) -> Iterator[Frame]:
        """The source's frames, with the time that reading them takes."""
        frames = iter(self._source)
        while True:
            started_s = time.perf_counter()
            frame = next(frames, None)
            self._tally.seconds["decode"] += time.perf_counter() - started_s
            if frame is None:
                return
            yield frame

    def _finish(self, files: OutputFiles) -> Callable[[Frame, FrameResult], None]:
        def finish(frame: Frame, result: FrameResult) -> None:
            files.store(result)
            started_s = time.perf_counter()
            picture = files.picture(frame, result)
            drawn_s = time.perf_counter()
            files.show(picture, result.time_s)
            self._tally.seconds["draw"] += drawn_s - started_s
            self._tally.seconds["encode"] += time.perf_counter() - drawn_s
            self._tally.add(result)
            if self._keep:
                self._results.append(result)
            self._refuse_nobody()
            self._progress(self._tally.frames)

        return finish

    def _refuse_nobody(self, *, ended: bool = False) -> None:
        focus: FocusPerson = _of(self._pipeline, "focus", EVERYONE)
        at = focus.place
        if at is not None and (focus.is_missed or (ended and focus.track_id is None)):
            raise UserError(
                f"Nobody was found at {at.x:g},{at.y:g} within {SOON_S:g} s of {at.time_s:g} s; "
                "give a place inside a person, in pixels, and a time at which they are seen (--only X,Y@SECONDS)."
            )

    def _settle_results(self, files: OutputFiles) -> bool:
        """Brings the results to what is known at the end; whether table and video must be written again."""
        focus: FocusPerson = _of(self._pipeline, "focus", EVERYONE)
        others = False
        if focus.track_id is not None and self._keep:
            alone = only_person(self._results, focus.track_id)
            others = any(one is not was for one, was in zip(alone, self._results, strict=True))
            self._results = alone
        if others:
            self._tally.people = {i: facts for i, facts in self._tally.people.items() if i == focus.track_id}
            if files.session is not None:
                files.session.add_edit(OnlyPerson(focus.track_id))
        if self._looks_ahead:
            from tracking.smoothing.rts import smooth_results

            self._results = smooth_results(self._results, self._pipeline.settings.smoothing)
        return self._looks_ahead or others

    def _second_pass(self) -> bool:
        """Table and video with the results as they are now; False when it was stopped before it was done."""
        done = self._tally.frames
        try:
            return write_again(
                self._source,  # type: ignore[arg-type]  # only files and folders are looked at twice
                self._results,
                self._paths,
                skeleton=self._skeleton(),
                sound_span=self._settings.span,
                stop=self._stop,
                progress=lambda frames: self._progress(done + frames),
            )
        except BaseException as error:
            with contextlib.suppress(UserError):
                write_meta(self._paths.meta, self._meta(complete=False, notices=(str(error),)))
            raise

    def _depth(self) -> int:
        width, height = self._source.info.size_wh
        return 1 if self._source.info.is_live else min(max(QUEUE_BYTES // (width * height * 3), 2), 8)

    # -- files -----------------------------------------------------------------------------------

    def _open(self) -> OutputFiles:
        session = None
        if self._paths.session:
            header = SessionHeader(
                source=self._source.info,
                settings=self._settings.to_plain(),
                network=str(_of(self._model(), "network", "")),
                weights_sha256=str(_of(self._model(), "sha256", "")),
                skeleton=self._skeleton(),
            )
            session = Session.create(self._paths.session, header, overwrite=True)
        return OutputFiles.open(
            self._paths, self._source.info, session=session, skeleton=self._skeleton(), sound_span=self._settings.span
        )

    def _close_after(self, error: BaseException, files: OutputFiles) -> None:
        """Finish what can be finished, and say in the meta that it is not all."""
        try:
            files.close(complete=False, sound_until_s=self._tally.last_s)
            write_meta(self._paths.meta, self._meta(complete=False, notices=(*self._source.notices, str(error))))
        except UserError:
            files.abandon()  # a full disk, say: the first error is the one to tell

    def _model(self) -> Any:
        return _of(self._pipeline.estimator, "info", None)

    def _skeleton(self) -> Skeleton:
        return _of(self._model(), "keypoints", COCO_17)

    def _fps(self) -> float:
        return self._tally.frames / max(self._ended_s - self._began_s, 1e-9)

    def _meta(self, *, complete: bool, notices: tuple[str, ...] = ()) -> dict[str, Any]:
        tally, estimator = self._tally, self._pipeline.estimator
        seconds = {f"{stage}_s": round(tally.seconds[stage], 4) for stage in STAGES}
        return {
            "program": "PPNet Live",
            "version": ppnet.__version__,
            "complete": complete,
            "notices": list(notices),
            "input": _video_facts(self._source.info),
            "outputs": {name: path.name for name, path in _named(self._paths) if path is not None},
            "frames": tally.frames,
            "persons": len(tally.people),
            "first_time_s": tally.first_s,
            "last_time_s": tally.last_s,
            "shortest_interval_s": tally.shortest_s,
            "longest_interval_s": tally.longest_s,
            "people": sorted(tally.people.values(), key=lambda person: int(person["id"])),
            "model": _model_facts(self._model()),
            "device": _of(estimator, "device_name", None),
            "precision": _of(estimator, "precision", None),
            "settings": self._settings.to_plain(),
            "timings": seconds,
            "fps": round(self._fps(), 2),
            "wall_s": round(time.monotonic() - self._began_s, 3),
            "started_utc": self._started.isoformat(timespec="seconds"),
            "coordinates": "pixels of the upright picture, origin top left, pixel centres at whole numbers",
            "times": "presentation times of the file in seconds",
        }


def _of(thing: Any, name: str, default: Any) -> Any:
    return getattr(thing, name, default)


def _named(paths: OutputPaths) -> tuple[tuple[str, Path | None], ...]:
    return (("video", paths.video), ("table", paths.table), ("session", paths.session), ("meta", paths.meta))


def _video_notices(files: OutputFiles) -> tuple[str, ...]:
    video = files.video
    if video is None:
        return ()
    padded = "The annotated video is a pixel wider or higher: H.264 needs even sizes." if video.padded else None
    return tuple(notice for notice in (padded, video.notice) if notice)


def _model_facts(info: Any) -> dict[str, Any] | None:
    if info is None:
        return None
    return {
        "network": info.network,
        "input_wh": list(info.input_wh),
        "joints": info.skeleton,
        "decoding": info.codec_kind,
        "sha256": info.sha256,
        "source": info.source,
    }


def _video_facts(info: VideoInfo) -> dict[str, Any]:
    facts = asdict(info)
    return {name: _plain(value) for name, value in facts.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Fraction):
        return f"{value.numerator}/{value.denominator}"
    return str(value) if isinstance(value, Path) else value
