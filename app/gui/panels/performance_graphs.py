"""How fast everything runs: rates, milliseconds of each stage, delay, people and dropped frames of the last minute."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QPushButton, QWidget

from app.engine.run_status import RunStatus
from app.gui.look.theme import CURVE_COLOURS, as_panel
from app.gui.panels.graph_style import Column, legend_label
from app.gui.panels.performance_figures import RATES, SPAN_S, STAGES, Row, sample

if TYPE_CHECKING:
    from app.gui.panels.performance_plots import PerformancePlots


class PerformanceGraphs(QWidget):
    """Four graphs side by side over the last minute."""

    savePicture = Signal()
    saveTable = Signal()

    def __init__(self) -> None:
        super().__init__()
        as_panel(self)
        self._rows: deque[tuple[float, Row]] = deque()
        self._is_live = False
        self._plots: PerformancePlots | None = None
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
        self._draw()

    def clear(self) -> None:
        """Forgets the run before."""
        self._rows.clear()
        self._draw()

    def columns(self) -> list[Column]:
        """The figures drawn, for a table."""
        times = self._times()
        names = list(self._rows[0][1]) if self._rows else []
        return [("seconds_ago", -times), *((name, self._values(name)) for name in names)]

    def restyle(self) -> None:
        """Takes the colours of the look."""
        if self._plots is not None:
            self._plots.restyle()

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

    def _times(self) -> npt.NDArray[np.float64]:
        moments = np.array([moment for moment, _ in self._rows])
        return moments - moments[-1] if len(moments) else moments

    def _values(self, name: str) -> npt.NDArray[np.float64]:
        return np.array([row[name] for _, row in self._rows])

    def _draw(self) -> None:
        if self._plots is None or not self.isVisible():
            return
        for part in (self._plots.delay, self.legends[2]):
            part.setVisible(self._is_live)
        self._grid.setColumnStretch(2, 3 if self._is_live else 0)
        self._plots.draw(self._times(), self._values)

    def showEvent(self, event: object) -> None:
        if self._plots is None:  # they take a quarter of the window's time to open, and few look at them
            from app.gui.panels.performance_plots import PerformancePlots

            self._plots = PerformancePlots([legend.accessibleName() for legend in self.legends])
            for column, graph in enumerate(self._plots.graphs):
                self._grid.addWidget(graph, 2, column)
        self._draw()


def _legend(words: str, names: list[str], *, first: int = 0, step: int = 1) -> QLabel:
    label = legend_label(words, [(name, CURVE_COLOURS[first + step * index]) for index, name in enumerate(names)])
    label.setAccessibleName(", ".join(filter(None, (words, *names))))
    return label
