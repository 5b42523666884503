"""The picture of a soak: memory, threads, open files, delay and frames a second over its minutes."""

from pathlib import Path

from app.bench.soak import FIGURES, Soak, settled_s
from ppnet.extras import load
from ppnet.output_files import save_figure


def plot_soak(soak: Soak, path: Path) -> None:
    """Writes it (type by the file's ending). UserError when matplotlib is not installed or the place cannot be
    written."""
    figure = load("matplotlib.figure", "train").Figure(figsize=(8, 9), layout="constrained")
    minutes = [look.time_s / 60 for look in soak.looks]
    panels = figure.subplots(len(FIGURES), 1, sharex=True)
    for axes, (name, words, factor) in zip(panels, FIGURES, strict=True):
        values = [getattr(look, name) for look in soak.looks]
        known = [value * factor for value in values if value is not None]
        shown = [float("nan") if value is None else value * factor for value in values]
        axes.plot(minutes, shown, color="tab:blue")
        axes.axvline(settled_s(soak.looks) / 60, color="0.7", linestyle="--")
        axes.set(ylabel=words, ylim=(0, 1.1 * max(known, default=0.0) or 1.0))
        axes.grid(visible=True, alpha=0.25)
    panels[-1].set(xlabel="minutes (growth is counted from the dashed line on)")
    save_figure(figure, path, dpi=100)
