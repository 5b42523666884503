"""Things drawn into the picture with the mouse: a length that gives the scale, a region to look for people in."""

import math
from dataclasses import replace

from PySide6.QtWidgets import QInputDialog

from app.gui.commands import Commands, WindowParts
from app.gui.controls_panel import ControlsPanel
from app.gui.keyboard_focus import take_commas
from app.gui.person_curves import PersonCurves
from tracking.session.edits import SetScale

Line = tuple[float, float, float, float]


class PictureTools(Commands):
    """Starts a tool and takes what was drawn."""

    def __init__(self, parts: WindowParts, curves: PersonCurves, controls: ControlsPanel) -> None:
        super().__init__(parts)
        self._curves = curves
        self._actions.connect(
            {"scale": self.start_scale, "region": self.start_region, "whole-picture": self.whole_picture}
        )
        controls.regionWanted.connect(self.start_region)
        controls.wholeWanted.connect(self.whole_picture)
        self._view.lineDrawn.connect(self._ask_length)
        self._view.regionDrawn.connect(self.set_region)
        self._workspace.settings_changed.connect(lambda settings: self._view.show_region(settings.region))
        self._workspace.opened.connect(lambda _run: self._view.show_region(self._workspace.settings.region))
        self._workspace.opened.connect(lambda _run: self._follow_scale())
        self._workspace.edited.connect(self._follow_scale)
        self._workspace.closed.connect(self._follow_scale)

    def start_scale(self) -> None:
        """The next drag in the picture is a line of known length."""
        self._start("line")

    def start_region(self) -> None:
        """The next drag in the picture is the region in which people are looked for."""
        self._start("region")

    def whole_picture(self) -> None:
        """Looks for people everywhere again."""
        self._apply(None, "From the next frame on, the whole picture is searched for people.")

    def set_region(self, region: Line) -> None:
        """Looks for people only within left, top, right, bottom (image pixels)."""
        if region[2] - region[0] < 8 or region[3] - region[1] < 8:
            self._workspace.notify("That region is too small; drag a larger one.", "warning")
            return
        x1, y1, x2, y2 = (float(value) for value in region)
        self._apply((x1, y1, x2, y2), "From the next frame on, only this region is searched for people.")

    def _apply(self, region: Line | None, words: str) -> None:
        work = self._workspace
        work.apply(replace(work.settings, region=region))
        run = work.run
        if run is None or run.is_live:
            work.notify(words)
        elif not run.session.complete:
            work.offer(f"{words} Track again to apply it to earlier frames?", "Track again", work.track_again)

    def set_length(self, length_px: float, metres: float) -> None:
        """So many pixels are so many metres: curves are drawn in metres."""
        self._workspace.edit(SetScale(metres / length_px))
        self._workspace.notify(
            f"1 metre is {length_px / metres:.1f} pixels. Curves are now in metres, and exports can be; correct only "
            "at that distance from the camera. Ctrl+Z undoes it.",
        )

    def _follow_scale(self) -> None:
        run = self._workspace.run
        self._curves.set_scale(run.edited.metres_per_pixel if run is not None else None)

    def _start(self, tool: str) -> None:
        if self._view.picture is not None:
            self._view.take_tool(tool)

    def _ask_length(self, line: Line) -> None:
        length_px = math.hypot(line[2] - line[0], line[3] - line[1])
        if length_px < 5:
            self._workspace.notify("That line is too short; draw a longer one.", "warning")
            return
        dialog = QInputDialog(self._window)
        dialog.setWindowTitle("Set a scale")
        dialog.setInputMode(QInputDialog.InputMode.DoubleInput)
        dialog.setLabelText(f"The line is {length_px:.0f} pixels long. How long is it in metres?")
        dialog.setDoubleRange(0.001, 10_000.0)
        dialog.setDoubleDecimals(3)
        dialog.setDoubleValue(1.0)
        take_commas(dialog)
        dialog.doubleValueSelected.connect(lambda metres: self.set_length(length_px, metres))
        dialog.open()
