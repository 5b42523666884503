"""What the switches of the View menu do: layers of the picture, panels, full screen."""

from dataclasses import fields, replace
from typing import Any

from PySide6.QtWidgets import QWidget

from app.gui.commands.actions import Switch
from app.gui.commands.base import Commands, WindowParts
from tracking.drawing.style import PictureLayers

FIELDS = {
    field.name.replace("_", "-"): field.name
    for field in fields(PictureLayers)
    if field.type is bool and field.name != "alone"
}
"""The layers that are on or off, by the names of their commands."""


class ViewCommands(Commands):
    """Keeps the picture's layers, and remembers them."""

    def __init__(self, parts: WindowParts, panels: dict[str, QWidget]) -> None:
        super().__init__(parts)
        for name, field in FIELDS.items():
            shown = self._store.value.layers.get(field, getattr(self._workspace.layers, field))
            self._actions.set_checked(name, shown)
            self._workspace.set_layers(changed(self._workspace.layers, field, shown))
        self._actions.connect_switches({name: self._switch(field) for name, field in FIELDS.items()})
        for name, panel in panels.items():
            self._actions.set_checked(name, True)
            self._actions.connect_switches({name: panel.setVisible})
        self._actions.connect_switches({"full-screen": self._full_screen})
        self._actions.connect(
            {"zoom-in": lambda: self._view.zoom(1.25), "zoom-out": lambda: self._view.zoom(0.8), "fit": self._view.fit}
        )

    def set_min_score(self, score: float) -> None:
        """Joints below are not drawn, from now on."""
        self._workspace.set_layers(replace(self._workspace.layers, min_score=score))

    def _switch(self, field: str) -> Switch:
        def switch(on: bool) -> None:
            self._workspace.set_layers(changed(self._workspace.layers, field, on))
            self._store.update(layers={**self._store.value.layers, field: on})

        return switch

    def _full_screen(self, on: bool) -> None:
        if on:
            self._window.showFullScreen()
        else:
            self._window.showNormal()


def changed(style: PictureLayers, field: str, on: bool) -> PictureLayers:
    """The style with one layer switched."""
    values: dict[str, Any] = {field: on}
    return replace(style, **values)
