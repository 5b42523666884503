"""`import`: tracks of DeepLabCut, SLEAP, OpenPose, COCO or an earlier table become a session over their video."""

import argparse
import sys
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `import`."""
    add = parser.add_argument
    kinds = "DeepLabCut CSV or HDF5, SLEAP .slp or analysis HDF5, OpenPose folder, COCO JSON, keypoint CSV"
    add("file", type=Path, metavar="FILE", help=kinds)
    add("--video", type=Path, metavar="VIDEO", required=True, help="the video that was tracked")
    add("--out", type=Path, metavar="SESSION", help="the session (default: <video>_session.ppnet beside the video)")
    add("--overwrite", action="store_true", help="replace a session that is there")


def run(arguments: argparse.Namespace) -> int:
    """Make the session. Returns the exit code."""
    from app.runs.importing import import_tracks

    done = import_tracks(arguments.file, arguments.video, arguments.out, overwrite=arguments.overwrite)
    if done.notice:
        print(done.notice, file=sys.stderr)
    print(f"{done.path} ({done.people} people in {done.frames} frames)", flush=True)
    return 0
