"""How every graph looks, and how its figures leave the program (PNG, CSV)."""

import csv
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QLabel, QWidget

from app.gui.look.theme import small_font, tokens
from tracking.time_span import TimeSpan

Column = tuple[str, npt.ArrayLike]
CLOSEST_S = 0.05  # no less of a graph is looked at: Qt draws nothing right that is billions of pixels wide
MARGIN_S = 60.0


class SecondsAxis(pg.AxisItem):  # type: ignore[misc]
    """Times with their unit."""

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:
        return [f"{words} s" for words in super().tickStrings(values, scale, spacing)]


class OutsideSpan:
    """Fades what lies before and after a span of time."""

    def __init__(self, graph: pg.PlotWidget) -> None:
        self._parts = [pg.LinearRegionItem(movable=False, pen=pg.mkPen(None)) for _ in range(2)]
        for part in self._parts:
            part.setZValue(5)
            part.hide()
            graph.addItem(part, ignoreBounds=True)
        self.restyle()

    def show(self, span: TimeSpan, first_s: float, last_s: float) -> None:
        """Fades all but that of a graph from `first_s` to `last_s`."""
        before = None if span.start_s is None else min(first_s, span.start_s) - MARGIN_S
        after = None if span.end_s is None else max(last_s, span.end_s) + MARGIN_S
        limits = (before, span.start_s), (span.end_s, after)
        for part, (start_s, end_s) in zip(self._parts, limits, strict=True):
            part.setVisible(start_s is not None and end_s is not None)
            if start_s is not None and end_s is not None:
                part.setRegion((start_s, end_s))

    def restyle(self) -> None:
        """Takes the colours of the look."""
        colour = QColor(tokens().panel)
        colour.setAlpha(190)
        for part in self._parts:
            part.setBrush(colour)


def on_click(graph: pg.PlotWidget, action: Callable[[float], object]) -> None:
    """A click calls `action(time_s)`, a double click shows all of the graph again."""
    box = graph.getPlotItem().getViewBox()

    def clicked(event: Any) -> None:
        if event.button() != Qt.MouseButton.LeftButton or not box.sceneBoundingRect().contains(event.scenePos()):
            return
        if event.double():
            box.enableAutoRange()
        else:
            action(float(box.mapSceneToView(event.scenePos()).x()))

    graph.scene().sigMouseClicked.connect(clicked)


def plot(title: str, unit: str) -> pg.PlotWidget:
    """An empty graph over seconds; its title says what is drawn and in which unit."""
    pg.setConfigOptions(antialias=True)
    widget = pg.PlotWidget(enableMenu=False, axisItems={"bottom": SecondsAxis("bottom")})
    widget.hideButtons()
    item = widget.getPlotItem()
    item.setClipToView(True)
    for side in ("left", "bottom"):
        axis = item.getAxis(side)
        axis.enableAutoSIPrefix(False)
        axis.setStyle(tickLength=-4, tickTextOffset=4)
    item.getAxis("left").setWidth(46)
    widget.setProperty("graphTitle", f"{title} ({unit})" if unit else title)
    widget.setAccessibleName(title)
    restyle(widget)
    return widget


def restyle(widget: pg.PlotWidget) -> None:
    """Takes the colours of the look in use."""
    colours = tokens()
    widget.setBackground(QColor(colours.panel))
    item = widget.getPlotItem()
    item.setTitle(str(widget.property("graphTitle")) or None, color=colours.muted, size="8.5pt")
    item.showGrid(x=False, y=True, alpha=0.12)
    for side in ("left", "bottom"):
        axis = item.getAxis(side)
        axis.setPen(pg.mkPen(colours.border))
        axis.setTextPen(pg.mkPen(colours.muted))


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


def line_pen(colour: str, *, width: float = 1.8) -> object:
    """A pen for a curve."""
    return pg.mkPen(colour, width=width)


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
    """Columns of equal length as UTF-8 CSV; an empty cell where a number is missing."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([name for name, _ in columns])
        for row in zip(*(values for _, values in columns), strict=True):
            writer.writerow(["" if value != value else f"{value:.6g}" for value in row])
