"""What the commands of the window have in common: the parts that they act on."""

from dataclasses import dataclass

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMainWindow

from app.gui.commands.actions import Actions
from app.gui.picture.drawing_hand import DrawingHand
from app.gui.picture.video_view import VideoView
from app.gui.preferences import PreferencesStore
from app.workspace.workspace import Workspace


@dataclass(frozen=True)
class WindowParts:
    """The window, what is open in it, its commands and keys, its picture, what draws on that, what it remembers."""

    window: QMainWindow
    workspace: Workspace
    actions: Actions
    view: VideoView
    hand: DrawingHand
    store: PreferencesStore


class Commands(QObject):
    """Base of the objects that do what commands ask for; each connects its own."""

    def __init__(self, parts: WindowParts) -> None:
        super().__init__(parts.window)
        self._window = parts.window
        self._workspace = parts.workspace
        self._actions = parts.actions
        self._view = parts.view
        self._hand = parts.hand
        self._store = parts.store
