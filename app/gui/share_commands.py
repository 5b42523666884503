"""Share: one press makes a slow-motion clip of the part between in and out point, or a picture of the frame shown."""

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QWidget

from app.gui.actions import Actions
from app.gui.file_commands import FileCommands, show_in_folder
from app.gui.preferences import PreferencesStore
from app.gui.record_bar import RecordBar
from app.gui.video_view import VideoView
from app.runs.exporting import Work
from app.runs.free_places import free_path
from app.runs.job import Job
from app.runs.opened import OpenedFile
from app.runs.sharing import share_clip, share_picture
from app.runs.workspace import Workspace
from ppnet.errors import UserError

LONG_S = 60.0  # of life: four minutes of clip


class ShareCommands(QObject):
    """One clip at a time; it is given up when its file is closed."""

    def __init__(
        self,
        workspace: Workspace,
        actions: Actions,
        bar: RecordBar,
        view: VideoView,
        *,
        files: FileCommands,
        store: PreferencesStore,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._workspace = workspace
        self._actions = actions
        self._bar = bar
        self._view = view
        self._files = files
        self._store = store
        self._job: Job[Path | None] | None = None
        self._cancelled = threading.Event()
        self._share = 0.0
        self._ticker = QTimer(self)
        self._ticker.setInterval(200)
        self._ticker.timeout.connect(self._tick)
        actions.connect({"share": self.share, "share-picture": self.share_picture})
        bar.shareWanted.connect(self.share)
        workspace.opened.connect(lambda run: self._enable(not run.is_live))
        workspace.closing.connect(self.shut_down)
        workspace.closed.connect(lambda: self._enable(False))
        self._enable(False)

    def share(self) -> None:
        """Makes the clip."""
        run = self._workspace.opened_file
        if run is None:
            return
        span = run.replay.plan.span
        length_s = (span.end_s or run.player.end_s) - (span.start_s or 0.0)
        if length_s > LONG_S:
            self._workspace.notify(
                f"That would be {length_s / 60:.0f} minutes in slow motion. Mark the part to share first: I sets its "
                "beginning, O its end.",
                "warning",
            )
            return
        work, path = self._work(run), self._place(f"{run.video.stem}_slow.mp4")
        self._begin(lambda: share_clip(path, work))

    def share_picture(self) -> None:
        """Makes a picture of the frame that is shown."""
        run, picture = self._workspace.opened_file, self._view.picture
        if run is None or picture is None:
            return
        work, time_s = self._work(run), picture.frame.time_s
        path = self._place(f"{run.video.stem}_{picture.frame.index:06d}_still.png")
        self._begin(lambda: share_picture(path, work, time_s))

    def shut_down(self) -> None:
        """Gives up what is under way."""
        self._cancelled.set()
        if self._job is not None:
            self._job.wait(3.0)

    def _work(self, run: OpenedFile) -> Work:
        """Of how people are shown now; angles come along even while they are switched off."""
        layers = self._workspace.layers
        return Work(
            session=run.session,
            layers=replace(layers, angles=layers.angles or self._store.value.angles),
            people=self._workspace.people,
            video=run.video,
            progress=self._set_share,
            cancelled=self._cancelled.is_set,
            nearby=run.nearby(),
        )

    def _place(self, name: str) -> Path:
        folder = self._files.record_folder()
        folder.mkdir(parents=True, exist_ok=True)
        return free_path(folder / name)

    def _begin(self, work: Callable[[], Path | None]) -> None:
        if self._job is not None:
            self._workspace.notify("The clip before is still being made; try again in a moment.", "warning")
            return
        self._cancelled.clear()
        self._share = 0.0
        self._enable(False)
        self._ticker.start()
        self._job = Job(work, name="share", post=self._workspace.post, done=self._done, failed=self._failed)

    def _set_share(self, share: float) -> None:
        self._share = share

    def _tick(self) -> None:
        self._bar.status.setText(f"Making the clip… {100 * min(self._share, 1):.0f} %")

    def _done(self, path: Path | None) -> None:
        self._end()
        if path is not None:
            self._workspace.offer(f"Ready to share: {path.name}", "Show in folder", lambda: show_in_folder(path))

    def _failed(self, error: Exception) -> None:
        self._end()
        if self._cancelled.is_set():
            return
        if not isinstance(error, UserError | OSError):
            raise error
        self._workspace.notify(str(error), "error")

    def _end(self) -> None:
        self._job = None
        self._ticker.stop()
        self._bar.status.setText("")
        self._enable(self._workspace.opened_file is not None)

    def _enable(self, enabled: bool) -> None:
        self._bar.share.setEnabled(enabled)
        self._actions.enable(("share", "share-picture"), enabled)
