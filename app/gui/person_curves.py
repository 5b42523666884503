"""Curves of the chosen person: a joint's place or speed, or an angle, raw and smoothed, tied to the picture."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPushButton, QStackedLayout, QVBoxLayout, QWidget

from app.gui.graph_style import Column, line_pen, plot, restyle, title_with_legend
from app.gui.theme import CURVE_COLOURS, as_panel, tokens
from ppnet.skeleton import Skeleton
from tracking.angles import ANGLES, angle
from tracking.types import FrameResult

Floats = npt.NDArray[np.float64]
QUANTITIES = (("x", "Across (x)", "px"), ("y", "Down (y)", "px"), ("speed", "Speed", "px/s"))


@dataclass
class PersonHistory:
    """What is known of one person over time; grows with each frame. Missing frames break the curve."""

    person: int
    times: list[float] = field(default_factory=list)
    raw: list[npt.NDArray[np.float32]] = field(default_factory=list)
    smoothed: list[npt.NDArray[np.float32]] = field(default_factory=list)

    def add(self, result: FrameResult) -> None:
        """Takes this person's row of a frame; a frame without them becomes a gap."""
        rows = np.flatnonzero(result.tracks.ids == self.person)
        keypoints = result.smoothed.scores.shape[1]
        gap = np.full((keypoints, 2), np.nan, np.float32)
        if rows.size == 0 and not self.times:
            return
        self.times.append(result.time_s)
        self.raw.append(result.raw.keypoints[rows[0]] if rows.size else gap)
        self.smoothed.append(result.smoothed.keypoints[rows[0]] if rows.size else gap)

    def curve(self, quantity: str, joint: int, *, raw: bool) -> tuple[Floats, Floats]:
        """Times in seconds and values: pixels, pixels a second, or degrees (`quantity` a name of `ANGLES`)."""
        times = np.array(self.times)
        points = np.array(self.raw if raw else self.smoothed, np.float64)
        if len(times) == 0:
            return times, times
        if quantity == "x":
            return times, points[:, joint, 0]
        if quantity == "y":
            return times, points[:, joint, 1]
        if quantity == "speed":
            return times, speed(times, points[:, joint])
        return times, angle(quantity, points)


def speed(times: Floats, points: Floats) -> Floats:
    """(F,) pixels per second of points (F, 2) at `times`: central differences with the true time steps."""
    if len(times) < 2:
        return np.full(len(times), np.nan)
    return np.hypot(np.gradient(points[:, 0], times), np.gradient(points[:, 1], times))


class PersonCurves(QWidget):
    """Choice of what to draw, the graph, and a cursor that follows the picture and can be dragged."""

    timeWanted = Signal(float)
    savePicture = Signal()
    saveTable = Signal()

    def __init__(self, skeleton: Skeleton, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        as_panel(self)
        self._skeleton = skeleton
        self._history: PersonHistory | None = None
        self._scale = (1.0, "px")
        self.quantity, self.joint = QComboBox(), QComboBox()
        for key, words, _ in QUANTITIES:
            self.quantity.addItem(words, key)
        self.quantity.insertSeparator(len(QUANTITIES))
        for key, definition in ANGLES.items():
            self.quantity.addItem(f"Angle: {definition.words.lower()}", key)
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

    def show_history(self, history: PersonHistory | None, name: str) -> None:
        """Whom to draw; None for nobody."""
        fresh = history is not self._history
        self._history = history
        self.who.setText(name)
        self._stack.setCurrentIndex(0 if history is None else 1)
        if fresh:
            self.graph.getPlotItem().enableAutoRange()
        self.redraw()

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
        """The curves drawn, for a table."""
        times, raw = self._values(raw=True)
        _, smoothed = self._values(raw=False)
        name = self._title()
        return [("time_s", times), (f"{name} raw", raw), (f"{name} smoothed", smoothed)]

    def redraw(self) -> None:
        """Draws what is chosen."""
        key = self.quantity.currentData()
        self.joint.setEnabled(key not in ANGLES)
        if self._history is None:
            return
        curves = [("as the network saw it", tokens().muted), ("smoothed", CURVE_COLOURS[0])]
        self.graph.setProperty("graphTitle", title_with_legend(self._title(), curves))
        restyle(self.graph)
        self._raw.setData(*self._values(raw=True))
        self._smooth.setData(*self._values(raw=False))
        self._tell_value(float(self.marker.value()))

    def restyle(self) -> None:
        """Takes the colours of the look."""
        restyle(self.graph)
        self._raw.setPen(line_pen(tokens().muted, width=1.2))

    def _values(self, *, raw: bool) -> tuple[Floats, Floats]:
        if self._history is None:
            return np.zeros(0), np.zeros(0)
        key = self.quantity.currentData()
        times, values = self._history.curve(key, int(self.joint.currentData()), raw=raw)
        return times, values if key in ANGLES else values * self._scale[0]

    def _unit(self) -> str:
        key = self.quantity.currentData()
        if key in ANGLES:
            return "°"
        return f"{self._scale[1]}/s" if key == "speed" else self._scale[1]

    def _title(self) -> str:
        key = self.quantity.currentData()
        what = (
            self.quantity.currentText()
            if key in ANGLES
            else f"{self.joint.currentText()}: {self.quantity.currentText()}"
        )
        return f"{what} ({self._unit()})"

    def _tell_value(self, time_s: float) -> None:
        times, values = self._values(raw=False)
        if len(times) == 0:
            self.value.setText("")
            return
        value = values[int(np.argmin(np.abs(times - time_s)))]
        self.value.setText(f"{value:.4g} {self._unit()} at {time_s:.3f} s" if np.isfinite(value) else "not seen here")

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
