"""A menu in which several things are chosen."""

from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QMenu

from app.gui.keyboard_focus import PRESS


class StayingMenu(QMenu):
    """Stays open while one ticks entries, by mouse or keys; Escape or a click beside it closes it."""

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if not self._toggle():
            super().mouseReleaseEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() not in PRESS or not self._toggle():
            super().keyPressEvent(event)

    def _toggle(self) -> bool:
        """Ticks the entry that is lit, or takes its tick away; whether there is one."""
        action = self.activeAction()
        if action is None:
            return False
        action.toggle()
        return True
