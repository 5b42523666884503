"""Speed against cost, one point per network."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ppnet.benchmark.measure import Result
from ppnet.extras import load
from ppnet.output_files import save_figure

FAMILIES = (("M", "PPNet", "#d1495b"), ("simple", "SimpleBaseline", "#30638e"), ("hourglass", "Hourglass", "#edae49"),
            ("hrnet", "HRNet", "#66a182"))  # fmt: skip


def plot(results: Sequence[Result], case: str, path: Path, *, title: str) -> None:
    """Write a picture: MACs on one axis, people per second on the other, both logarithmic.

    UserError when matplotlib is not installed or the place cannot be written.
    """
    figure = load("matplotlib.figure", "train").Figure(figsize=(8, 5))
    axes = figure.subplots()
    for start, family, colour in FAMILIES:
        members = [result for result in results if result.name.startswith(start)]
        if members:
            costs = [result.macs / 1e9 for result in members]
            speeds = [result.timings[case].people_per_s for result in members]
            axes.scatter(costs, speeds, s=36, color=colour, label=family, zorder=3)
    for rank, result in enumerate(sorted(results, key=lambda result: result.macs)):
        at = (result.macs / 1e9, result.timings[case].people_per_s)
        _label(axes, result.name, at, above=rank % 2 == 0)
    axes.set(xscale="log", yscale="log", xlabel="MACs per person (G)", ylabel="people per second", title=title)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter("{x:g}")
        axis.set_minor_formatter("{x:g}")
    axes.tick_params(which="both", labelsize=7)
    axes.margins(x=0.15, y=0.2)
    axes.grid(visible=True, which="both", alpha=0.25)
    axes.legend()
    figure.tight_layout()
    save_figure(figure, path, dpi=120)


def _label(axes: Any, name: str, at: tuple[float, float], *, above: bool) -> None:
    """A name beside its point, on either side of the falling line that the points make."""
    side = {"xytext": (4, 4), "ha": "left"} if above else {"xytext": (-4, -4), "ha": "right"}
    slanted = {"rotation": 35, "rotation_mode": "anchor", "va": "center"}
    axes.annotate(name, at, textcoords="offset points", fontsize=7, **side, **slanted)
