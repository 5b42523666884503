"""Export and batch: what the dialogs ask for is done here, in threads of their own."""

import os
import threading
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QWidget

from app.gui.actions import Actions
from app.gui.batch_dialog import BatchDialog
from app.gui.export_dialog import ExportDialog
from app.gui.file_commands import FileCommands, show_in_folder
from app.gui.video_view import VideoView
from app.runs.exporting import Work, export_work
from app.runs.free_places import free_path
from app.runs.job import Job
from app.runs.workspace import Workspace
from ppnet.errors import UserError
from tracking.export.formats import EXPORTS

TICK_MS = 100


class ExportCommands(QObject):
    """One export at a time; batches run in a window of their own."""

    def __init__(
        self,
        workspace: Workspace,
        actions: Actions,
        view: VideoView,
        *,
        files: FileCommands,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._workspace = workspace
        self._view = view
        self._files = files
        self._window = window
        self._dialog: ExportDialog | None = None
        self._batch: BatchDialog | None = None
        self._job: Job[tuple[Path, ...]] | None = None
        self._cancelled = threading.Event()
        self._share = 0.0
        self._ticker = QTimer(self)
        self._ticker.setInterval(TICK_MS)
        self._ticker.timeout.connect(self._tick)
        actions.connect({"export": self.ask, "batch": lambda: self.show_batch([])})
        workspace.closed.connect(self._close_dialog)

    def ask(self) -> None:
        """Opens the dialog for what is open."""
        run = self._workspace.run
        if run is None:
            return
        if self._dialog is not None:
            self._dialog.raise_()
            return
        opened_file = self._workspace.opened_file
        folder = opened_file.video.parent if opened_file is not None else self._files.record_folder()
        stem = opened_file.video.stem if opened_file is not None else run.session.path.stem.removesuffix("_session")
        note = "" if run.session.complete else "Not everything is tracked yet: what is tracked so far is exported."
        names = [name for name, form in EXPORTS.items() if opened_file is not None or not form.pictures]
        dialog = ExportDialog(
            names,
            stem=stem,
            folder=_writable(folder, self._files),
            note=note,
            has_scale=run.replay.metres_per_pixel is not None,
            parent=self._window,
        )
        dialog.wanted.connect(self.export)
        dialog.cancelWanted.connect(self._cancelled.set)
        dialog.finished.connect(lambda _code: self._forget_dialog())
        self._dialog = dialog
        dialog.show()

    def export(self, name: str, path: Path, unit: str | None = None) -> None:
        """Writes one format in the background; unit: px or m, None for what the format is usually in."""
        run = self._workspace.run
        if run is None or self._job is not None:
            return
        path = free_path(path)
        self._cancelled.clear()
        self._share = 0.0
        work = Work(
            session=run.session,
            layers=self._workspace.layers,
            people=self._workspace.people,
            video=self._workspace.opened_file.video if self._workspace.opened_file is not None else None,
            progress=self._set_share,
            cancelled=self._cancelled.is_set,
            unit=unit,
            nearby=self._workspace.opened_file.nearby() if self._workspace.opened_file is not None else None,
        )
        self._run(lambda: export_work(name, path, work))

    def _run(self, work: Callable[[], tuple[Path, ...]]) -> None:
        self._ticker.start()
        self._tick()
        self._job = Job(work, name="export", post=self._workspace.post, done=self._done, failed=self._failed)

    def show_batch(self, paths: list[Path]) -> None:
        """Opens the window of the batch, with these files in its list."""
        if self._batch is None:
            self._batch = BatchDialog(self._workspace, self._files.record_folder(), parent=self._window)
            self._batch.leftAtWork.connect(lambda how: self._offer_batch(f"The batch works on: {how}."))
            self._batch.ended.connect(self._tell_batch_ended)
        self._batch.add(paths)
        self._raise_batch()

    @property
    def is_batch_at_work(self) -> bool:
        """Whether files of a batch are being tracked."""
        return self._batch is not None and self._batch.is_working

    def _raise_batch(self) -> None:
        if self._batch is not None:
            self._batch.show()
            self._batch.raise_()
            self._batch.activateWindow()

    def _offer_batch(self, words: str) -> None:
        self._workspace.offer(words, "Show the batch", self._raise_batch)

    def _tell_batch_ended(self, how: str) -> None:
        if self._batch is not None and not self._batch.isVisible():
            self._offer_batch(f"The batch has ended: {how}.")

    def shut_down(self) -> None:
        """Cancels what is under way; for the end of the program."""
        self._cancelled.set()
        self._ticker.stop()
        if self._job is not None:
            self._job.wait(1.5)
        if self._batch is not None:
            self._batch.shut_down()

    def _set_share(self, share: float) -> None:
        self._share = share

    def _tick(self) -> None:
        if self._dialog is not None:
            self._dialog.show_progress(min(self._share, 1.0))

    def _done(self, paths: tuple[Path, ...]) -> None:
        self._end()
        if not paths:
            self._say("Cancelled; nothing was left behind.")
            return
        self._say(f"Written: {', '.join(path.name for path in paths)}")
        self._workspace.offer(
            f"Exported {', '.join(path.name for path in paths)}", "Show in folder", lambda: show_in_folder(paths[0])
        )

    def _failed(self, error: Exception) -> None:
        self._end()
        if not isinstance(error, UserError | OSError):
            self._say("Something went wrong; the log says what.")
            raise error
        self._say(str(error))

    def _end(self) -> None:
        self._job = None
        self._ticker.stop()
        if self._dialog is not None:
            self._dialog.show_progress(None)

    def _say(self, words: str) -> None:
        if self._dialog is not None:
            self._dialog.say(words)

    def _close_dialog(self) -> None:
        self._cancelled.set()
        if self._dialog is not None:
            self._dialog.close()

    def _forget_dialog(self) -> None:
        self._dialog = None


def _writable(folder: Path, files: FileCommands) -> Path:
    """The folder, or the one for recordings where it can't be written."""
    if os.access(folder, os.W_OK):
        return folder
    other = files.record_folder()
    other.mkdir(parents=True, exist_ok=True)
    return other
