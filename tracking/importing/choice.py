"""Which reader a file is for, found by looking into it; whatever is wrong with the file is one sentence."""

import csv
from collections.abc import Callable
from pathlib import Path
from pickle import UnpicklingError

import numpy as np

from ppnet.errors import UserError
from tracking.extras import load
from tracking.importing.coco import read_coco
from tracking.importing.deeplabcut import KEYS, read_deeplabcut_csv, read_deeplabcut_h5
from tracking.importing.keypoint_csv import read_keypoint_csv
from tracking.importing.openpose import read_openpose_folder
from tracking.importing.sleap import read_sleap_analysis, read_sleap_labels
from tracking.importing.track_table import TrackTable

DAMAGED = (
    ValueError, TypeError, LookupError, AttributeError, RecursionError, ArithmeticError, EOFError, RuntimeError,
    csv.Error, UnpicklingError, StopIteration,
)  # fmt: skip
"""What a file of another kind, or a damaged one, makes readers raise."""
Reader = Callable[[Path], TrackTable]


def read_tracks(path: Path) -> tuple[str, TrackTable]:
    """What the file is, in words, and what is in it. UserError when it cannot be read."""
    if not path.exists():
        raise UserError(f"{path} is not there.")
    if path.name.endswith("_keypoints.json"):  # one of OpenPose's files stands for all of its folder
        path = path.parent
    words, reader = _reader(path)
    try:
        with np.errstate(over="raise"):  # a number that no picture has
            return words, reader(path)
    except UserError:
        raise
    except OSError as error:
        raise UserError(f"{path.name} could not be read: {error.strerror or error}.") from error
    except DAMAGED as error:
        raise UserError(f"{path.name} is no {words} that can be read ({type(error).__name__}: {error}).") from error


def _reader(path: Path) -> tuple[str, Reader]:
    if path.is_dir():
        return "OpenPose folder", read_openpose_folder
    suffix = path.suffix.lower()
    if suffix == ".json":
        return "COCO file", read_coco
    if suffix == ".slp":
        return "SLEAP labels file", read_sleap_labels
    if suffix in (".h5", ".hdf5"):
        return _hdf5_reader(path)
    if suffix == ".csv":
        with path.open(encoding="utf-8-sig", errors="replace") as file:
            first = file.readline(200)
        if first.startswith("scorer"):
            return "DeepLabCut table", read_deeplabcut_csv
        if first.startswith("frame,time_s,person_id,state"):
            return "keypoint table", read_keypoint_csv
    raise UserError(
        f"{path.name} is nothing that can be read in: a DeepLabCut table (CSV, HDF5), a SLEAP file (.slp, analysis "
        "HDF5), a folder of OpenPose, COCO keypoints (JSON), or a keypoint table of this program (CSV)."
    )


def _hdf5_reader(path: Path) -> tuple[str, Reader]:
    try:
        with load("h5py", "sleap").File(path, "r") as file:
            is_deeplabcut = any(key in file for key in KEYS)
    except (OSError, RuntimeError) as error:
        raise UserError(f"{path.name} is no HDF5 file that can be read.") from error
    return ("DeepLabCut table", read_deeplabcut_h5) if is_deeplabcut else ("SLEAP analysis", read_sleap_analysis)
