"""Export and batch: what the dialogs ask for is done here, in threads of their own."""

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QTimer

from app.gui.commands.base import Commands, WindowParts
from app.gui.commands.file import FileCommands
from app.gui.dialogs.batch import BatchDialog
from app.gui.dialogs.export import ExportDialog
from app.workspace.background_work import BackgroundWork
from app.workspace.exporting import ExportOffer, Work, export_work
from app.workspace.result_paths import free_path

TICK_MS = 100


class ExportCommands(Commands):
    """One export at a time; batches run in a window of their own."""

    def __init__(self, parts: WindowParts, files: FileCommands) -> None:
        super().__init__(parts)
        self._files = files
        self.dialog: ExportDialog | None = None
        self.batch: BatchDialog | None = None
        self._writing = BackgroundWork[tuple[Path, ...]](
            "export", post=self._workspace.post, done=self._done, failed=self._end
        )
        files.finishing.add(self._writing, lambda: "Exporting…")
        self._ticker = QTimer(self, interval=TICK_MS)
        self._ticker.timeout.connect(self._tick)
        self._actions.connect({"export": self.ask, "batch": lambda: self.show_batch([])})
        self._workspace.closed.connect(self._close_dialog)

    def ask(self) -> None:
        """Opens the dialog for what is open."""
        offer = ExportOffer.of(self._workspace, self._files.record_folder())
        if offer is None:
            return
        if self.dialog is not None:
            self.dialog.raise_()
            return
        self.dialog = ExportDialog(offer, parent=self._window)
        self.dialog.wanted.connect(self.export)
        self.dialog.cancelWanted.connect(lambda: self._writing.cancel())
        self.dialog.finished.connect(lambda _code: self._forget_dialog())
        self.dialog.show()

    def export(self, name: str, path: Path, unit: str | None = None) -> None:
        """Writes one format in the background; unit: px or m, None for what the format is usually in."""
        work = Work.on(self._workspace)
        if work is None or self._writing.is_busy:
            return
        free = free_path(path)
        self._writing.start(lambda progress: export_work(name, free, replace(work, progress=progress), unit))
        self._ticker.start()
        self._tick()

    def show_batch(self, paths: list[Path]) -> None:
        """Opens the window of the batch, with these files in its list."""
        if self.batch is None:
            self.batch = BatchDialog(self._workspace, self._files.record_folder(), parent=self._window)
            self.batch.leftAtWork.connect(lambda how: self._offer_batch(f"The batch is still running: {how}."))
            self.batch.ended.connect(self._tell_batch_ended)
            self.batch.openWanted.connect(self._open_result)
        self.batch.add(paths)
        self._raise_batch()

    @property
    def is_batch_at_work(self) -> bool:
        """Whether files of a batch are being tracked."""
        return self.batch is not None and self.batch.is_working

    def _raise_batch(self) -> None:
        if self.batch is not None:
            self.batch.show()
            self.batch.raise_()
            self.batch.activateWindow()

    def _open_result(self, session: Path) -> None:
        self._files.open_path(session)
        if self.batch is not None:
            self.batch.close()  # a dialog stays above its window, and would hide the picture

    def _offer_batch(self, words: str) -> None:
        self._workspace.offer(words, "Show the batch", self._raise_batch, lasting=True)

    def _tell_batch_ended(self, how: str) -> None:
        if self.batch is not None and not self.batch.isVisible():
            self._offer_batch(f"The batch is finished: {how}.")

    def shut_down(self) -> None:
        """Cancels a batch; for the end of the program."""
        self._ticker.stop()
        if self.batch is not None:
            self.batch.shut_down()

    def _tick(self) -> None:
        if self.dialog is not None:
            self.dialog.show_progress(self._writing.share)

    def _done(self, paths: tuple[Path, ...] | None) -> None:
        names = ", ".join(path.name for path in paths or ())
        self._end(f"Written: {names}" if paths else "Cancelled; no file was written.")
        if paths:
            self._files.offer_to_show(f"Exported {names}", paths[0])

    def _end(self, words: str) -> None:
        self._ticker.stop()
        if self.dialog is not None:
            self.dialog.show_progress(None)
            self.dialog.say(words)

    def _close_dialog(self) -> None:
        if self.dialog is not None:
            self.dialog.close()

    def _forget_dialog(self) -> None:
        self.dialog = None
