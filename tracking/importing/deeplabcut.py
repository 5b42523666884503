"""DeepLabCut's tables, CSV and HDF5, of one or several individuals. Pickles in the HDF5 file are not run."""

import csv
import io
import pickle  # what it is used for: plain containers, see _Plain
from pathlib import Path
from typing import Any

import numpy as np

from tracking.extras import load
from tracking.importing.track_table import Floats, TrackTable, numbered

KEYS = ("df_with_missing", "keypoints")


def read_deeplabcut_csv(path: Path) -> TrackTable:
    """Header of three rows (one animal) or four (several individuals), first column the frame."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    levels = {row[0]: row[1:] for row in rows[:4]}
    depth = 4 if "individuals" in levels else 3
    names = [levels[name] for name in ("scorer", "individuals", "bodyparts", "coords") if name in levels]
    frames = np.array([int(float(row[0])) for row in rows[depth:]], np.int64)
    values = np.array([[float(cell) if cell else np.nan for cell in row[1:]] for row in rows[depth:]], np.float32)
    return _table(list(zip(*names, strict=True)), frames, values.reshape(len(frames), len(names[0])))


def read_deeplabcut_h5(path: Path) -> TrackTable:
    """The document that pandas writes, in its form `table` (DeepLabCut's own) or `fixed`."""
    h5py = load("h5py", "deeplabcut")
    with h5py.File(path, "r") as file:
        group = file[next(key for key in KEYS if key in file)]
        if "table" in group:
            table = group["table"]
            columns = _Plain(io.BytesIO(bytes(table.attrs["values_block_0_kind"]))).load()
            values = table["values_block_0"][:]
            return _table([tuple(column) for column in columns], table["index"][:].astype(np.int64), values)
        levels = [_texts(group[f"axis0_level{n}"][:]) for n in range(int(group.attrs["axis0_nlevels"]))]
        labels = [group[f"axis0_label{n}"][:] for n in range(len(levels))]
        columns = list(
            zip(*([level[at] for at in label] for level, label in zip(levels, labels, strict=True)), strict=True)
        )
        frames = np.asarray(group["axis1"][:], np.int64) if "axis1" in group else np.arange(len(group["block0_values"]))
        return _table(columns, frames, group["block0_values"][:] if columns else np.zeros((len(frames), 0)))


def _table(columns: list[tuple[str, ...]], frames: Any, values: Any) -> TrackTable:
    """columns: (scorer, [individual,] bodypart, coord) of each of the values (F, C)."""
    people = list(dict.fromkeys(column[1] if len(column) == 4 else "" for column in columns))
    joints = list(dict.fromkeys(column[-2] for column in columns))
    everything = np.full((len(frames), len(people), len(joints), 3), np.nan, np.float32)
    coords = {"x": 0, "y": 1, "likelihood": 2}
    for at, column in enumerate(columns):
        person = people.index(column[1] if len(column) == 4 else "")
        everything[:, person, joints.index(column[-2]), coords[column[-1]]] = values[:, at]
    if not any(column[-1] == "likelihood" for column in columns):  # labelled by hand
        everything[..., 2] = np.where(np.isfinite(everything[..., 0]), 1.0, np.nan)
    return dense_table(people, tuple(joints), frames, everything)


def dense_table(people: list[str], joints: tuple[str, ...], frames: Any, everything: Floats) -> TrackTable:
    """The rows of an array (F, P, J, 3) of x, y and score in which somebody is to be seen."""
    ids, names = numbered(people)
    at, who = np.nonzero(np.isfinite(everything).any(axis=(2, 3)))
    there = everything[at, who]
    points = np.where(np.isfinite(there[..., :2]).all(axis=-1, keepdims=True), there[..., :2], np.nan)
    numbers = np.array(ids, np.int64)
    return TrackTable(joints, np.asarray(frames, np.int64)[at], numbers[who], points, there[..., 2], names=names)


def _texts(values: Any) -> list[str]:
    return [value.decode("utf-8") if isinstance(value, bytes) else str(value) for value in values.tolist()]


class _Plain(pickle.Unpickler):
    """Lists, tuples and texts; whatever would be code is refused."""

    def find_class(self, module: str, name: str) -> Any:
        raise ValueError(f"the file wants to run {module}.{name}")
