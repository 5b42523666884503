"""`share`: a part of a session as a slow-motion clip for a phone, or a single picture, with everything drawn."""

import argparse
from pathlib import Path

from app.commands.new_file import new_file
from app.commands.picture_options import add_picture_options, layers_of
from app.commands.progress_bar import progress_bar
from app.commands.span_options import add_span_options, span_of
from ppnet.errors import UserError
from ppnet.output_files import write_png
from tracking.drawing.style import SceneStyle
from tracking.export.share import (
    PAUSE_S,
    SPEED,
    TRAIL_S,
    layers_to_share,
    shared_picture,
    write_shared_clip,
)
from tracking.session.edited_session import EditedSession
from tracking.session.naming import named_after
from tracking.session.session import Session
from tracking.time_span import TimeSpan


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `share`."""
    add = parser.add_argument
    add("session", type=Path, metavar="SESSION", help="a session file (*_session.ppnet)")
    add_span_options(parser)
    add(
        "--speed",
        type=float,
        default=SPEED,
        metavar="X",
        help=f"speed of the clip; 1 is as filmed (default: {SPEED:g})",
    )
    add("--pause", type=float, default=PAUSE_S, metavar="S", help=f"how long a mark is held (default: {PAUSE_S:g})")
    add("--still", type=float, metavar="S", help="a single picture at that time instead, as PNG")
    add_picture_options(parser, angles="left_knee,right_knee")
    add("--out", type=Path, metavar="FILE", help="the file (default: <stem>_slow.mp4 or <stem>_still.png)")
    add("--video", type=Path, metavar="FILE", help="where the tracked video is now")
    add("--overwrite", action="store_true", help="replace the file if it exists")
    add("-q", "--quiet", action="store_true", help="no progress bar")


def run(arguments: argparse.Namespace) -> int:
    """Write the clip, or the picture. Returns the exit code."""
    still: float | None = arguments.still
    if still is not None and not (arguments.start is None and arguments.end is None):
        raise UserError("--still is a single picture; leave out --start and --end.")
    span = span_of(arguments) if still is None else TimeSpan(still - TRAIL_S, still + 1e-5)
    end = "_slow.mp4" if still is None else "_still.png"
    path = new_file(arguments.out or named_after(arguments.session, end), overwrite=arguments.overwrite)
    layers = layers_to_share(layers_of(arguments))
    with Session.open(arguments.session) as session:
        if still is not None and not span.indices(session.frame_times()):
            raise _nothing_at(still, session)
        edited = EditedSession(session, span=span, whole=still is not None)
        edited.refresh()
        style = SceneStyle.of(edited, layers)
        if still is not None:
            write_png(shared_picture(edited, style=style, video=arguments.video), path)
        else:
            inside = edited.exported_span.indices(session.frame_times())
            with progress_bar("share", len(inside), quiet=arguments.quiet) as tick:
                write_shared_clip(
                    edited,
                    path,
                    tick,
                    style=style,
                    speed=arguments.speed,
                    pause_s=arguments.pause,
                    video=arguments.video,
                )
    print(path, flush=True)
    return 0


def _nothing_at(still_s: float, session: Session) -> UserError:
    """Says that there is no picture at that time."""
    times = session.frame_times()
    tracked = f"; what was tracked runs from {times[0]:.3f} to {times[-1]:.3f} s" if len(times) else ""
    return UserError(f"There is no picture at --still {still_s:g}{tracked}.")
