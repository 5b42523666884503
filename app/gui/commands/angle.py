"""Which angles stand on the picture: a switch, and a menu to choose them from; remembered between runs."""

from dataclasses import replace

from PySide6.QtGui import QAction

from app.gui.commands.base import Commands, WindowParts
from app.gui.look.staying_menu import StayingMenu
from tracking.angles import ANGLES


class AngleCommands(Commands):
    """Choosing an angle shows it; the switch takes all of them off the picture and brings them back."""

    def __init__(self, parts: WindowParts) -> None:
        super().__init__(parts)
        self.menu = StayingMenu("Angles shown", self._window)
        self._entries = {name: self._entry(name) for name in ANGLES}
        self._actions.menus["View"].insertMenu(self._actions["drawings"], self.menu)
        self._actions.connect_switches({"angles": self._switch})
        self._actions.set_checked("angles", self._store.value.layers.get("angles", False))
        self._show()

    def choose(self, name: str, on: bool) -> None:
        """Draws an angle of `ANGLES` from now on, or no longer."""
        chosen = {*self._store.value.angles, name} if on else set(self._store.value.angles) - {name}
        self._store.update(angles=tuple(other for other in ANGLES if other in chosen))
        self._actions["angles"].setChecked(bool(chosen))
        self._show()

    def _entry(self, name: str) -> QAction:
        entry = self.menu.addAction(ANGLES[name].words)
        entry.setObjectName(name)
        entry.setCheckable(True)
        entry.setChecked(name in self._store.value.angles)
        entry.toggled.connect(lambda on: self.choose(name, on))
        return entry

    def _switch(self, on: bool) -> None:
        self._store.update(layers={**self._store.value.layers, "angles": on})
        if on and not self._store.value.angles:  # a switch that does nothing would look broken
            for name in ("left_knee", "right_knee"):
                self._entries[name].setChecked(True)
        self._show()

    def _show(self) -> None:
        angles = self._store.value.angles if self._actions["angles"].isChecked() else ()
        self._workspace.set_layers(replace(self._workspace.layers, angles=angles))
