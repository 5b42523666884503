"""Graphs that leave the program: PNG and CSV, never over a file that is there."""

from pathlib import Path

from PySide6.QtWidgets import QWidget

from app.gui.commands.base import Commands, WindowParts
from app.gui.commands.file import FileCommands
from app.gui.panels.graph_style import Column, save_csv, save_png
from app.gui.panels.performance_graphs import PerformanceGraphs
from app.gui.panels.person_curves import PersonCurves
from ppnet.output_files import why_not_written


class GraphCommands(Commands):
    """Saves what a graph shows into the folder of recordings and says where it is."""

    def __init__(
        self, parts: WindowParts, curves: PersonCurves, performance: PerformanceGraphs, files: FileCommands
    ) -> None:
        super().__init__(parts)
        self._curves = curves
        self._files = files
        curves.savePicture.connect(self.curve_picture)
        curves.saveTable.connect(self.curve_table)
        performance.savePicture.connect(lambda: self.picture(performance, "performance"))
        performance.saveTable.connect(lambda: self.table(performance.columns(), "performance"))

    def picture(self, widget: QWidget, name: str, so_far: str = "") -> None:
        """The graph as PNG. so_far: what is to be said of one that does not hold all."""
        path = self._place(f"{name}.png")
        if save_png(widget, path):
            self._files.tell_saved(path, so_far)
        else:
            self._workspace.notify(f"The picture could not be written to {path}.", "error")

    def curve_table(self) -> None:
        """The curve as CSV, once all of it is there."""
        if self._is_whole():
            self.table(self._curves.columns(), f"{self._whose()}curve", self._files.so_far())

    def curve_picture(self) -> None:
        """The curve as PNG, once all of it is there."""
        if self._is_whole():
            self.picture(self._curves.graph, f"{self._whose()}curve", self._files.so_far())

    def _is_whole(self) -> bool:
        """Whether the curve is read to its end; says so when it isn't yet."""
        if self._curves.is_reading:
            self._workspace.notify("The curve is still being read; save it in a moment.", "warning")
        return not self._curves.is_reading

    def table(self, columns: list[Column], name: str, so_far: str = "") -> None:
        """The figures as CSV. so_far: see `picture`."""
        path = self._place(f"{name}.csv")
        try:
            save_csv(columns, path)
        except OSError as error:
            self._workspace.notify(f"The table could not be written to {path}: {why_not_written(error)}.", "error")
        else:
            self._files.tell_saved(path, so_far)

    def _whose(self) -> str:
        chosen = self._workspace.people.chosen
        return "" if chosen is None else f"{chosen}_"

    def _place(self, end: str) -> Path:
        run = self._workspace.run
        stem = Path(run.name).stem if run is not None else "run"
        return self._files.new_file(f"{stem}_{end}")
