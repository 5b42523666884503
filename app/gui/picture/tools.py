"""A length that gives the scale, and a region to look for people in: drawn into the picture, or typed as numbers."""

import math
from dataclasses import replace

from PySide6.QtWidgets import QInputDialog

from app.gui.commands.base import Commands, WindowParts
from app.gui.dialogs.buttons import open_once
from app.gui.dialogs.place import Line, Number, PlaceDialog, show_below, upright_line
from app.gui.keyboard_focus import take_commas
from app.gui.panels.controls import ControlsPanel
from app.gui.panels.person_curves import PersonCurves
from tracking.session.edits import DrawnPoint, SetDrawing, SetScale

LEAST_PX, SHORTEST_PX = 8, 5  # of a region's sides; of a line of known length
METRES = (0.001, 10_000.0)


class PictureTools(Commands):
    """Starts a tool and takes what was drawn."""

    def __init__(self, parts: WindowParts, curves: PersonCurves, controls: ControlsPanel) -> None:
        super().__init__(parts)
        self._curves = curves
        self._actions.connect(
            {
                "scale": self.start_scale,
                "type-scale": self.type_scale,
                "region": self.start_region,
                "type-region": self.type_region,
                "whole-picture": self.whole_picture,
            }
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

    def type_region(self) -> None:
        """Asks for the region in numbers, and outlines it meanwhile."""
        if self._view.picture is None:
            return
        work, view, (wide, high) = self._workspace, self._view, self._view.picture.frame.size_wh
        x1, y1, x2, y2 = work.settings.region or (0.0, 0.0, float(wide), float(high))
        numbers = (
            Number("From the &left", x1, (0, wide - LEAST_PX)),
            Number("From the &top", y1, (0, high - LEAST_PX)),
            Number("&Width", x2 - x1, (LEAST_PX, wide)),
            Number("&Height", y2 - y1, (LEAST_PX, high)),
        )

        def region(place: Line) -> Line:
            left, top, width, height = place
            return left, top, min(left + width, wide), min(top + height, high)

        dialog = PlaceDialog("Search only a region", numbers, "Search here", parent=view)
        dialog.previewed.connect(lambda place: view.show_region(region(place)))
        dialog.rejected.connect(lambda: view.show_region(work.settings.region))
        dialog.agreed.connect(lambda place: self.set_region(region(place)))
        show_below(dialog, view)

    def type_scale(self) -> None:
        """Asks for a line and its length in numbers, and shows the line meanwhile: first along the selected person."""
        picture, run, view, hand = self._view.picture, self._workspace.run, self._view, self._hand
        if picture is None or run is None:
            return
        wide, high = picture.frame.size_wh
        x1, y1, x2, y2 = upright_line(picture, self._workspace.people.chosen)
        numbers = (
            Number("Start, from the &left", x1, (0, wide)),
            Number("Start, from the &top", y1, (0, high)),
            Number("End, from the l&eft", x2, (0, wide)),
            Number("End, from the t&op", y2, (0, high)),
            Number("Real le&ngth", 1.0, METRES, "m", 3),
        )
        number = run.edited.plan.next_drawing

        def preview(place: tuple[float, ...]) -> None:
            ends = DrawnPoint(place[0], place[1]), DrawnPoint(place[2], place[3])
            hand.preview(SetDrawing(number, "distance", ends))

        def agree(place: tuple[float, ...]) -> None:
            length_px = math.hypot(place[2] - place[0], place[3] - place[1])
            if self._is_long_enough(length_px):
                self.set_length(length_px, place[4])

        dialog = PlaceDialog("Set a scale", numbers, "Set the scale", parent=view)
        dialog.previewed.connect(preview)
        dialog.finished.connect(lambda _code: hand.preview(None))
        dialog.agreed.connect(agree)
        self._actions["drawings"].setChecked(True)
        preview(dialog.values)
        show_below(dialog, view)

    def whole_picture(self) -> None:
        """Looks for people everywhere again."""
        self._apply(None, "From the next frame on, the whole picture is searched for people.")

    def set_region(self, region: Line) -> None:
        """Looks for people only within left, top, right, bottom (image pixels)."""
        if region[2] - region[0] < LEAST_PX or region[3] - region[1] < LEAST_PX:
            self._workspace.notify(f"That region is too small; each side needs at least {LEAST_PX} pixels.", "warning")
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

    def _is_long_enough(self, length_px: float) -> bool:
        if length_px < SHORTEST_PX:
            self._workspace.notify(f"That line is too short; it needs at least {SHORTEST_PX} pixels.", "warning")
        return length_px >= SHORTEST_PX

    def _ask_length(self, line: Line) -> None:
        length_px = math.hypot(line[2] - line[0], line[3] - line[1])
        if not self._is_long_enough(length_px):
            return
        dialog = QInputDialog(self._view)
        dialog.setWindowTitle("Set a scale")
        dialog.setInputMode(QInputDialog.InputMode.DoubleInput)
        dialog.setLabelText(f"The line is {length_px:.0f} pixels long. How long is it in metres?")
        dialog.setDoubleRange(*METRES)
        dialog.setDoubleDecimals(3)
        dialog.setDoubleValue(1.0)
        take_commas(dialog)
        dialog.doubleValueSelected.connect(lambda metres: self.set_length(length_px, metres))
        open_once(dialog)
