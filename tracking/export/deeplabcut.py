"""DeepLabCut's tables of several individuals, as CSV and as HDF5: row n is frame n of the video."""

from itertools import product
from pathlib import Path

import numpy as np

from ppnet.extras import load
from tracking.export.curves import Floats, Grid, curves, grid, person_label
from tracking.export.keypoint_csv import number
from tracking.progress import Tick
from tracking.session.edited_session import EditedSession

SCORER = "PPNetLive"
LEVELS = ("scorer", "individuals", "bodyparts", "coords")
COORDS = ("x", "y", "likelihood")
KEY = "df_with_missing"


def write_deeplabcut_csv(session: EditedSession, path: Path, tick: Tick) -> None:
    """Four rows of header, then pixels and confidence; empty where missing (`nan` in the first row)."""
    people = grid(session, curves(session, tick))
    header = zip(*_columns(session, people), strict=True) if people.ids else ((),) * len(LEVELS)
    with path.open("w", encoding="utf-8", newline="") as file:
        for level, names in zip(LEVELS, header, strict=True):
            file.write(",".join((level, *names)) + "\n")
        for frame, values in enumerate(_values(people)):
            missing = "" if frame else "nan"  # pandas takes a first row without any value for names and skips it
            file.write(",".join((str(frame), *(number(value) or missing for value in values.tolist()))) + "\n")


def write_deeplabcut_h5(session: EditedSession, path: Path, tick: Tick) -> None:
    """The same as the pandas document that DeepLabCut writes, under the key `df_with_missing`."""
    load("tables", "deeplabcut")
    pandas = load("pandas", "deeplabcut")
    people = grid(session, curves(session, tick))
    columns = _columns(session, people)
    index = pandas.MultiIndex.from_arrays(
        [pandas.Index([names[level] for names in columns], dtype=object) for level in range(len(LEVELS))], names=LEVELS
    )
    pandas.DataFrame(_values(people).astype(np.float64), columns=index).to_hdf(path, key=KEY, mode="w")


def _columns(session: EditedSession, people: Grid) -> list[tuple[str, ...]]:
    return list(product((SCORER,), map(person_label, people.ids), session.skeleton.keypoints, COORDS))


def _values(people: Grid) -> Floats:
    """(F, P * K * 3) in the order of the columns."""
    values = np.concatenate([people.points, people.confidence[..., None]], axis=-1)
    return values.reshape(len(values), int(np.prod(values.shape[1:])))
