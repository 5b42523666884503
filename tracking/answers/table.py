"""Answers as a tidy table: one number a row."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ppnet.output_files import writing
from tracking.answers.answers import AnswerRow, Answers, event_rows, summary_rows
from tracking.export.csv_wide import quoted
from tracking.number_words import number_words

COLUMNS = ("person_id", "person_name", "event", "number", "side", "time_s", "quantity", "value", "unit")
DIGITS = 4
PLACES = {"s": 2, "deg": 0, "%": 0, "m": 2, "steps/min": 0, "": 0}
"""Decimals for people; tables have `DIGITS` significant digits."""


def rows_of(everybody: Sequence[Answers]) -> list[AnswerRow]:
    """Each person's summary, then their events by time."""
    return [row for answers in everybody for row in (*summary_rows(answers), *event_rows(answers))]


def write_answers_csv(everybody: Sequence[Answers], path: Path) -> None:
    """Empty cells where something does not apply; numbers with four significant digits, times with six decimals.

    Makes the folder. UserError when it can't be written.
    """
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(everybody, path)


def _write(everybody: Sequence[Answers], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(",".join(COLUMNS) + "\n")
        for row in rows_of(everybody):
            time_s = "" if row.time_s is None else f"{row.time_s:.6f}"
            number = "" if row.number is None else str(row.number)
            words = (
                quoted(row.name),
                row.event,
                number,
                row.side,
                time_s,
                quoted(row.quantity),
                f"{row.value:.{DIGITS}g}",
            )
            file.write(",".join((str(row.person), *words, row.unit)) + "\n")


def phrase_of(row: AnswerRow) -> str:
    """What it is and how much; feet that are on the ground together have no flight time below 0."""
    if row.quantity == "flight time" and row.value < 0:
        row = replace(row, quantity="double support time", value=-row.value)
    return f"{row.quantity} {words_of(row)}"


def words_of(row: AnswerRow) -> str:
    """The number with its unit, as people read it: no more places than it is sure of."""
    unit = {"deg": "°", "": ""}.get(row.unit, f" {row.unit}")
    return f"{number_words(row.value, f'.{PLACES[row.unit]}f')}{unit}"
