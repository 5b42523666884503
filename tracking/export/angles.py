"""Joint and segment angles as a table, one row per frame and person."""

from pathlib import Path

import numpy as np

from tracking.angles import ANGLES, angles
from tracking.export.csv_wide import MORE_COLUMNS, more_cells
from tracking.export.progress import Tick
from tracking.replay import Replay
from tracking.table import number
from tracking.types import KeypointState


def write_angles_csv(replay: Replay, path: Path, tick: Tick) -> None:
    """Degrees with at most three decimals of the steadied joints; empty where a joint is missing."""
    header = ("frame", "time_s", "person_id", *(f"{name}_deg" for name in ANGLES), *MORE_COLUMNS)
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(",".join(header) + "\n")
        for done, edited in enumerate(replay.results(), 1):
            result = edited.result
            head = f"{result.frame_index},{result.time_s:.6f}"
            missing = (result.states == KeypointState.MISSING)[..., None]
            degrees = angles(np.where(missing, np.nan, result.smoothed.keypoints), replay.skeleton)
            more = more_cells(replay, edited)
            for row in np.argsort(result.tracks.ids, kind="stable").tolist():
                cells = ",".join(number(value) for value in degrees[row].tolist())
                file.write(f"{head},{result.tracks.ids[row]},{cells},{more[row]}\n")
            if not len(result):
                file.write(head + "," * (len(header) - 2) + "\n")
            tick(done)
