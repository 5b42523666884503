"""The table at the end of a batch: how each input went, for people and as CSV."""

import csv
from collections.abc import Sequence
from pathlib import Path

from app.runs.batch.batch import BatchRow
from ppnet.output_files import writing
from tracking.export.csv_wide import plain

COLUMNS = ("input", "state", "frames", "people", "seconds", "fps", "remarks")
NAME = "summary.csv"


def rows_of(rows: Sequence[BatchRow]) -> list[tuple[str, ...]]:
    """A line of words for each input."""
    lines: list[tuple[str, ...]] = []
    for row in rows:
        report = row.report
        numbers = ("", "", "") if report is None else (str(report.frames), str(report.people), f"{report.fps:.1f}")
        remarks = " ".join(row.remarks)
        lines.append((row.source, row.state.value, numbers[0], numbers[1], f"{row.seconds:.1f}", numbers[2], remarks))
    return lines


def write_summary(rows: Sequence[BatchRow], folder: Path) -> Path:
    """The table as `summary.csv`. UserError when it cannot be written."""
    path = folder / NAME
    with writing(path), path.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *([plain(cell) for cell in row] for row in rows_of(rows))])
    return path


def summary(rows: Sequence[BatchRow]) -> str:
    """The table in columns, without the remarks."""
    lines = [COLUMNS[:-1], *((row.name, *line[1:-1]) for row, line in zip(rows, rows_of(rows), strict=True))]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) if at < 2 else cell.rjust(width) for at, (cell, width) in enumerate(pairs)).rstrip()
        for pairs in (list(zip(line, widths, strict=True)) for line in lines)
    )
