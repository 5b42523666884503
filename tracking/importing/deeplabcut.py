"""DeepLabCut's tables, CSV and HDF5, of one or several individuals. Pickles in the HDF5 file are not run."""

import csv
import io
import pickle  # what it is used for: plain containers, see _Plain
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tracking.importing.track_table import Floats, TrackTable, check_size, numbered

KEYS = ("df_with_missing", "keypoints")
MAX_LEVELS = 4
_PARTS = ("table", "table@values_block_0_kind", "axis1", "block0_values")
_LEVELS = tuple(f"axis0_{kind}{n}" for kind in ("level", "label") for n in range(MAX_LEVELS))
NAMES = tuple(f"{key}/{part}" for key in KEYS for part in _PARTS + _LEVELS)
"""Of an HDF5 file, what `document_table` reads."""


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


def document_table(contents: Mapping[str, Any]) -> TrackTable:
    """Of the document that pandas writes (`NAMES` of it), in its form `table` (DeepLabCut's own) or `fixed`."""
    key = next(key for key in KEYS if any(name.startswith(f"{key}/") for name in contents))
    found = {name.removeprefix(f"{key}/"): value for name, value in contents.items() if name.startswith(key)}
    if "table" in found:
        pickled = found["table@values_block_0_kind"].encode("utf-8", "surrogateescape")
        columns = [tuple(column) for column in _Plain(io.BytesIO(pickled)).load()]
        return _table(columns, found["table"]["index"].astype(np.int64), found["table"]["values_block_0"])
    depth = sum(f"axis0_level{n}" in found for n in range(MAX_LEVELS))
    levels = [[found[f"axis0_level{n}"][at] for at in found[f"axis0_label{n}"].tolist()] for n in range(depth)]
    columns, values = list(zip(*levels, strict=True)), found["block0_values"]
    frames = found["axis1"].astype(np.int64) if "axis1" in found else np.arange(len(values))
    return _table(columns, frames, values if columns else np.zeros((len(frames), 0)))


def _table(columns: list[tuple[str, ...]], frames: Any, values: Any) -> TrackTable:
    """columns: (scorer, [individual,] bodypart, coord) of each of the values (F, C)."""
    whose = [str(column[1]) if len(column) == 4 else "" for column in columns]
    people = {name: at for at, name in enumerate(dict.fromkeys(whose))}
    joints = {name: at for at, name in enumerate(dict.fromkeys(str(column[-2]) for column in columns))}
    check_size(len(frames) * len(people), len(joints))
    everything = np.full((len(frames), len(people), len(joints), 3), np.nan, np.float32)
    coords = {"x": 0, "y": 1, "likelihood": 2}
    for at, column in enumerate(columns):
        everything[:, people[whose[at]], joints[str(column[-2])], coords[column[-1]]] = values[:, at]
    if not any(column[-1] == "likelihood" for column in columns):  # labelled by hand
        everything[..., 2] = np.where(np.isfinite(everything[..., 0]), 1.0, np.nan)
    return dense_table(list(people), tuple(joints), frames, everything)


def dense_table(people: list[str], joints: tuple[str, ...], frames: Any, everything: Floats) -> TrackTable:
    """The rows of an array (F, P, J, 3) of x, y and score in which somebody is to be seen."""
    ids, names = numbered(people)
    at, who = np.nonzero(np.isfinite(everything).any(axis=(2, 3)))
    there = everything[at, who]
    points = np.where(np.isfinite(there[..., :2]).all(axis=-1, keepdims=True), there[..., :2], np.nan)
    numbers = np.array(ids, np.int64)
    return TrackTable(joints, np.asarray(frames, np.int64)[at], numbers[who], points, there[..., 2], names=names)


class _Plain(pickle.Unpickler):
    """Lists, tuples and texts; whatever would be code is refused."""

    def find_class(self, module: str, name: str) -> Any:
        raise ValueError(f"the file tries to run {module}.{name}")
