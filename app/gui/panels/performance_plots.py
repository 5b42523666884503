"""The four graphs of how fast everything runs."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg

from app.gui.look.theme import CURVE_COLOURS
from app.gui.panels.performance_figures import PER_SECOND, RATES, SPAN_S, STAGES
from app.gui.panels.plots import line_pen, plot, restyle

Floats = npt.NDArray[np.float64]
RECENT_S = 10.0
FAR = 4.0
"""So many times the median is too far above the rest to be shown once it is no longer recent."""


class PerformancePlots:
    """`graphs`: rates, milliseconds of the stages on one another, `delay`, people and dropped frames.

    names: what screen readers call each of them.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._rates, self._stages, self.delay, self._counts = self.graphs = tuple(plot("", "") for _ in names)
        for graph, name in zip(self.graphs, names, strict=True):
            graph.setAccessibleName(name)
            graph.setMouseEnabled(x=False, y=False)
            graph.setXRange(-SPAN_S, 0, padding=0)
        self._rate_curves = {name: _curve(self._rates, index) for index, (name, _) in enumerate(RATES)}
        self._stage_curves = self._stacked()
        self._delay_curve = _curve(self.delay, 0)
        self._people_curve = _curve(self._counts, 2)
        self._dropped_curve = _curve(self._counts, 4)
        for graph in self.graphs:
            graph.setLimits(yMin=0)
            graph.getPlotItem().getViewBox().setDefaultPadding(0.02)
        for graph in (self._rates, self._counts):
            graph.getPlotItem().enableAutoRange(axis="y")

    def draw(self, times: Floats, values: Callable[[str], Floats]) -> None:
        """Draws `values(name)` over `times`, seconds before now."""
        for name, curve in self._rate_curves.items():
            curve.setData(times, values(name))
        total = np.zeros(len(times))
        self._floor.setData(times, total)
        for name, curve in self._stage_curves:
            total = total + values(name)
            curve.setData(times, total)
        delay = values("delay_ms")
        self._delay_curve.setData(times, delay)
        for graph, shown in ((self._stages, total), (self.delay, delay)):
            graph.setYRange(0, top_of(times, shown) or 1, padding=0.02)
        self._people_curve.setData(times, values("people"))
        dropped = values("dropped")
        if len(dropped):
            per_moment = np.diff(dropped, prepend=dropped[:1])
            dropped = np.convolve(per_moment, np.ones(PER_SECOND))[: len(per_moment)]
        self._dropped_curve.setData(times, dropped)

    def restyle(self) -> None:
        """Takes the colours of the look."""
        for graph in self.graphs:
            restyle(graph)

    def _stacked(self) -> list[tuple[str, pg.PlotDataItem]]:
        """One curve for each stage, lying on those before it, the room between filled."""
        base = self._stages.plot(pen=None)
        curves = []
        for index, (name, _) in enumerate(STAGES):
            curve = _curve(self._stages, index)
            fill = pg.FillBetweenItem(curve, base, brush=pg.mkBrush(CURVE_COLOURS[index] + "66"))
            self._stages.addItem(fill)
            curves.append((name, curve))
            base = curve
        self._floor = self._stages.getPlotItem().listDataItems()[0]
        return curves


def top_of(times: Floats, values: Floats) -> float:
    """How high a graph of milliseconds goes: up to all that is recent, and to what isn't far above the rest. A first
    frame, for which the network is made ready, would press a minute of frames to the floor.

    times: seconds before now. values: 0 or NaN where nothing was measured.
    """
    measured = values > 0
    if not measured.any():
        return 0.0
    usual = min(values[measured].max(), FAR * float(np.median(values[measured])))
    return float(max(usual, values[measured & (times > -RECENT_S)].max(initial=0)))


def _curve(graph: pg.PlotWidget, colour: int) -> pg.PlotDataItem:
    return graph.plot(pen=line_pen(CURVE_COLOURS[colour]))
