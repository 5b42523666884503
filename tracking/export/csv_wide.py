"""The keypoint table of a session: the columns of `track`, and for each person a name and whether it was edited."""

import csv
import io
from pathlib import Path

from tracking.export.keypoint_csv import KeypointTable
from tracking.export.units import DECIMALS, PIXELS, in_unit
from tracking.progress import Tick
from tracking.session.edit_plan import EditedResult
from tracking.session.edited_session import EditedSession

MORE_COLUMNS = ("person_name", "edited")


def write_wide_csv(session: EditedSession, path: Path, tick: Tick, *, unit: str = PIXELS) -> None:
    """One row per frame and person; `edited` is 1 where an id or a joint of the row was changed by hand.

    unit: of positions; names of columns in metres end in `_m`.
    """
    table = KeypointTable(
        path,
        skeleton=session.skeleton,
        more_columns=MORE_COLUMNS,
        position_suffix="" if unit == PIXELS else f"_{unit}",
        decimals=DECIMALS[unit],
    )
    with table:
        for edited in session.exported(tick):
            table.write(in_unit(edited, session, unit).result, more_cells(session, edited))


def more_cells(session: EditedSession, edited: EditedResult) -> list[str]:
    """Name and flag of each row, as CSV text."""
    ids = edited.result.tracks.ids.tolist()
    return [
        f"{quoted(session.names.get(track_id, ''))},{int(flag)}"
        for track_id, flag in zip(ids, edited.edited, strict=True)
    ]


def plain(text: str) -> str:
    """The same as a text that no program takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def quoted(text: str) -> str:
    """A cell that any program reads back as this text, and none takes for a formula."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow([plain(text)])
    return line.getvalue() if text else ""
