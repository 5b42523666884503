"""`track`: videos in; annotated videos, keypoint tables, sessions and meta files out."""

import argparse
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from app.presets import PRESETS
from app.setting_options import add_setting_options, given_settings
from ppnet.errors import UserError
from ppnet.stop_signals import StopSignal, stop_signals
from tracking.run_settings import RunSettings

if TYPE_CHECKING:
    from app.runs.outputs import OutputPaths
    from app.runs.track_run import RunReport
    from tracking.pipeline import Pipeline
    from tracking.video.source import VideoInfo

HELP = "track people in videos, pictures or a camera"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `track`."""
    add = parser.add_argument
    add("inputs", nargs="+", metavar="INPUT", help="video, picture, folder of pictures, camera:0, rtsp:// address")
    add("--out", type=Path, default=Path("out"), metavar="DIR", help="folder for the results (default: out)")
    add("--preset", choices=[preset.name.lower() for preset in PRESETS], default="balanced", help="what the options "
        "below start from: less work or better joints (default: balanced)")  # fmt: skip
    add_setting_options(parser)
    add("--no-video", dest="video", action="store_false", help="write no annotated video")
    add("--no-csv", dest="table", action="store_false", help="write no keypoint table")
    add("--no-session", dest="session", action="store_false", help="write no session file")
    add("--overwrite", action="store_true", help="replace results of an earlier run")
    add("-q", "--quiet", action="store_true", help="no progress bar")


def settings_of(arguments: argparse.Namespace) -> RunSettings:
    """The preset, and the options on top of it, as settings. UserError when one is out of range."""
    preset = next(preset for preset in PRESETS if preset.name.lower() == arguments.preset)
    return preset.applied(RunSettings()).changed(given_settings(arguments))


def run(arguments: argparse.Namespace, *, build: "Callable[[RunSettings], Pipeline] | None" = None) -> int:
    """Track every input; one that fails does not keep the others from being done. Returns the exit code."""
    settings = settings_of(arguments)
    from app.runs.outputs import OutputPaths, make_folder, stems

    make_folder(arguments.out)
    wanted = {name: getattr(arguments, name) for name in ("video", "table", "session")}
    jobs = [
        (spec, OutputPaths.of(arguments.out, stem, **wanted))
        for spec, stem in zip(arguments.inputs, stems(arguments.inputs), strict=True)
    ]
    with stop_signals() as stopped:
        batch = _Batch(settings, build, stopped, overwrite=arguments.overwrite, quiet=arguments.quiet)
        failed = False
        for spec, paths in jobs:
            if stopped.event.is_set():
                break
            failed |= not batch.do(spec, paths)
        batch.close()
    if stopped.event.is_set():
        return 128 + (stopped.number or int(signal.SIGINT))
    return 2 if failed else 0


class _Batch:
    """The inputs of one command: models are loaded once, when the first input is known to be good."""

    def __init__(
        self,
        settings: RunSettings,
        build: "Callable[[RunSettings], Pipeline] | None",
        stopped: StopSignal,
        *,
        overwrite: bool,
        quiet: bool,
    ) -> None:
        self._settings, self._build, self._stopped = settings, build, stopped
        self._overwrite, self._quiet = overwrite, quiet
        self._first: Pipeline | None = None

    def do(self, spec: str, paths: "OutputPaths") -> bool:
        """Track one input and tell how it went; False when it failed or was not whole."""
        try:
            report = self._track(spec, paths)
        except UserError as error:
            print(error, file=sys.stderr)
            return False
        for notice in report.notices:
            print(notice, file=sys.stderr)
        print(report.line(), flush=True)
        return report.complete or self._stopped.event.is_set()

    def close(self) -> None:
        """Free the models."""
        if self._first is not None:
            self._first.close()

    def _track(self, spec: str, paths: "OutputPaths") -> "RunReport":
        from app.runs.source import open_for
        from app.runs.track_run import TrackRun

        if not self._overwrite:
            paths.check_free()
        with open_for(self._settings, spec) as source:
            pipeline = self._pipeline()
            with _progress_bar(source.info, self._settings, self._quiet) as progress:
                run_one = TrackRun(source, pipeline, paths, self._settings, stop=self._stopped.event, progress=progress)
                return run_one.run()

    def _pipeline(self) -> "Pipeline":
        """A chain that knows nobody yet, so that the numbers of people begin at 1 in every video."""
        from app.factory import build_pipeline
        from tracking.pipeline import Pipeline

        if self._first is None:
            self._first = (self._build or build_pipeline)(self._settings)
        return Pipeline(self._first.detector, self._first.estimator, settings=self._first.settings)


@contextmanager
def _progress_bar(info: "VideoInfo", settings: RunSettings, quiet: bool) -> "Iterator[Callable[[int], None]]":
    """Frames, frames a second and time to go, on stderr."""
    from tqdm import tqdm

    total = expected_frames(info, settings)
    if total is not None and settings.smoothing.kind == "rts":
        total *= 2  # the second time for drawing
    with tqdm(total=total, unit=" frames", desc=info.name, disable=quiet or None) as bar:
        yield lambda frames: bar.update(frames - bar.n) and None


def expected_frames(info: "VideoInfo", settings: RunSettings) -> int | None:
    """About how many frames the run has; None when nobody knows."""
    if info.is_live or info.frame_rate is None:
        return None
    whole = info.frame_count or (round(info.duration_s * info.frame_rate) if info.duration_s else None)
    if settings.span.is_unlimited:
        return whole
    if info.duration_s is None or whole is None:
        return None
    share = (settings.span.clip(info.duration_s) - settings.span.clip(0.0)) / info.duration_s
    return max(1, round(whole * share))
