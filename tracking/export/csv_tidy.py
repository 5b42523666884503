"""The tidy table: one row per frame, person and joint, as statistics programs like it."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from tracking.export.confidence import confidences
from tracking.export.csv_wide import quoted
from tracking.export.keypoint_csv import JOINT_STATES, number
from tracking.export.units import DECIMALS, PIXELS, in_unit
from tracking.progress import Tick
from tracking.session.edit_plan import EditedResult
from tracking.session.edited_session import EditedSession
from tracking.types import KeypointState

COLUMNS = (
    "frame", "time_s", "person_id", "person_name", "joint", "x", "y", "conf", "x_raw", "y_raw", "state", "edited",
)  # fmt: skip


def write_tidy_csv(session: EditedSession, path: Path, tick: Tick, *, unit: str = PIXELS) -> None:
    """A frame without people has one row whose cells after `time_s` are empty. `edited`: set by hand.

    unit: of positions; names of columns in metres end in `_m`.
    """
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(",".join(tidy_columns(unit)) + "\n")
        for edited in session.exported(tick):
            file.writelines(_rows(session, in_unit(edited, session, unit), DECIMALS[unit]))


def tidy_columns(unit: str) -> list[str]:
    """Names of all columns; those of positions say their unit unless it is pixels."""
    positions = ("x", "y", "x_raw", "y_raw")
    return [f"{name}_{unit}" if unit != PIXELS and name in positions else name for name in COLUMNS]


def _rows(session: EditedSession, edited: EditedResult, decimals: int) -> Iterator[str]:
    result = edited.result
    confidence = confidences(result)
    head = f"{result.frame_index},{result.time_s:.6f}"
    if not len(result):
        yield head + "," * (len(COLUMNS) - 2) + "\n"
    for row in np.argsort(result.tracks.ids, kind="stable").tolist():
        track_id = int(result.tracks.ids[row])
        person = f"{head},{track_id},{quoted(session.names.get(track_id, ''))}"
        for joint, name in enumerate(session.skeleton.keypoints):
            state = int(result.states[row, joint])
            missing = state == KeypointState.MISSING
            x, y = (float("nan"),) * 2 if missing else result.smoothed.keypoints[row, joint].tolist()
            x_raw, y_raw = result.raw.keypoints[row, joint].tolist()
            conf = number(float(confidence[row, joint]))
            places = [number(value, decimals) for value in (x, y, x_raw, y_raw)]
            cells = (name, *places[:2], conf, *places[2:], JOINT_STATES[state])
            yield f"{person},{','.join(cells)},{int(state == KeypointState.EDITED)}\n"
