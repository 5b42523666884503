"""`compare`: two people or attempts side by side, or one as a ghost over the other, as a video."""

import argparse
from pathlib import Path

import numpy as np

from app.commands.new_file import new_file
from app.commands.picture_options import add_privacy_option, layers_of
from app.commands.progress_bar import progress_bar
from ppnet.errors import UserError
from tracking.comparison import Attempt, Comparison, picture_count, write_comparison
from tracking.session.edited_session import EditedSession
from tracking.session.naming import find_video, named_after
from tracking.session.person_tracks import exported_people
from tracking.session.session import Session


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `compare`."""
    add = parser.add_argument
    add("session", type=Path, metavar="SESSION", help="a session file (*_session.ppnet)")
    add("other", type=Path, nargs="?", metavar="OTHER", help="the other session (default: the same)")
    add("--person", type=int, metavar="ID", help="person in the first session (default: the one seen longest)")
    add("--other-person", type=int, metavar="ID", help="person in the other session")
    moment = "moment to align with the other's, in seconds or as the name of a mark"
    add("--at", metavar="WHEN", help=f"{moment} (default: 0; for two sessions, the first mark of each)")
    add("--other-at", metavar="WHEN", help="the same in the other session (default: as --at)")
    add("--ghost", action="store_true", help="draw the other person's skeleton over the first one's picture")
    add(
        "--angle",
        default="left_knee",
        metavar="NAME",
        help="angle drawn at the joint and as curves (default: left_knee)",
    )
    add_privacy_option(parser)
    add("--speed", type=float, default=1.0, metavar="X", help="speed of the video; 0.25 is slow motion (default: 1)")
    add("--video", type=Path, metavar="FILE", help="where the first session's video is now")
    add("--other-video", type=Path, metavar="FILE", help="where the other session's video is now")
    add("--out", type=Path, metavar="FILE", help="the video (default: <stem>_compared.mp4)")
    add("--overwrite", action="store_true", help="replace the file if it exists")
    add("-q", "--quiet", action="store_true", help="no progress bar")


def run(arguments: argparse.Namespace) -> int:
    """Write the video. Returns the exit code."""
    default = named_after(arguments.session, "_compared.mp4")
    path = new_file(arguments.out or default, overwrite=arguments.overwrite)
    same = arguments.other is None
    with (
        Session.open(arguments.session) as first,
        Session.open(arguments.session if same else arguments.other) as second,
    ):
        sides = EditedSession(first), EditedSession(second)
        for edited in sides:
            edited.refresh()
        video = find_video(first, arguments.video)
        if same and arguments.other_video is None:
            other_video = video
        else:
            other_video = find_video(second, arguments.other_video, option="--other-video")
        person = arguments.person if arguments.person is not None else _longest(sides[0])
        at_s = _moment(sides[0], arguments.at, first_mark=not same)
        other = arguments.other_person
        if other is None:
            other = person if same and arguments.other_at else _longest(sides[1], but=person if same else None)
        other_at = arguments.other_at if arguments.other_at is not None else arguments.at
        comparison = Comparison(
            Attempt(sides[0], person, at_s, video),
            Attempt(
                sides[1],
                other,
                _moment(sides[1], other_at, first_mark=not same),
                other_video,
            ),
            angle=arguments.angle,
            ghost=arguments.ghost,
            layers=layers_of(arguments),
        )
        with progress_bar("compare", picture_count(comparison, arguments.speed), quiet=arguments.quiet) as tick:
            write_comparison(comparison, path, tick, speed=arguments.speed)
    print(path, flush=True)
    return 0


def _longest(edited: EditedSession, *, but: int | None = None) -> int:
    """Who is seen in most frames. UserError when there is nobody."""
    counts = {person: frames for person, frames in exported_people(edited).items() if person != but}
    if not counts:
        name = edited.stored.path.name
        if but is None:
            raise UserError(f"There is nobody in {name} to compare; choose another session.")
        raise UserError(
            f"There is nobody else in {name} to compare with; name another session, or give --at and --other-at for "
            "two attempts of the same person."
        )
    return max(counts, key=lambda track_id: counts[track_id])


def _moment(edited: EditedSession, words: str | None, *, first_mark: bool) -> float:
    """Seconds, or the time of a mark by its name."""
    if words is None:
        return edited.marks[0].time_s if first_mark and edited.marks else 0.0
    named = [mark.time_s for mark in edited.marks if mark.name == words]
    if named:
        return named[0]
    try:
        seconds = float(words)
    except ValueError:
        seconds = np.nan
    if not np.isfinite(seconds):
        marks = ", ".join(mark.name for mark in edited.marks) or "none"
        raise UserError(
            f"“{words}” is neither a time in seconds nor a mark of {edited.stored.path.name}; marks: {marks}."
        )
    return seconds
