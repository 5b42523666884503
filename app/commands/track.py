"""`track`: videos in; annotated videos, keypoint tables, sessions and meta files out."""

import argparse
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.commands.picture_options import add_picture_options, layers_of
from app.presets import PRESETS
from app.runs.further_formats import FORMATS
from app.setting_options import add_setting_options, given_settings
from app.streams.targets import add_stream_options, targets_of
from ppnet.errors import UserError
from ppnet.output_files import make_folder
from ppnet.stop_signals import stop_signals
from tracking.run_settings import RunSettings

if TYPE_CHECKING:
    from app.runs.batch.batch import BatchRow
    from app.runs.track_job import Workplace

MOST_JOBS = 64


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `track`."""
    add = parser.add_argument
    add(
        "inputs",
        nargs="+",
        metavar="INPUT",
        help="video, image, folder of images or videos, camera:0, rtsp:// address",
    )
    add("--out", type=Path, default=Path("out"), metavar="DIR", help="folder for the results (default: out)")
    add_preset_option(parser)
    add_setting_options(parser)
    add_picture_options(parser)
    add_stream_options(parser)
    add("--no-video", dest="video", action="store_false", help="write no annotated video")
    add("--no-csv", dest="table", action="store_false", help="write no keypoint table")
    add("--no-session", dest="session", action="store_false", help="write no session file")
    add("--also", action="append", choices=FORMATS, metavar="FORMAT", default=[], help="also write this format of each "
        f"input from its session, as `export` does; may be given several times: {', '.join(FORMATS)}")  # fmt: skip
    add("--overwrite", action="store_true", help="replace results of an earlier run")
    add("--jobs", type=int, metavar="N", help="track this many inputs at once, each in its own process; what an "
    "earlier run with the same inputs and settings finished is not repeated")  # fmt: skip
    add("--scheduler", metavar="ADDRESS", help="track on the machines of a Dask cluster (tcp://HOST:PORT), which "
    "must find the files under the same paths; otherwise as --jobs")  # fmt: skip
    add("-q", "--quiet", action="store_true", help="no progress bar")


def add_preset_option(parser: argparse.ArgumentParser) -> None:
    """The option that says what `settings_of` starts from."""
    parser.add_argument("--preset", choices=[preset.name.lower() for preset in PRESETS], default="balanced",
        help="what the options below start from: less work or better joints (default: balanced)")  # fmt: skip


def settings_of(arguments: argparse.Namespace) -> RunSettings:
    """The preset, and the options on top of it, as settings. UserError when one is out of range."""
    return preset_settings(arguments.preset).changed(given_settings(arguments))


def preset_settings(name: str) -> RunSettings:
    """What a preset sets, by its name in the option."""
    return next(preset for preset in PRESETS if preset.name.lower() == name).applied(RunSettings())


def run(arguments: argparse.Namespace) -> int:
    """Track every input; one that fails does not keep the others from being done. Returns the exit code."""
    settings = settings_of(arguments)
    if arguments.also and not arguments.session:
        raise UserError("--also writes from the session; leave out --no-session.")
    from app.runs.batch.batch import Batch, BatchState
    from app.runs.batch.inputs import videos_in
    from app.runs.batch.summary import summary, write_summary
    from app.runs.outputs import OutputFolder, Wanted

    resumes = arguments.jobs is not None or arguments.scheduler is not None
    if resumes:  # other processes and machines have folders of their own
        arguments.out = arguments.out.absolute()
        arguments.inputs = [str(Path(spec).absolute()) if os.path.exists(spec) else spec for spec in arguments.inputs]
    wanted = Wanted(
        video=arguments.video,
        table=arguments.table,
        session=arguments.session,
        layers=replace(layers_of(arguments), alone=settings.only is not None),
        targets=targets_of(arguments),
        formats=tuple(dict.fromkeys(arguments.also)),
    )
    outputs = OutputFolder(
        arguments.out, wanted, taken="replace" if arguments.overwrite else "resume" if resumes else "refuse"
    )
    places = _places(arguments, settings)
    make_folder(arguments.out)
    inputs = videos_in(arguments.inputs)
    with stop_signals() as stopped:
        console = _Console(quiet=arguments.quiet, several=len(inputs) > 1)

        def on_change(row: "BatchRow") -> None:
            console.tell(row)
            if stopped.event.is_set():
                batch.cancel()

        batch = Batch(inputs, settings, outputs, on_change=on_change, places=places)
        batch.run()
    rows = batch.rows()
    if len(rows) > 1:
        print(summary(rows))
        if any(row.report for row in rows):
            print(write_summary(rows, arguments.out))
    if stopped.event.is_set():
        return 128 + (stopped.number or int(signal.SIGINT))
    return 2 if any(row.state is BatchState.FAILED for row in rows) else 0


def _places(arguments: argparse.Namespace, settings: RunSettings) -> "list[Workplace]":
    """Where the inputs are tracked. UserError when that makes no sense."""
    from app.runs.batch.workplaces import places

    if arguments.scheduler is not None:
        from app.runs.batch.cluster import cluster_places

        if arguments.jobs is not None:
            raise UserError(
                "Give --jobs or --scheduler, not both; a cluster decides itself how many inputs it tracks at once."
            )
        return cluster_places(settings, arguments.scheduler)
    if arguments.jobs is not None and not 1 <= arguments.jobs <= MOST_JOBS:
        raise UserError(f"--jobs must be between 1 and {MOST_JOBS}, not {arguments.jobs}.")
    return places(settings, arguments.jobs or 1)


class _Console:
    """A progress bar on stderr for each input at work; then its notices there, and its files on stdout."""

    def __init__(self, *, quiet: bool, several: bool) -> None:
        """several: each notice names its input."""
        self._quiet, self._several = quiet, several
        self._bars: dict[str, Any] = {}

    def tell(self, row: "BatchRow") -> None:
        """Says how it stands with an input."""
        if row.report is None and row.error is None:
            if row.total or row.done:
                self._progress(row)
            return
        if bar := self._bars.pop(row.spec, None):
            bar.close()
        for sentence in row.remarks:
            is_clear = not self._several or row.name in sentence
            print(sentence if is_clear else f"{row.name}: {sentence}", file=sys.stderr)
        if row.report:
            print(row.report.line(), flush=True)

    def _progress(self, row: "BatchRow") -> None:
        if row.spec not in self._bars:
            from tqdm import tqdm

            self._bars[row.spec] = tqdm(unit=" frames", desc=row.name, disable=self._quiet or None)
        bar = self._bars[row.spec]
        bar.total = row.total
        bar.update(row.done - bar.n)
