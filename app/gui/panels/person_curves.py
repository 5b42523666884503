"""Curves of the selected person: a joint's place or speed, or an angle, raw and smoothed, tied to the picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPushButton, QStackedLayout, QVBoxLayout, QWidget

from app.gui.look.theme import as_panel
from app.gui.panels.graph_style import Column
from app.workspace.person_history import NOTHING, Curve, PersonHistory, value_at
from ppnet.skeleton import Skeleton
from tracking.angles import ANGLES
from tracking.measurements import names_of
from tracking.number_words import number_words
from tracking.session.edits import SetDrawing
from tracking.time_span import ALL_TIME, TimeSpan

QUANTITIES = (("x", "Across (x)", "px"), ("y", "Down (y)", "px"), ("speed", "Speed", "px/s"))
OF_A_JOINT = tuple(key for key, _, _ in QUANTITIES)

if TYPE_CHECKING:
    import pyqtgraph as pg

    from app.gui.panels.curve_graph import CurveGraph


class PersonCurves(QWidget):
    """Choice of what to draw, the graph, and a cursor that follows the picture; a click or a drag of it goes there.

    The graph is made when it is first seen: it takes a fifth of the window's time to open, and pyqtgraph another half
    second.
    """

    timeWanted = Signal(float)
    savePicture = Signal()
    saveTable = Signal()

    def __init__(self, skeleton: Skeleton) -> None:
        super().__init__()
        as_panel(self)
        self._history: PersonHistory | None = None
        self._plotted: CurveGraph | None = None
        self._time_s = 0.0  # of the picture
        self._curves: dict[bool, Curve] = {}
        """Times and values of what is chosen: raw (True) and smoothed."""
        self.is_reading = False
        """Whether there is more than is drawn so far."""
        self._scale = (1.0, "px")
        self._drawings: dict[int, SetDrawing] = {}  # by number: a name may be that of another curve
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
        self.empty = QLabel("Click a person in the picture to see how they move.")
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setProperty("muted", True)
        content = QWidget()
        column = self._column = QVBoxLayout(content)
        column.setContentsMargins(8, 6, 8, 2)
        column.setSpacing(2)
        column.addLayout(self._choices())
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self.empty)
        self._stack.addWidget(content)
        self.quantity.currentIndexChanged.connect(lambda _index: self.redraw())
        self.joint.currentIndexChanged.connect(lambda _index: self.redraw())

    @property
    def graph(self) -> pg.PlotWidget:
        """The graph alone."""
        return self._graph().widget

    @property
    def marker(self) -> pg.InfiniteLine:
        """The cursor."""
        return self._graph().marker

    def show_history(self, history: PersonHistory | None, name: str, *, is_reading: bool) -> None:
        """Whom to draw; None for nobody. is_reading: the history is not whole yet."""
        before = self._history.person if self._history is not None else None
        fresh = history is not None and history.person != before
        stays = history is self._history and name == self.who.text()
        self._history = history
        self.is_reading = is_reading
        self.who.setText(name)
        self._stack.setCurrentIndex(0 if not name else 1)
        if fresh and self._plotted is not None:
            self._plotted.show_all()
        if stays:
            self._tell_value()
        else:
            self.redraw()

    def offer_drawings(self, drawings: Sequence[SetDrawing]) -> None:
        """What was drawn by hand can be chosen as well."""
        offered = {drawing.number: drawing for drawing in drawings}
        names = _names(offered)
        if names != _names(self._drawings):
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
        self._time_s = time_s
        if self._plotted is not None:
            self._plotted.show_now(time_s)
        self._tell_value()

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
        self._show_curves()
        self._tell_value()

    def restyle(self) -> None:
        """Takes the colours of the look."""
        if self._plotted is not None:
            self._plotted.restyle()

    def showEvent(self, event: QShowEvent) -> None:
        self._graph()
        super().showEvent(event)

    def _graph(self) -> CurveGraph:
        if self._plotted is None:
            from app.gui.panels.curve_graph import CurveGraph

            self._plotted = CurveGraph(self.timeWanted.emit)
            self._column.addWidget(self._plotted.widget, 1)
            self._plotted.show_now(self._time_s)
            self._show_curves()
        return self._plotted

    def _show_curves(self) -> None:
        if self._plotted is not None:
            if self._history is not None:
                self._plotted.show_title(f"{self.who.text()}: {self._title()}")
            self._plotted.show_curves(*(self._curves.get(raw, NOTHING) for raw in (True, False)))
            self._fade()

    def _fade(self) -> None:
        if self._plotted is not None:
            times = self._history.times if self._history is not None and len(self._history.times) else (0.0,)
            self._plotted.show_span(self._span, float(times[0]), float(times[-1]))

    def _values(self, history: PersonHistory, *, raw: bool) -> Curve:
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

    def _tell_value(self) -> None:
        if self._history is None:
            self.value.setText("loading…" if self.is_reading else "")
            return
        value = value_at(*self._curves.get(False, NOTHING), self._time_s)
        if value is not None:
            unit = self._unit() if self._unit() == "°" else f" {self._unit()}"
            self.value.setText(f"{number_words(value, '.4g')}{unit} at {self._time_s:.3f} s")
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


def _names(drawings: dict[int, SetDrawing]) -> dict[int, str]:
    return dict(zip(drawings, names_of(list(drawings.values())), strict=True))
