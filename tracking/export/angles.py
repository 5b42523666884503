"""Joint and segment angles as a table, one row per frame and person."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np

from tracking.angles import ANGLES, angles
from tracking.export.csv_wide import MORE_COLUMNS, more_cells
from tracking.export.keypoint_csv import number
from tracking.progress import Tick
from tracking.session.edit_plan import EditedResult
from tracking.session.edited_session import EditedSession

CHUNK_FRAMES = 16


def write_angles_csv(session: EditedSession, path: Path, tick: Tick) -> None:
    """Degrees with at most three decimals of the smoothed joints; empty where a joint is missing."""
    header = ("frame", "time_s", "person_id", *(f"{name}_deg" for name in ANGLES), *MORE_COLUMNS)
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(",".join(header) + "\n")
        done = 0
        for some in _chunks(session.exported()):
            file.writelines(_rows(session, some, empty="," * (len(header) - 2) + "\n"))
            for _ in some:
                done += 1
                tick(done)


def _chunks(results: Iterator[EditedResult]) -> Iterator[list[EditedResult]]:
    while some := list(islice(results, CHUNK_FRAMES)):
        yield some


def _rows(session: EditedSession, some: list[EditedResult], *, empty: str) -> Iterator[str]:
    """The lines of some frames; the angles of all their people are computed together."""
    keypoints = np.concatenate([edited.result.known_keypoints for edited in some])
    degrees = iter(angles(keypoints, session.skeleton).tolist())
    for edited in some:
        result, more = edited.result, more_cells(session, edited)
        head = f"{result.frame_index},{result.time_s:.6f}"
        cells = [",".join(number(value) for value in next(degrees)) for _ in range(len(result))]
        for row in np.argsort(result.tracks.ids, kind="stable").tolist():
            yield f"{head},{result.tracks.ids[row]},{cells[row]},{more[row]}\n"
        if not len(result):
            yield head + empty
