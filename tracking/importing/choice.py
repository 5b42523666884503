"""Which reader a file is for, found by looking into it; whatever is wrong with the file is one sentence."""

import csv
from collections.abc import Callable
from pathlib import Path
from pickle import UnpicklingError

import numpy as np

from ppnet.errors import UserError
from tracking.importing import deeplabcut, formats, sleap
from tracking.importing.coco import read_coco
from tracking.importing.formats import IMPORTS, ImportFormat
from tracking.importing.hdf5 import read_hdf5
from tracking.importing.keypoint_csv import read_keypoint_csv
from tracking.importing.openpose import read_openpose_folder
from tracking.importing.track_table import TrackTable

DAMAGED = (
    ValueError, TypeError, LookupError, AttributeError, RecursionError, ArithmeticError, EOFError, RuntimeError,
    MemoryError, csv.Error, UnpicklingError, StopIteration,
)  # fmt: skip
"""What a file of another kind, or a damaged one, makes readers raise."""
READERS: dict[ImportFormat, Callable[[Path], TrackTable]] = {
    formats.DEEPLABCUT_CSV: deeplabcut.read_deeplabcut_csv,
    formats.SLEAP_LABELS: lambda path: sleap.labels_table(read_hdf5(path, *sleap.LABELS)),
    formats.OPENPOSE: read_openpose_folder,
    formats.COCO: read_coco,
    formats.KEYPOINT_CSV: read_keypoint_csv,
}


def read_tracks(path: Path) -> tuple[str, TrackTable]:
    """What the file is, in words, and what is in it. UserError when it cannot be read."""
    if not path.exists():
        raise UserError(f"{path} does not exist.")
    if path.name.endswith("_keypoints.json"):  # one of OpenPose's files stands for all of its folder
        path = path.parent
    kind: ImportFormat | None = None
    try:
        kind = next((one for one in IMPORTS if one.fits(path)), None)
        if kind is None:
            raise UserError(f"{path.name} is not a file that can be imported: {formats.titles()}.")
        with np.errstate(over="raise"):  # a number that no picture has
            if kind in READERS:
                return kind.title, READERS[kind](path)
            contents = read_hdf5(path, *deeplabcut.NAMES, *sleap.ANALYSIS)
            kind = formats.SLEAP_ANALYSIS if "tracks" in contents else formats.DEEPLABCUT_H5
            read = sleap.analysis_table if "tracks" in contents else deeplabcut.document_table
            return kind.title, read(contents)
    except UserError:
        raise
    except OSError as error:
        raise UserError(f"{path.name} could not be read: {error.strerror or error}.") from error
    except DAMAGED as error:
        told = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        raise UserError(
            f"{path.name} can't be read as {kind.title if kind else 'a file of tracks'} ({told})."
        ) from error
