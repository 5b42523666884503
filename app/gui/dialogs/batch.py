"""Many files, one after another: a table with progress, what is left, what came of each. Stands beside the window."""

import os
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QHideEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.gui.commands.file import FILTER, accept_copy, first_folder, show_in_folder
from app.gui.dialogs.batch_outputs import BatchOutputs
from app.gui.dialogs.batch_settings import BatchSettings
from app.gui.dialogs.buttons import open_once
from app.gui.keyboard_focus import SideWindow
from app.gui.panels.diagnostics import duration_text
from app.gui.window_layout import fit_to_screen
from app.runs.batch.batch import Batch, BatchRow, BatchState
from app.runs.batch.inputs import videos_in
from app.runs.outputs import OutputFolder
from app.runs.track_job import Stage
from app.workspace.workspace import Workspace
from ppnet.inference.measuring import MEASURING, is_measuring

TICK_MS = 250
NAME, STATE, PEOPLE, TIME, NEWS = range(5)
WORDS = {
    BatchState.WAITING: "waiting",
    BatchState.DONE: "done",
    BatchState.FAILED: "failed",
    BatchState.CANCELLED: "cancelled",
}


def state_text(row: BatchRow) -> str:
    """Where a file stands, in words."""
    if row.state is not BatchState.RUNNING:
        return WORDS[row.state]
    if not row.done:
        return "reading the first frames…" if row.stage is Stage.TRACKING else f"{row.stage.value}…"
    if row.total:
        left = f", {duration_text(row.eta_s)} left" if row.eta_s is not None else ""
        return f"{100 * row.done / row.total:.0f} %, {row.fps:.1f} frames per second{left}"
    return f"{row.done} frames, {row.fps:.1f} per second"


