"""`answers`: steps, jumps, repetitions and symmetry of everybody in a session, or of some, without the network."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from app.commands.new_file import new_file
from app.commands.picture_options import add_privacy_option, layers_of
from app.commands.progress_bar import progress_bar
from app.commands.scale_option import add_scale_option, scale_of
from app.commands.span_options import add_span_options, span_of
from ppnet.errors import UserError
from tracking.answers.answers import Answers, answers_of, summary_rows
from tracking.answers.report import SUFFIXES, report_page, write_report
from tracking.answers.table import words_of, write_answers_csv
from tracking.drawing.style import SceneStyle
from tracking.session.edited_session import EditedSession
from tracking.session.naming import named_after
from tracking.session.person_tracks import exported_people
from tracking.session.session import Session


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `answers`."""
    add = parser.add_argument
    add("session", type=Path, metavar="SESSION", help="a session file (*_session.ppnet)")
    add("--csv", action="store_true", help="write every number as a table, <stem>_answers.csv")
    add("--report", choices=[suffix[1:] for suffix in SUFFIXES], help="write a page with pictures, <stem>_report.pdf")
    people = "only this person in summary, table and report; may be given several times, with a page of the report "
    people += "for each (default: everyone, and a page about the person who did most)"
    add("--person", type=int, action="append", metavar="ID", help=people)
    add_span_options(parser)
    add_scale_option(parser)
    add("--video", type=Path, metavar="FILE", help="where the tracked video is now, for the report")
    add_privacy_option(parser)
    add("--out", type=Path, metavar="DIR", help="folder for the table and report (default: beside the session)")
    add("--overwrite", action="store_true", help="replace existing files")
    add("-q", "--quiet", action="store_true", help="no progress bar")


def run(arguments: argparse.Namespace) -> int:
    """Print the summaries; write table and report where they are asked for. Returns the exit code."""
    span = span_of(arguments)
    scale = scale_of(arguments)
    table = _place(arguments, "_answers.csv") if arguments.csv else None
    report = _place(arguments, f"_report.{arguments.report}") if arguments.report else None
    with Session.open(arguments.session) as session:
        edited = EditedSession(session, span=span, metres_per_pixel=scale)
        edited.refresh()
        found = answers_of(edited, _people(edited, arguments.person))
        if not found:
            print("Nobody was seen in that part.")
        for answers in found:
            _print(answers)
        if table is not None:
            write_answers_csv(found, table)
            print(table, flush=True)
        if report is not None:
            style = SceneStyle.of(edited, layers_of(arguments))
            pages = []
            for who in _of_whom(found, everybody=arguments.person is None):
                with progress_bar(who.name, session.frame_count, quiet=arguments.quiet) as tick:
                    pages.append(report_page(edited, who, tick, style=style, video=arguments.video))
            print(write_report(pages, report), flush=True)
    return 0


def _people(edited: EditedSession, asked: Sequence[int] | None) -> Sequence[int]:
    """Those people; everybody where nobody is asked for. UserError for somebody who is not there."""
    known = tuple(exported_people(edited))
    for person in asked or ():
        if person not in known:
            there = ", ".join(map(str, known)) or "nobody"
            raise UserError(f"That part has no person {person}; it has {there}.")
    return known if asked is None else asked


def _print(answers: Answers) -> None:
    print(f"{answers.name}:" + (" no steps, jumps or repetitions" if answers.is_empty else ""))
    for row in summary_rows(answers):
        print(f"  {f'{row.quantity} {row.side}'.strip():32}{words_of(row)}")


def _of_whom(found: Sequence[Answers], *, everybody: bool) -> Sequence[Answers]:
    """Who gets a page: of everybody the one who did most, else all who did anything."""
    if not found:
        raise UserError("Nobody was seen in that part; there is nothing to report.")
    most = max(found, key=lambda one: one.activity)
    return [most] if everybody or most.is_empty else [one for one in found if not one.is_empty]


def _place(arguments: argparse.Namespace, end: str) -> Path:
    return new_file(named_after(arguments.session, end, arguments.out), overwrite=arguments.overwrite)
