"""`export`: tables, markers, JSON and annotated videos out of session files, without the network."""

import argparse
import sys
from functools import partial
from pathlib import Path

from app.commands.picture_options import add_picture_options, layers_of
from app.commands.progress_bar import progress_bar
from app.commands.scale_option import add_scale_option, scale_of
from app.setting_options import add_setting_options, given_settings
from ppnet.errors import UserError
from ppnet.output_files import refuse_existing
from tracking.drawing.style import SceneStyle
from tracking.export.formats import EXPORTS, backward_words, check_unit, default_path, export
from tracking.session.edited_session import EditedSession
from tracking.session.edits import ChooseSmoothing
from tracking.session.format import SessionHeader
from tracking.session.session import Session

SMOOTHING = ("smoothing.kind", "smoothing.strength", "smoothing.min_score")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `export`."""
    add = parser.add_argument
    add("session", type=Path, metavar="SESSION", help="a session file (*_session.ppnet)")
    several = "what to write; may be given several times (default: csv)"
    add("--format", action="append", choices=tuple(EXPORTS), help=several)
    add("--out", type=Path, metavar="PATH", help="folder, or the file itself (default: beside the session)")
    add_setting_options(parser, SMOOTHING)
    add("--video", type=Path, metavar="FILE", help="where the tracked video is now, for formats with pictures")
    add_picture_options(parser)
    units = "unit of positions, where the format allows either (csv, tidy, parquet, drawings, trc, c3d); metres need "
    units += "a scale: origin bottom left, y upwards (default: px; drawings, trc, c3d: m where a scale is known)"
    add("--units", choices=("px", "m"), help=units)
    add_scale_option(parser)
    add("--whole", action="store_true", help="also export what lies outside the in and out points")
    add("--overwrite", action="store_true", help="replace existing files")
    add("-q", "--quiet", action="store_true", help="no progress bar")


def run(arguments: argparse.Namespace) -> int:
    """Write every format that is asked for. Returns the exit code."""
    formats = list(dict.fromkeys(arguments.format or ["csv"]))
    with Session.open(arguments.session) as session:
        smoothing = _smoothing(arguments, session.header)
        scale = scale_of(arguments)
        edited = EditedSession(session, smoothing=smoothing, metres_per_pixel=scale, whole=arguments.whole)
        usual = {name: default_path(arguments.session, name, edited=edited.is_edited) for name in formats}
        paths = {name: _place(arguments, path, formats) for name, path in usual.items()}
        refuse_existing(*paths.values(), overwrite=arguments.overwrite)
        for name in formats:
            check_unit(name, edited, arguments.units)
        edited.refresh()
        if not session.complete:
            words = f"{arguments.session.name} is not complete; frames tracked so far: {session.frame_count}."
            print(words, file=sys.stderr)
        if words := backward_words(session):
            print(words, file=sys.stderr)
        for name, path in paths.items():
            style = SceneStyle.of(edited, layers_of(arguments))
            write = partial(EXPORTS[name].write, video=arguments.video, style=style) if EXPORTS[name].pictures else None
            with progress_bar(name, session.frame_count, quiet=arguments.quiet) as tick:
                export(edited, name, path, overwrite=arguments.overwrite, tick=tick, write=write, unit=arguments.units)
            print(path, flush=True)
    return 0


def _place(arguments: argparse.Namespace, default: Path, formats: list[str]) -> Path:
    out: Path | None = arguments.out
    if out is None:
        return default
    if out.suffix and out.suffix == default.suffix and not out.is_dir():
        if len(formats) > 1:
            raise UserError(f"{out} is one file, but {len(formats)} formats were asked for; give a folder.")
        return out
    return out / default.name


def _smoothing(arguments: argparse.Namespace, header: SessionHeader) -> ChooseSmoothing | None:
    """The smoothing that the options ask for; what they don't say stays as it was tracked."""
    if not (asked := given_settings(arguments)):
        return None
    return ChooseSmoothing.of(header.run_settings.changed(asked).smoothing)