class BatchDialog(SideWindow):
    """A list of files, a folder for what comes of them, start and cancel.

    Closed while it works it works on: `leftAtWork` tells how far it is, `ended` what came of it.
    """

    leftAtWork = Signal(str)
    ended = Signal(str)
    openWanted = Signal(object)  # Path of a session

    def __init__(self, workspace: Workspace, folder: Path, *, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Batch")
        self.setAcceptDrops(True)
        fit_to_screen(self, 820, 500)
        self._workspace = workspace
        self._batch: Batch | None = None
        self._waiting: list[Path] = []
        self._ticker = QTimer(self)
        self._ticker.setInterval(TICK_MS)
        self._ticker.timeout.connect(self.refresh)
        self.table = QTreeWidget()
        self.table.setAccessibleName("Files of the batch")
        self.table.setHeaderLabels(["File", "State", "People", "Time", "Results (double-click to open)"])
        self.table.setRootIsDecorated(False)
        self.table.setUniformRowHeights(True)
        header = self.table.header()
        for column in (NAME, STATE, PEOPLE, TIME):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(NEWS, QHeaderView.ResizeMode.Stretch)
        self.table.itemActivated.connect(self._open)  # a double click, or Return
        self.folder = QLineEdit(str(folder / "Batch"))
        self.folder.setAccessibleName("Folder for the results")
        self.outputs = BatchOutputs()
        self.settings = BatchSettings(workspace)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.status = QLabel("Add files or a folder, or drop them here.")
        self.status.setProperty("muted", True)
        self.buttons: dict[str, QPushButton] = {}
        for name, words, handler in (
            ("add", "Add files…", self._ask_files),
            ("folder", "Add folder…", self._ask_videos),
            ("remove", "Remove", self._remove),
            ("choose", "Choose…", self._ask_folder),
            ("show", "Open folder", lambda: show_in_folder(Path(self.folder.text()))),
            ("cancel", "Cancel", self.cancel),
            ("start", "Start", self.start),
        ):
            self.buttons[name] = QPushButton(words)
            self.buttons[name].clicked.connect(lambda _checked=False, handler=handler: handler())
        self.buttons["start"].setProperty("primary", True)
        self._lay_out()
        self.refresh()

    def _lay_out(self) -> None:
        files, where, below = QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        for name in ("add", "folder", "remove"):
            files.addWidget(self.buttons[name])
        files.addStretch(1)
        where.addWidget(QLabel("Save results in"))
        where.addWidget(self.folder, 1)
        where.addWidget(self.buttons["choose"])
        where.addWidget(self.buttons["show"])
        below.addWidget(self.status, 1)
        below.addWidget(self.buttons["cancel"])
        below.addWidget(self.buttons["start"])
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 14, 16, 14)
        column.setSpacing(10)
        column.addLayout(files)
        column.addWidget(self.table, 1)
        column.addWidget(self.settings)
        column.addWidget(self.outputs)
        column.addLayout(where)
        column.addWidget(self.bar)
        column.addLayout(below)

    def add(self, paths: Sequence[Path]) -> None:
        """Puts files (and the videos of folders) at the end of the list."""
        for path in map(Path, videos_in(map(str, paths))):
            if self._batch is not None and self.is_working and not self._batch.is_cancelled:
                self._batch.add(path)
                self._batch.start()
            elif path not in self._waiting:
                self._waiting.append(path)
        self.refresh()

    def start(self) -> None:
        """Begins with the settings that are shown."""
        if not self._waiting:
            return
        folder = Path(os.path.expanduser(self.folder.text().strip() or "."))
        outputs = OutputFolder(folder, self.outputs.wanted(self._workspace.layers.privacy), taken="rename")
        self._batch = Batch(self._waiting, self.settings.chosen, outputs)
        self._waiting = []
        self._batch.start()
        self._ticker.start()
        self.refresh()

    def cancel(self) -> None:
        """Stops the file at work, whose finished part stays, and leaves the others undone."""
        if self._batch is not None:
            self._batch.cancel()

    @property
    def is_working(self) -> bool:
        """Whether files are being tracked."""
        return self._ticker.isActive()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if self.is_working and not event.spontaneous():
            self.leftAtWork.emit(self.status.text())

    def shut_down(self) -> None:
        """Ends everything; for the end of the program."""
        self._ticker.stop()
        if self._batch is not None:
            self._batch.cancel()
            self._batch.wait(1.5)

    def refresh(self) -> None:
        """Shows the batch as it is now."""
        rows = self._batch.rows() if self._batch is not None else ()
        known = {row.spec for row in rows}
        rows += tuple(BatchRow(str(path)) for path in self._waiting if str(path) not in known)
        self._fill(rows)
        busy = self._batch is not None and self._batch.is_running
        self.buttons["start"].setEnabled(not busy and bool(self._waiting))
        self.buttons["cancel"].setEnabled(busy)
        self.buttons["remove"].setEnabled(not busy)
        self.settings.setEnabled(not busy)
        self.outputs.setEnabled(not busy)
        self.settings.refresh()
        self.bar.setVisible(busy)
        share = round(1000 * _share(rows))
        self.bar.setRange(0, 1000 if share else 0)  # without an end it moves by itself: nothing is done yet
        self.bar.setValue(share)
        self._tell(rows, busy=busy)
        if not busy and self.is_working:
            self._ticker.stop()
            self.ended.emit(self.status.text())

    def _tell(self, rows: Sequence[BatchRow], *, busy: bool) -> None:
        done = sum(row.state is BatchState.DONE for row in rows)
        failed = sum(row.state is BatchState.FAILED for row in rows)
        if busy and is_measuring():
            self.status.setText(MEASURING)
        elif busy and self._batch is not None:
            left = self._batch.eta_s()
            words = f"{done} of {len(rows)} done, {100 * _share(rows):.0f} % overall"
            self.status.setText(words + (f", {duration_text(left)} left" if left else ""))
        elif done or failed:
            self.status.setText(f"{done} done" + (f", {failed} failed" if failed else ""))
        elif rows:
            self.status.setText(f"{len(rows)} {'file' if len(rows) == 1 else 'files'}, ready")

    def _fill(self, rows: Sequence[BatchRow]) -> None:
        while self.table.topLevelItemCount() > len(rows):
            self.table.takeTopLevelItem(self.table.topLevelItemCount() - 1)
        while self.table.topLevelItemCount() < len(rows):
            self.table.addTopLevelItem(QTreeWidgetItem())
        for place, row in enumerate(rows):
            item = self.table.topLevelItem(place)
            if item is None:
                continue
            item.setText(NAME, row.name)
            item.setToolTip(NAME, row.spec)
            item.setText(STATE, state_text(row))
            item.setText(PEOPLE, str(row.report.people) if row.report else "")
            item.setText(TIME, duration_text(row.seconds) if row.seconds else "")
            files = row.report.files if row.report else ()
            item.setText(NEWS, str(row.error) if row.error else ", ".join(path.name for path in files))
            item.setToolTip(NEWS, item.text(NEWS))

    def _remove(self) -> None:
        names = {item.toolTip(NAME) for item in self.table.selectedItems()}
        self._waiting = [path for path in self._waiting if str(path) not in names]
        self.refresh()

    def _ask_files(self) -> None:
        dialog = QFileDialog(self, "Add files", first_folder())
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.setNameFilter(FILTER)
        dialog.filesSelected.connect(lambda paths: self.add([Path(path) for path in paths]))
        open_once(dialog)

    def _ask_videos(self) -> None:
        dialog = QFileDialog(self, "Add the videos of a folder", first_folder())
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(lambda path: self.add([Path(path)]))
        open_once(dialog)

    def _open(self, item: QTreeWidgetItem) -> None:
        rows = self._batch.rows() if self._batch is not None else ()
        report = next((row.report for row in rows if row.spec == item.toolTip(NAME)), None)
        if report is not None and report.paths.session is not None:
            self.openWanted.emit(report.paths.session)

    def _ask_folder(self) -> None:
        dialog = QFileDialog(self, "Folder for the results", str(Path(self.folder.text()).parent))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(self.folder.setText)
        open_once(dialog)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls():
            accept_copy(event)

    def dropEvent(self, event: QDropEvent) -> None:
        accept_copy(event)
        self.add([Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()])


def _share(rows: Sequence[BatchRow]) -> float:
    """How much of the whole batch is done, 0 to 1."""
    parts = [1.0 if row.state.is_over else row.done / row.total if row.total else 0.0 for row in rows]
    return sum(parts) / len(parts) if parts else 0.0
