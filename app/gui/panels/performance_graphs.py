"""How fast everything runs: rates, milliseconds of each stage, delay, people and dropped frames of the last minute."""

from collections import deque

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QPushButton, QWidget

from app.engine.run_status import RunStatus
from app.gui.look.theme import CURVE_COLOURS, as_panel
from app.gui.panels.graph_style import Column, legend_label, line_pen, plot, restyle

SPAN_S = 60.0
PER_SECOND = 4  # moments that the workspace gives
STAGES = (("detect_s", "detection"), ("track_s", "tracking"), ("pose_s", "joints"), ("smooth_s", "smoothing"))
RATES = (("capture_fps", "frames in"), ("process_fps", "tracked"), ("display_fps", "shown"))

Row = dict[str, float]


def sample(status: RunStatus) -> Row:
    """The figures that are drawn, stages in milliseconds."""
    row = {name: float(getattr(status, name)) for name, _ in RATES}
    row |= {name: 1000 * float(getattr(status.times, name)) for name, _ in STAGES}
    row["delay_ms"] = 1000 * status.delay_s if status.delay_s is not None else float("nan")
    row["people"] = float(status.people)
    row["dropped"] = float(sum(status.dropped.values()))
    return row


class PerformanceGraphs(QWidget):
    """Four graphs side by side over the last minute."""

    savePicture = Signal()
    saveTable = Signal()

    def __init__(self) -> None:
        super().__init__()
        as_panel(self)
        self._rows: deque[tuple[float, Row]] = deque()
        self._is_live = False
        self._graphs: tuple[pg.PlotWidget, ...] = ()
        self.legends = (
            _legend("Frames per second", [words for _, words in RATES]),
            _legend("Milliseconds", [words for _, words in STAGES]),
            _legend("Camera to screen (ms)", []),
            _legend("", ["people", "frames dropped per second"], first=2, step=2),
        )
        grid = self._grid = QGridLayout(self)
        grid.setContentsMargins(6, 4, 6, 2)
        grid.setSpacing(6)
        grid.addLayout(self._head(), 0, 0, 1, len(self.legends))
        grid.setVerticalSpacing(2)
        grid.setRowStretch(2, 1)
        for column, legend in enumerate(self.legends):
            grid.addWidget(legend, 1, column)
            grid.setColumnStretch(column, 4)

    def add(self, status: RunStatus) -> None:
        """One more moment."""
        self._rows.append((status.moment_s, sample(status)))
        while self._rows and self._rows[0][0] < status.moment_s - SPAN_S:
            self._rows.popleft()
        self._is_live = status.is_live
        if self.isVisible():
            self._draw()

    def clear(self) -> None:
        """Forgets the run before."""
        self._rows.clear()
        if self.isVisible():
            self._draw()

    def columns(self) -> list[Column]:
        """The figures drawn, for a table."""
        times = self._times()
        names = list(self._rows[0][1]) if self._rows else []
        return [("seconds_ago", -times), *((name, self._values(name)) for name in names)]

    def restyle(self) -> None:
        """Takes the colours of the look."""
        for graph in self._graphs:
            restyle(graph)

    def _head(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(4, 2, 2, 0)
        row.setSpacing(6)
        words = QLabel("The last minute")
        words.setProperty("muted", True)
        row.addWidget(words, 1)
        for text, signal in (("Save picture…", self.savePicture), ("Save table…", self.saveTable)):
            button = QPushButton(text.rstrip("…"))
            button.clicked.connect(lambda _checked=False, signal=signal: signal.emit())
            row.addWidget(button)
        return row

    def _build(self) -> None:
        self._rates, self._stages, self._delay, self._counts = self._graphs = tuple(plot("", "") for _ in self.legends)
        for column, (graph, legend) in enumerate(zip(self._graphs, self.legends, strict=True)):
            graph.setAccessibleName(legend.accessibleName())
            graph.setMouseEnabled(x=False, y=False)
            graph.setXRange(-SPAN_S, 0, padding=0)
            self._grid.addWidget(graph, 2, column)
        self._rate_curves = {name: self._curve(self._rates, index) for index, (name, _) in enumerate(RATES)}
        self._stage_curves = self._stacked()
        self._delay_curve = self._curve(self._delay, 0)
        self._people_curve = self._curve(self._counts, 2)
        self._dropped_curve = self._curve(self._counts, 4)
        for graph in self._graphs:
            graph.setLimits(yMin=0)
            graph.getPlotItem().getViewBox().setDefaultPadding(0.02)
            graph.getPlotItem().enableAutoRange(axis="y")

    def _curve(self, graph: pg.PlotWidget, colour: int) -> pg.PlotDataItem:
        return graph.plot(pen=line_pen(CURVE_COLOURS[colour]))

    def _stacked(self) -> list[tuple[str, pg.PlotDataItem]]:
        """One curve for each stage, lying on those before it, the room between filled."""
        base = self._stages.plot(pen=None)
        curves = []
        for index, (name, _) in enumerate(STAGES):
            curve = self._curve(self._stages, index)
            fill = pg.FillBetweenItem(curve, base, brush=pg.mkBrush(CURVE_COLOURS[index] + "66"))
            self._stages.addItem(fill)
            curves.append((name, curve))
            base = curve
        self._floor = self._stages.getPlotItem().listDataItems()[0]
        return curves

    def _times(self) -> npt.NDArray[np.float64]:
        moments = np.array([moment for moment, _ in self._rows])
        return moments - moments[-1] if len(moments) else moments

    def _values(self, name: str) -> npt.NDArray[np.float64]:
        return np.array([row[name] for _, row in self._rows])

    def _draw(self) -> None:
        for part in (self._delay, self.legends[2]):
            part.setVisible(self._is_live)
        self._grid.setColumnStretch(2, 3 if self._is_live else 0)
        times = self._times()
        for name, curve in self._rate_curves.items():
            curve.setData(times, self._values(name))
        total = np.zeros(len(times))
        self._floor.setData(times, total)
        for name, curve in self._stage_curves:
            total = total + self._values(name)
            curve.setData(times, total)
        self._delay_curve.setData(times, self._values("delay_ms"))
        self._people_curve.setData(times, self._values("people"))
        dropped = self._values("dropped")
        if len(dropped):
            per_moment = np.diff(dropped, prepend=dropped[:1])
            dropped = np.convolve(per_moment, np.ones(PER_SECOND))[: len(per_moment)]
        self._dropped_curve.setData(times, dropped)

    def showEvent(self, event: object) -> None:
        if not self._graphs:  # they take a quarter of the window's time to open, and few look at them
            self._build()
        self._draw()


def _legend(words: str, names: list[str], *, first: int = 0, step: int = 1) -> QLabel:
    label = legend_label(words, [(name, CURVE_COLOURS[first + step * index]) for index, name in enumerate(names)])
    label.setAccessibleName(", ".join(filter(None, (words, *names))))
    return label
