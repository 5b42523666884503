"""The words above a graph, and how its figures leave the program (PNG, CSV)."""

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy.typing as npt
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

from app.gui.look.theme import small_font
from tracking.export.keypoint_csv import number

Column = tuple[str, npt.ArrayLike]
CLOSEST_S = 0.05  # no less of a graph is looked at: Qt draws nothing right that is billions of pixels wide


def title_with_legend(words: str, entries: Sequence[tuple[str, str]]) -> str:
    """A title that names the curves in their colours: (words, colour) each."""
    named = " &nbsp; ".join(f'<span style="color:{colour}">■</span>&nbsp;{name}' for name, colour in entries)
    return f"{words} &nbsp;&nbsp; {named}" if named else words


def legend_label(words: str, entries: Sequence[tuple[str, str]]) -> QLabel:
    """The same above a graph without a title, in as many lines as it needs."""
    label = QLabel(title_with_legend(words, [(name.replace(" ", "&nbsp;"), colour) for name, colour in entries]))
    label.setTextFormat(Qt.TextFormat.RichText)
    label.setWordWrap(True)
    label.setAlignment(Qt.AlignmentFlag.AlignCenter)
    label.setProperty("muted", True)
    label.setFont(small_font(label.font(), step=-1.5))
    return label


def save_png(widget: QWidget, path: Path) -> bool:
    """The graph as it is on the screen, at twice its size so that it prints well. False when it can't be written."""
    picture = widget.grab()
    return picture.scaled(
        picture.width() * 2 // max(round(picture.devicePixelRatio()), 1),
        picture.height() * 2 // max(round(picture.devicePixelRatio()), 1),
        Qt.AspectRatioMode.KeepAspectRatio,
        Qt.TransformationMode.SmoothTransformation,
    ).save(str(path), "PNG")


def save_csv(columns: Sequence[Column], path: Path) -> None:
    """Columns of equal length as UTF-8 CSV; an empty cell where a number is missing. The first one holds times: to the
    microsecond, as in every table, however late; others have six significant digits."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([name for name, _ in columns])
        for time_s, *values in zip(*(values for _, values in columns), strict=True):
            writer.writerow([number(time_s, 6), *("" if value != value else f"{value:.6g}" for value in values)])
