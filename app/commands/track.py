"""`track`: videos in; annotated videos, keypoint tables, sessions and meta files out."""

import argparse
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from app.settings import TrackSettings
from ppnet.errors import UserError
from ppnet.stop_signals import StopSignal, stop_signals
from tracking.smoothing.settings import SMOOTHERS

if TYPE_CHECKING:
    from app.runs.outputs import OutputPaths
    from app.runs.track_run import RunReport
    from tracking.pipeline import Pipeline
    from tracking.video.source import VideoInfo

HELP = "track people in videos, pictures or a camera"
DEFAULTS = TrackSettings()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `track`."""
    add = parser.add_argument
    add("inputs", nargs="+", metavar="INPUT", help="video, picture, folder of pictures, camera:0, rtsp:// address")
    add("--out", type=Path, default=Path("out"), metavar="DIR", help="folder for the results (default: out)")
    add("--variant", help="network, e.g. M2-D2-W32 (default: what the weights are for)")
    add("--weights", metavar="FILE", help="weights to use in place of the shipped ones")
    add("--device", default=DEFAULTS.device, help="auto, cpu, cuda, cuda:1 or mps (default: auto)")
    add("--min-conf", type=float, default=DEFAULTS.min_conf, metavar="C",
        help=f"joints below are missing, 0 to 1 (default: {DEFAULTS.min_conf})")  # fmt: skip
    add("--detector", default=DEFAULTS.detector, help="efficientdet-lite0, nanodet or a .tflite file")
    add("--detect-every", type=int, default=DEFAULTS.detect_every, metavar="N", help="look for people at every "
        f"N-th frame (default: {DEFAULTS.detect_every})")  # fmt: skip
    add("--no-flip", dest="flip", action="store_false", help="no mirrored second look: twice as fast, less exact")
    add("--input-scale", type=float, default=DEFAULTS.input_scale, metavar="F",
        help="read people from crops so many times as large, 0.25 to 1: faster, less exact (default: 1)")  # fmt: skip
    add("--smooth", default=DEFAULTS.smooth, choices=sorted(SMOOTHERS), help="how joints are steadied")
    add("--strength", type=float, default=DEFAULTS.strength, metavar="N", help="how strongly, 0 to 100 (default: 50)")
    add("--max-persons", type=int, metavar="N", help="follow at most N people")
    add("--start", type=float, metavar="S", help="begin at this time of the video, in seconds")
    add("--end", type=float, metavar="S", help="stop before this time of the video, in seconds")
    add("--turn", type=int, default=0, metavar="DEG", help="turn the picture clockwise by 90, 180 or 270 degrees")
    add("--mirror", action="store_true", help="mirror the picture, after turning it")
    add("--slow-motion", type=float, default=1.0, metavar="F",
        help="how many times slower than life it plays, e.g. 8 for 240 fps saved as 30: times become true")  # fmt: skip
    add("--region", type=float, nargs=4, metavar=("X1", "Y1", "X2", "Y2"), help="look for people there only, pixels")
    add("--only", type=place_of, metavar="X,Y[@S]",
        help="follow just the person who is there (pixels) at that time (seconds; default: the start)")  # fmt: skip
    add("--no-video", dest="video", action="store_false", help="write no annotated video")
    add("--no-csv", dest="table", action="store_false", help="write no keypoint table")
    add("--no-session", dest="session", action="store_false", help="write no session file")
    add("--overwrite", action="store_true", help="replace results of an earlier run")
    add("-q", "--quiet", action="store_true", help="no progress bar")


def settings_of(arguments: argparse.Namespace) -> TrackSettings:
    """The options as settings. UserError when one is out of range."""
    return TrackSettings(
        variant=arguments.variant,
        weights=arguments.weights,
        device=arguments.device,
        min_conf=arguments.min_conf,
        detector=arguments.detector,
        detect_every=arguments.detect_every,
        flip=arguments.flip,
        input_scale=arguments.input_scale,
        smooth=arguments.smooth,
        strength=arguments.strength,
        max_persons=arguments.max_persons,
        start_s=arguments.start,
        end_s=arguments.end,
        turn_deg=arguments.turn,
        mirror=arguments.mirror,
        slow_motion=arguments.slow_motion,
        region=tuple(arguments.region) if arguments.region else None,
        only=_only(arguments),
    )


def place_of(text: str) -> tuple[float, float, float | None]:
    """x, y in pixels and a time in seconds (None: not said) of `320,240@2.5`. ArgumentTypeError when it is none."""
    place, _, time_s = text.partition("@")
    try:
        x, y = (float(number) for number in place.split(","))
        return x, y, float(time_s) if time_s else None
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is no place; write it like 320,240 or 320,240@2.5") from None


def _only(arguments: argparse.Namespace) -> tuple[float, float, float] | None:
    if arguments.only is None:
        return None
    x, y, time_s = arguments.only
    return x, y, (arguments.start or 0.0) if time_s is None else time_s


def run(arguments: argparse.Namespace, *, build: "Callable[[TrackSettings], Pipeline] | None" = None) -> int:
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
        settings: TrackSettings,
        build: "Callable[[TrackSettings], Pipeline] | None",
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
def _progress_bar(info: "VideoInfo", settings: TrackSettings, quiet: bool) -> "Iterator[Callable[[int], None]]":
    """Frames, frames a second and time to go, on stderr."""
    from tqdm import tqdm

    total = expected_frames(info, settings)
    if total is not None and settings.smooth == "rts":
        total *= 2  # the second time for drawing
    with tqdm(total=total, unit=" frames", desc=info.name, disable=quiet or None) as bar:
        yield lambda frames: bar.update(frames - bar.n) and None


def expected_frames(info: "VideoInfo", settings: TrackSettings) -> int | None:
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
