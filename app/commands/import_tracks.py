"""`import`: tracks of DeepLabCut, SLEAP, OpenPose, COCO or an earlier table become a session over their video."""

import argparse
import sys
from pathlib import Path

from ppnet.errors import UserError
from tracking.importing.formats import titles


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `import`."""
    add = parser.add_argument
    add("file", type=Path, metavar="FILE", help=f"{titles()} (docs/imports.md)")
    add("--video", type=Path, metavar="VIDEO", required=True, help="the video that was tracked")
    add("--out", type=Path, metavar="SESSION", help="the session (default: <video>_session.ppnet beside the video)")
    words = "which of our joints a joint of the file is, where the names differ; may be given several times"
    add("--map", action="append", default=[], dest="chosen", type=_joint, metavar="NAME=KEYPOINT", help=words)
    add("--overwrite", action="store_true", help="replace an existing session")


def _joint(text: str) -> tuple[str, str]:
    name, equals, keypoint = text.rpartition("=")
    if not (name and equals and keypoint):
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form NAME=KEYPOINT, as in --map snout=nose")
    return name, keypoint


def run(arguments: argparse.Namespace) -> int:
    """Make the session. Returns the exit code."""
    from app.workspace.importing import import_tracks

    chosen = dict(arguments.chosen)
    if len(chosen) < len(arguments.chosen):
        raise UserError("--map names a joint of the file twice.")
    done = import_tracks(arguments.file, arguments.video, arguments.out, overwrite=arguments.overwrite, chosen=chosen)
    if done.notice:
        print(done.notice, file=sys.stderr)
    people = "1 person" if done.people == 1 else f"{done.people} people"
    print(f"{done.path} ({people} in {done.frames} frames)", flush=True)
    return 0
