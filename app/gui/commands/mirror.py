"""For a camera: the picture of some seconds ago, as in a mirror with a memory; and the last seconds saved after the
fact."""

from pathlib import Path

from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu

from app.gui.commands.base import Commands, WindowParts
from app.gui.commands.file import FileCommands
from app.workspace.background_work import BackgroundWork, Progress
from app.workspace.picture_feed import LiveFeed
from app.workspace.replay_video import write_replay
from tracking.session.naming import named_after

DELAYS_S = (0, 2, 5, 10, 20)
SAVED_S = 20.0


class MirrorCommands(Commands):
    """A delay counts until the camera is closed."""

    def __init__(self, parts: WindowParts, files: FileCommands) -> None:
        super().__init__(parts)
        self._files = files
        self._writing = BackgroundWork[Path](
            "save the last seconds", post=self._workspace.post, done=files.tell_saved, failed=self._failed
        )
        self.menu = QMenu("Delayed mirror", parts.window)
        self._group = QActionGroup(self)
        self._entries = {delay_s: self._entry(delay_s) for delay_s in DELAYS_S}
        playback = self._actions.menus["Playback"]
        playback.insertMenu(self._actions["save-last"], self.menu)
        self._actions.connect({"save-last": self.save_last})
        self._workspace.opened.connect(lambda run: self._enable(run.is_live))
        files.finishing.add(self._writing, lambda: "Saving the last seconds…")
        self._workspace.closed.connect(lambda: self._enable(False))
        self._enable(False)

    def show_ago(self, seconds: float) -> None:
        """Shows what was captured so long ago; 0: what is captured now."""
        camera = self._workspace.opened_camera
        if camera is not None and isinstance(camera.feed, LiveFeed):
            camera.feed.delay_s = seconds

    def save_last(self) -> None:
        """Saves the last seconds, as the picture looks now."""
        camera = self._workspace.opened_camera
        if camera is None:
            return
        if self._writing.is_busy:
            self._workspace.notify("The previous recording is still being saved; try again in a moment.", "warning")
            return
        replay, style = camera.engine.replay_buffer, self._workspace.style
        path = self._files.new_file(named_after(camera.session.path, "_last.mp4").name)

        def work(progress: Progress) -> Path:
            return write_replay(replay, path, style, last_s=SAVED_S, progress=progress.tell)

        self._writing.start(work)
        self._workspace.notify(f"Saving the last {SAVED_S:g} seconds…")

    def _entry(self, delay_s: int) -> QAction:
        entry = self.menu.addAction("Off" if delay_s == 0 else f"{delay_s} seconds ago")
        entry.setCheckable(True)
        entry.setChecked(delay_s == 0)
        entry.triggered.connect(lambda: self.show_ago(delay_s))
        self._group.addAction(entry)
        return entry

    def _enable(self, enabled: bool) -> None:
        self._entries[0].setChecked(True)
        self.menu.setEnabled(enabled)
        self._actions.enable(("save-last",), enabled)

    def _failed(self, words: str) -> None:
        self._workspace.notify(words, "error")
