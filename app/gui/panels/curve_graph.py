"""The graph of a person's curves: raw and smoothed, a cursor at the picture's time, the outside of the span faded."""

from collections.abc import Callable

import pyqtgraph as pg
from PySide6.QtCore import Qt

from app.gui.look.theme import CURVE_COLOURS, tokens
from app.gui.panels.graph_style import CLOSEST_S, title_with_legend
from app.gui.panels.plots import OutsideSpan, line_pen, on_click, plot, restyle
from app.workspace.person_history import NOTHING, Curve, drawn, without_single_gaps
from tracking.time_span import TimeSpan

FEWEST_COLUMNS = 200


class CurveGraph:
    """A `widget`, and what is drawn in it. A click or a drag of the cursor calls `go_to(time_s)`."""

    def __init__(self, go_to: Callable[[float], object]) -> None:
        self.widget = plot("", "")
        self._curves: tuple[Curve, Curve] = (NOTHING, NOTHING)
        self._words = ""  # above the graph
        self._raw = self.widget.plot(pen=line_pen(tokens().muted, width=1.2), connect="finite")
        self._smooth = self.widget.plot(pen=line_pen(CURVE_COLOURS[0], width=2.2), connect="finite")
        self.marker = pg.InfiniteLine(angle=90, movable=True, pen=line_pen(tokens().danger, width=1.4))
        self.marker.setCursor(Qt.CursorShape.SizeHorCursor)
        self.marker.sigDragged.connect(lambda line: go_to(float(line.value())))
        self.widget.addItem(self.marker, ignoreBounds=True)
        self._outside = OutsideSpan(self.widget)
        self.widget.setLimits(minXRange=CLOSEST_S)
        self.widget.setMouseEnabled(x=True, y=False)  # the wheel looks closer at a time; what is seen fills the height
        self._box = self.widget.getPlotItem().getViewBox()
        self._box.setAutoVisible(y=True)
        self.widget.setToolTip("Click to go there, turn the wheel to zoom, double-click to see all")
        self._box.sigXRangeChanged.connect(lambda *_range: self._draw())
        self._box.sigResized.connect(lambda *_size: self._draw())
        on_click(self.widget, go_to)

    def show_all(self) -> None:
        """Zooms out to all of the curves."""
        self.widget.getPlotItem().enableAutoRange()

    def show_curves(self, raw: Curve, smoothed: Curve) -> None:
        """Draws the times and values of both."""
        self._curves = raw, smoothed
        self._draw()

    def show_title(self, words: str) -> None:
        """Says above the graph what is drawn."""
        self._words = words
        self._restyle_title()

    def show_now(self, time_s: float) -> None:
        """Puts the cursor where the picture is, unless it is being dragged."""
        if not self.marker.moving:
            self.marker.setValue(time_s)

    def show_span(self, span: TimeSpan, first_s: float, last_s: float) -> None:
        """Fades what lies outside the span; the curves go from `first_s` to `last_s`."""
        self._outside.show(span, first_s, last_s)

    def restyle(self) -> None:
        """Takes the colours of the look."""
        self._restyle_title()
        self._raw.setPen(line_pen(tokens().muted, width=1.2))
        self.marker.setPen(line_pen(tokens().danger, width=1.4))
        self._outside.restyle()

    def _restyle_title(self) -> None:
        curves = [("as the network saw it", tokens().muted), ("smoothed", CURVE_COLOURS[0])]
        self.widget.setProperty("graphTitle", title_with_legend(self._words, curves if self._words else []))
        restyle(self.widget)

    def _draw(self) -> None:
        """Hours of video have many times more frames than the graph has pixels."""
        from_s, to_s = self._box.viewRange()[0]
        columns = max(self.widget.width(), FEWEST_COLUMNS)
        raw, smoothed = self._curves
        for line, curve in ((self._raw, without_single_gaps(*raw)), (self._smooth, smoothed)):
            line.setData(*drawn(*curve, from_s, to_s, columns))
