"""Heatmaps over the picture, and the page “Network view”: asks the network about what is shown while either is on."""

import numpy as np
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QTabWidget

from app.gui.commands.base import Commands, WindowParts
from app.gui.panels.controls import ControlsPanel
from app.gui.panels.network_view import NetworkViewPanel
from app.workspace.inspector import Answer, Inspector, Question
from app.workspace.picture_feed import Picture
from tracking.drawing.colors import heat_colors
from tracking.drawing.shapes import Patch

POLL_MS = 40


class InspectCommands(Commands):
    """The thread lives only while a heatmap or the page is switched on."""

    def __init__(self, parts: WindowParts, panel: NetworkViewPanel, controls: ControlsPanel, tabs: QTabWidget) -> None:
        super().__init__(parts)
        self._panel = panel
        self._tabs = tabs
        self._inspector: Inspector | None = None
        self._series = 0  # of questions whose answers are still of interest
        self._answer: Answer | None = None
        self._joint = controls.heat_joint.currentData()
        self._timer = QTimer(self)
        self._timer.setInterval(POLL_MS)
        self._timer.timeout.connect(self._poll)
        self._actions.connect_switches({"heatmap": lambda _on: self._switch(), "feature-maps": self._show_page})
        controls.heatJointChanged.connect(self._choose_joint)
        self._workspace.picture_arrived.connect(self._ask)
        self._workspace.people_changed.connect(lambda _people: self._ask(self._view.picture))
        self._workspace.settings_changed.connect(lambda _settings: self._ask(self._view.picture))
        self._workspace.closed.connect(self._forget)

    def shut_down(self) -> None:
        """Ends the thread."""
        self._timer.stop()
        if self._inspector is not None:
            self._inspector.stop()
            self._inspector = None

    def _show_page(self, on: bool) -> None:
        if on:
            self._tabs.setCurrentWidget(self._panel)
        self._switch()

    def _switch(self) -> None:
        if self._wanted():
            if self._inspector is None:
                self._inspector = Inspector(self._workspace.factories.looker)
            self._timer.start()
            self._ask(self._view.picture)
        else:
            self.shut_down()
        if self._actions["feature-maps"].isChecked():
            self._panel.show_words("Loading the network…")
        else:
            self._panel.show_words("Switch on “Network view” (Shift+A) and select a person.")
        self._draw()

    def _wanted(self) -> bool:
        return self._actions["heatmap"].isChecked() or self._actions["feature-maps"].isChecked()

    def _choose_joint(self, joint: int) -> None:
        self._joint = joint
        self._draw()

    def _ask(self, picture: Picture | None) -> None:
        work = self._workspace
        if self._inspector is None or work.run is None or picture is None or picture.result is None:
            return
        if len(picture.result) == 0:
            self._forget()
            return
        ids, boxes = picture.result.tracks.ids, picture.result.tracks.boxes
        order = np.argsort(ids != work.people.chosen, kind="stable")
        self._inspector.ask(Question(picture.frame.image, boxes[order], work.settings, self._series))

    def _poll(self) -> None:
        answer = self._inspector.answer() if self._inspector is not None else None
        if answer is None or answer.question.series != self._series:
            return
        if answer.error:
            self._panel.show_words(answer.error)
        self._answer = answer
        self._draw()

    def _draw(self) -> None:
        insight = self._answer.insight if self._answer is not None else None
        if insight is None or not self._wanted():
            self._view.set_heat(())
            return
        if self._actions["feature-maps"].isChecked():
            self._panel.show_insight(insight)
        if not self._actions["heatmap"].isChecked():
            self._view.set_heat(())
            return
        maps = insight.heatmaps[:, self._joint]
        peak = max(float(maps.max()), 0.2)
        layers = [
            Patch(heat_colors(heatmap / peak, clear=True), (x1, y1, x2, y2))
            for heatmap, (x1, y1, x2, y2) in zip(maps, insight.regions.tolist(), strict=True)
        ]
        self._view.set_heat(tuple(layers))

    def _forget(self) -> None:
        """Nobody is in the picture any more, or it is gone: what the network still says about them comes too late."""
        self._series += 1
        self._answer = None
        self._view.set_heat(())
