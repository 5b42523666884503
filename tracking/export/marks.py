"""Marks, in and out point as a table."""

from pathlib import Path

from tracking.export.csv_wide import quoted
from tracking.progress import Tick
from tracking.session.edited_session import EditedSession
from tracking.time_span import TimeSpan

COLUMNS = ("kind", "name", "frame", "time_s")


def write_marks_csv(session: EditedSession, path: Path, tick: Tick) -> None:
    """One row for each mark, in order of time. kind: mark, in (first frame that counts), out (first that doesn't).

    Marks outside of in and out point are left out, as their frames are.
    """
    span = session.exported_span
    times = session.stored.frame_times()
    rows: list[tuple[str, str, int | str, float]] = [
        ("mark", mark.name, mark.frame_index, mark.time_s) for mark in session.marks if span.contains(mark.time_s)
    ]
    indices = session.stored.frame_indices()
    for kind, time_s in (("in", span.start_s), ("out", span.end_s)):
        if time_s is not None:
            after = TimeSpan(time_s).indices(times).start
            rows.append((kind, "", int(indices[after]) if after < len(indices) else "", time_s))
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(",".join(COLUMNS) + "\n")
        for kind, name, frame, time_s in sorted(rows, key=lambda row: row[3]):
            file.write(f"{kind},{quoted(name)},{frame},{time_s:.6f}\n")
    tick(session.stored.frame_count)
