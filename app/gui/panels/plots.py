"""How every graph is drawn. pyqtgraph takes half a second to load: what draws imports this when it is first seen."""

from collections.abc import Callable, Sequence
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor

from app.gui.look.theme import tokens
from tracking.time_span import TimeSpan

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


def line_pen(colour: str, *, width: float = 1.8) -> object:
    """A pen for a curve."""
    return pg.mkPen(colour, width=width)
