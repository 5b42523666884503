"""Our own table, one row per frame and person: only the network's scores of joints set by hand is lost."""

import csv
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ppnet.errors import UserError
from tracking.export.keypoint_csv import JOINT_STATES, TRACK_STATES
from tracking.importing.track_table import TrackTable

STATES = {name: number for number, name in JOINT_STATES.items()}
PERSON_STATES = {name: number for number, name in TRACK_STATES.items()}


def read_keypoint_csv(path: Path) -> TrackTable:
    """As `track` and `export --format csv` write it, in pixels."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        columns = tuple(reader.fieldnames or ())
        rows = [row for row in reader if row["person_id"]]
    if any(name.endswith("_x_m") for name in columns):
        raise UserError(f"{path.name} is in metres; only a table in pixels fits its video.")
    joints = tuple(name.removesuffix("_conf") for name in columns if name.endswith("_conf"))

    def numbers(*endings: str) -> npt.NDArray[np.float32]:
        names = [f"{joint}_{ending}" for joint in joints for ending in endings]
        cells = [[float(row[name]) if row[name] else np.nan for name in names] for row in rows]
        shape = (len(rows), len(joints), len(endings)) if len(endings) > 1 else (len(rows), len(joints))
        return np.array(cells, np.float32).reshape(shape)

    boxes = [[float(row[f"bbox_{side}"] or "nan") for side in ("x1", "y1", "x2", "y2")] for row in rows]
    names = {int(row["person_id"]): row["person_name"] for row in rows if row.get("person_name")}
    return TrackTable(
        joints,
        np.array([int(row["frame"]) for row in rows], np.int64),
        np.array([int(row["person_id"]) for row in rows], np.int64),
        numbers("x", "y"),
        numbers("conf"),
        boxes=np.array(boxes, np.float32).reshape(len(rows), 4),
        person_scores=np.array([float(row["det_score"] or 0) for row in rows], np.float32),
        person_states=np.array([PERSON_STATES[row["state"]] for row in rows], np.uint8),
        raw=numbers("x_raw", "y_raw"),
        states=np.array([[STATES[row[f"{joint}_state"]] for joint in joints] for row in rows], np.uint8).reshape(
            len(rows), len(joints)
        ),
        times_s=np.array([float(row["time_s"]) for row in rows], np.float64),
        names={number: name.removeprefix("'") if name[1:2] in "=+-@" else name for number, name in names.items()},
    )
