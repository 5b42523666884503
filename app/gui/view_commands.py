"""What the switches of the View menu do: layers of the picture, panels, full screen."""

from dataclasses import replace

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMainWindow, QWidget

from app.gui.actions import Actions, Switch
from app.gui.preferences import PreferencesStore
from app.gui.video_view import VideoView
from app.gui.workspace import Workspace
from app.runs.opened import Run
from app.runs.picture_feed import FileFeed, LiveFeed

LAYER_FIELDS = {
    "skeleton": "skeleton",
    "joints": "joints",
    "boxes": "boxes",
    "labels": "labels",
    "trails": "trails",
    "joint-names": "joint_names",
    "blur-faces": "blur_faces",
    "plain-ground": "plain_ground",
}


class ViewCommands(QObject):
    """Keeps the picture's layers, and remembers them."""

    def __init__(
        self,
        workspace: Workspace,
        actions: Actions,
        view: VideoView,
        *,
        store: PreferencesStore,
        window: QMainWindow,
        panels: dict[str, QWidget],
    ) -> None:
        super().__init__(window)
        self._workspace = workspace
        workspace.opened.connect(self.match_pictures)
        self._view = view
        self._store = store
        self._window = window
        for name, field in LAYER_FIELDS.items():
            shown = store.value.layers.get(field, getattr(view.layers, field))
            actions.set_checked(name, shown)
            view.set_layers(replace(view.layers, **{field: shown}))
        actions.connect_switches({name: self._switch(field) for name, field in LAYER_FIELDS.items()})
        for name, panel in panels.items():
            actions.set_checked(name, True)
            actions.connect_switches({name: panel.setVisible})
        actions.connect_switches({"full-screen": self._full_screen})
        actions.connect({"zoom-in": lambda: view.zoom(1.25), "zoom-out": lambda: view.zoom(0.8), "fit": view.fit})

    def match_pictures(self, run: Run) -> None:
        """With blurred faces a live picture waits for its result: blocks that lag would show faces."""
        if isinstance(run.feed, LiveFeed):
            run.feed.matched = self._view.layers.blur_faces
        elif isinstance(run.feed, FileFeed) and run.feed.hides_faces != self._view.layers.blur_faces:
            run.feed.hides_faces = self._view.layers.blur_faces
            run.feed.refresh()

    def set_min_score(self, score: float) -> None:
        """Joints below are not drawn, from now on."""
        self._view.set_layers(replace(self._view.layers, min_score=score))

    def _switch(self, field: str) -> Switch:
        def switch(on: bool) -> None:
            self._view.set_layers(replace(self._view.layers, **{field: on}))
            if self._workspace.run is not None:
                self.match_pictures(self._workspace.run)
            self._store.update(layers={**self._store.value.layers, field: on})

        return switch

    def _full_screen(self, on: bool) -> None:
        if on:
            self._window.showFullScreen()
        else:
            self._window.showNormal()
