"""Curves of the chosen person: a joint's place or speed, or an angle, raw and smoothed, tied to the picture."""

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPushButton, QStackedLayout, QVBoxLayout, QWidget

from app.gui.look.theme import CURVE_COLOURS, as_panel, tokens
from app.gui.panels.graph_style import (
    CLOSEST_S,
    Column,
    OutsideSpan,
    line_pen,
    on_click,
    plot,
    restyle,
    title_with_legend,
)
from app.workspace.person_history import Floats, PersonHistory, drawn, value_at, without_single_gaps
from ppnet.skeleton import Skeleton
from tracking.angles import ANGLES
from tracking.measurements import names_of
from tracking.number_words import number_words
from tracking.session.edits import SetDrawing
from tracking.time_span import ALL_TIME, TimeSpan

QUANTITIES = (("x", "Across (x)", "px"), ("y", "Down (y)", "px"), ("speed", "Speed", "px/s"))
OF_A_JOINT = tuple(key for key, _, _ in QUANTITIES)
FEWEST_COLUMNS = 200
NOTHING = np.zeros(0), np.zeros(0)


class PersonCurves(QWidget):
    """Choice of what to draw, the graph, and a cursor that follows the picture; a click or a drag of it goes there."""

    timeWanted = Signal(float)
    savePicture = Signal()
    saveTable = Signal()

    def __init__(self, skeleton: Skeleton) -> None:
        super().__init__()
        as_panel(self)
        self._history: PersonHistory | None = None
        self._curves: dict[bool, tuple[Floats, Floats]] = {}
        """Times and values of what is chosen: raw (True) and smoothed."""
        self.is_reading = False
        """Whether there is more than is drawn so far."""
        self._scale = (1.0, "px")
        self._drawings: dict[int, SetDrawing] = {}  # by number: a name may be that of another curve
        self._names: dict[int, str] = {}
        self._span = ALL_TIME
        self.quantity, self.joint = QComboBox(), QComboBox()
        self.quantity.setAccessibleName("What the curve shows")
        self.joint.setAccessibleName("Joint of the curve")
        for key, words, _ in QUANTITIES:
            self.quantity.addItem(words, key)
        self.quantity.insertSeparator(len(QUANTITIES))
        for key, definition in ANGLES.items():
            self.quantity.addItem(f"Angle: {definition.words.lower()}", key)
        self._fixed = self.quantity.count()
        for index, name in enumerate(skeleton.keypoints):
            self.joint.addItem(name.replace("_", " ").capitalize(), index)
        self.joint.setCurrentIndex(skeleton.index("left_wrist") if "left_wrist" in skeleton.keypoints else 0)
        self.who = QLabel()
        self.who.setProperty("heading", True)
        self.value = QLabel()
        self.value.setProperty("muted", True)
        self.graph = plot("", "")
        self._raw = self.graph.plot(pen=line_pen(tokens().muted, width=1.2), connect="finite")
        self._smooth = self.graph.plot(pen=line_pen(CURVE_COLOURS[0], width=2.2), connect="finite")
        self.marker = pg.InfiniteLine(angle=90, movable=True, pen=line_pen(tokens().danger, width=1.4))
        self.marker.setCursor(Qt.CursorShape.SizeHorCursor)
        self.marker.sigDragged.connect(lambda line: self.timeWanted.emit(float(line.value())))
        self.graph.addItem(self.marker, ignoreBounds=True)
        self._outside = OutsideSpan(self.graph)
        self.graph.setLimits(minXRange=CLOSEST_S)
        self.graph.setMouseEnabled(x=True, y=False)  # the wheel looks closer at a time; what is seen fills the height
        self.graph.getPlotItem().getViewBox().setAutoVisible(y=True)
        self.graph.setToolTip("Click: go there. Wheel: zoom. Double click: all of it")
        self.graph.getPlotItem().getViewBox().sigXRangeChanged.connect(lambda *_range: self._draw())
        self.graph.getPlotItem().getViewBox().sigResized.connect(lambda *_size: self._draw())
        on_click(self.graph, self.timeWanted.emit)
        self.empty = QLabel("Click a person in the picture to see how they move.")
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setProperty("muted", True)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(8, 6, 8, 2)
        column.setSpacing(2)
        column.addLayout(self._choices())
        column.addWidget(self.graph, 1)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self.empty)
        self._stack.addWidget(content)
        self.quantity.currentIndexChanged.connect(lambda _index: self.redraw())
        self.joint.currentIndexChanged.connect(lambda _index: self.redraw())

    def show_history(self, history: PersonHistory | None, name: str, *, is_reading: bool) -> None:
        """Whom to draw; None for nobody. is_reading: the history is not whole yet."""
        before = self._history.person if self._history is not None else None
        fresh = history is not None and history.person != before
        stays = history is self._history and name == self.who.text()
        self._history = history
        self.is_reading = is_reading
        self.who.setText(name)
        self._stack.setCurrentIndex(0 if not name else 1)
        if fresh:
            self.graph.getPlotItem().enableAutoRange()
        if stays:
            self._tell_value(float(self.marker.value()))
        else:
            self.redraw()

    def offer_drawings(self, drawings: Sequence[SetDrawing]) -> None:
        """What was drawn by hand can be chosen as well."""
        offered = {drawing.number: drawing for drawing in drawings}
        names = dict(zip(offered, names_of(drawings), strict=True))
        if names != self._names:
            self._names = names
            chosen = self.quantity.currentData()
            self.quantity.blockSignals(True)
            while self.quantity.count() > self._fixed:
                self.quantity.removeItem(self.quantity.count() - 1)
            for number, name in names.items():
                self.quantity.addItem(f"Drawing: {name}", number)
            self.quantity.setCurrentIndex(max(self.quantity.findData(chosen), 0))
            self.quantity.blockSignals(False)
        if offered != self._drawings:
            self._drawings = offered
            self.redraw()

    def show_span(self, span: TimeSpan) -> None:
        """Fades what lies before the in point and after the out point; tables leave it out."""
        self._span = span
        self._fade()

    def set_scale(self, metres_per_pixel: float | None) -> None:
        """Draws metres where a scale is known."""
        self._scale = (metres_per_pixel, "m") if metres_per_pixel else (1.0, "px")
        self.redraw()

    def show_now(self, time_s: float) -> None:
        """Puts the cursor where the picture is."""
        if not self.marker.moving:
            self.marker.setValue(time_s)
        self._tell_value(time_s)

    def columns(self) -> list[Column]:
        """The curves between in and out point, for a table."""
        (times, raw), (_, smoothed) = (self._curves.get(raw, NOTHING) for raw in (True, False))
        name, inside = self._title(), self._span.indices(times)
        part = slice(inside.start, inside.stop)
        return [("time_s", times[part]), (f"{name} raw", raw[part]), (f"{name} smoothed", smoothed[part])]

    def redraw(self) -> None:
        """Draws what is chosen."""
        key = self.quantity.currentData()
        self.joint.setEnabled(key in OF_A_JOINT)
        self._curves = (
            {} if self._history is None else {raw: self._values(self._history, raw=raw) for raw in (True, False)}
        )
        if self._history is None:
            self._draw()
            self._tell_value(float(self.marker.value()))
            return
        curves = [("as the network saw it", tokens().muted), ("smoothed", CURVE_COLOURS[0])]
        self.graph.setProperty("graphTitle", title_with_legend(f"{self.who.text()}: {self._title()}", curves))
        restyle(self.graph)
        self._draw()
        self._fade()
        self._tell_value(float(self.marker.value()))

    def _draw(self) -> None:
        """Hours of video have many times more frames than the graph has pixels."""
        from_s, to_s = self.graph.getPlotItem().getViewBox().viewRange()[0]
        columns = max(self.graph.width(), FEWEST_COLUMNS)
        lines = (
            (self._raw, without_single_gaps(*self._curves.get(True, NOTHING))),
            (self._smooth, self._curves.get(False, NOTHING)),
        )
        for line, curve in lines:
            line.setData(*drawn(*curve, from_s, to_s, columns))

    def _fade(self) -> None:
        times = self._history.times if self._history is not None and len(self._history.times) else (0.0,)
        self._outside.show(self._span, float(times[0]), float(times[-1]))

    def restyle(self) -> None:
        """Takes the colours of the look."""
        restyle(self.graph)
        self._raw.setPen(line_pen(tokens().muted, width=1.2))
        self._outside.restyle()

    def _values(self, history: PersonHistory, *, raw: bool) -> tuple[Floats, Floats]:
        key = self.quantity.currentData()
        if key in self._drawings:
            times, values = history.measured(self._drawings[key], raw=raw)
        else:
            times, values = history.curve(key, int(self.joint.currentData()), raw=raw)
        return times, values if self._unit() == "°" else values * self._scale[0]

    def _unit(self) -> str:
        key = self.quantity.currentData()
        drawing = self._drawings.get(key)
        if key in ANGLES or (drawing is not None and drawing.kind != "distance"):
            return "°"
        return f"{self._scale[1]}/s" if key == "speed" else self._scale[1]

    def _title(self) -> str:
        what = self.quantity.currentText()
        if self.quantity.currentData() in OF_A_JOINT:
            what = f"{self.joint.currentText()}: {what}"
        return f"{what} ({self._unit()})"

    def _tell_value(self, time_s: float) -> None:
        if self._history is None:
            self.value.setText("loading…" if self.is_reading else "")
            return
        value = value_at(*self._curves.get(False, NOTHING), time_s)
        if value is not None:
            unit = self._unit() if self._unit() == "°" else f" {self._unit()}"
            self.value.setText(f"{number_words(value, '.4g')}{unit} at {time_s:.3f} s")
        else:
            self.value.setText("loading…" if self.is_reading else "not seen here")

    def _choices(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        picture, table = QPushButton("Save picture"), QPushButton("Save table")
        picture.setToolTip("The graph as PNG")
        table.setToolTip("The curves as CSV: time in seconds, raw and smoothed")
        picture.clicked.connect(self.savePicture)
        table.clicked.connect(self.saveTable)
        for part in (self.who, self.quantity, self.joint, self.value):
            row.addWidget(part)
        row.addStretch(1)
        row.addWidget(picture)
        row.addWidget(table)
        return row
