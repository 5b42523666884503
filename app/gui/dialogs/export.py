"""Export: which format, where to. It stands beside the window; the video plays on, and the work can be cancelled."""

import os
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.gui.dialogs.buttons import open_once
from app.workspace.exporting import ExportOffer
from app.workspace.result_paths import free_path
from tracking.export.formats import EXPORTS
from tracking.export.units import METRES, PIXELS


class ExportDialog(QDialog):
    """Emits `wanted(name, path, unit)`; shows how far the work is. unit: None where there is no choice."""

    wanted = Signal(str, object, object)
    cancelWanted = Signal()

    def __init__(self, offer: ExportOffer, *, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Export")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(560, 600)
        self._offer = offer
        self.unit = QComboBox()
        self.unit.setAccessibleName("Unit of positions")
        self.unit.addItem("Positions in pixels, origin top left, y downwards", PIXELS)
        if offer.has_scale:
            self.unit.addItem("Positions in metres, origin bottom left, y upwards", METRES)
            self.unit.setToolTip("Metres are correct at the distance for which the scale was set")
        else:
            self.unit.setToolTip("For metres, first set a scale from a known length: Tools → Set a scale (Ctrl+L)")
        self.list = QListWidget()
        self.list.setAccessibleName("Format")
        self.list.setSpacing(2)
        for name in self._offer.formats:
            item = QListWidgetItem(f"{EXPORTS[name].title}\n{EXPORTS[name].explanation}", self.list)
            item.setSizeHint(QSize(0, 2 * self.fontMetrics().lineSpacing() + 14))
        self.list.currentRowChanged.connect(self._suggest)
        self.path = QLineEdit()
        self.path.setAccessibleName("File")
        self.path.textChanged.connect(lambda _text: self._tell_name())
        self.taken = QLabel()
        self.taken.setWordWrap(True)
        self.taken.setProperty("muted", True)
        browse = QPushButton("Choose…")
        browse.clicked.connect(self._browse)
        self.note = QLabel(offer.note)
        self.note.setWordWrap(True)
        self.note.setProperty("muted", True)
        self.note.setVisible(bool(offer.note))
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.status = QLabel()
        self.status.setWordWrap(True)
        self.start = QPushButton("Export")
        self.start.setProperty("primary", True)
        self.start.setDefault(True)
        self.start.clicked.connect(self._start)
        self.cancel = QPushButton("Close")
        self.cancel.clicked.connect(self._cancel)
        self._lay_out(browse)
        self.list.setCurrentRow(0)
        self.show_progress(None)

    def _lay_out(self, browse: QPushButton) -> None:
        where = QHBoxLayout()
        where.addWidget(self.path, 1)
        where.addWidget(browse)
        buttons = QHBoxLayout()
        buttons.addWidget(self.status, 1)
        buttons.addWidget(self.cancel)
        buttons.addWidget(self.start)
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 16, 18, 16)
        column.setSpacing(10)
        column.addWidget(self.list, 1)
        column.addWidget(self.unit)
        column.addLayout(where)
        column.addWidget(self.taken)
        column.addWidget(self.note)
        column.addWidget(self.bar)
        column.addLayout(buttons)

    def choose(self, name: str) -> None:
        """Marks a format."""
        self.list.setCurrentRow(self._offer.formats.index(name))

    def show_progress(self, share: float | None) -> None:
        """How much is done (0 to 1); None when nothing is under way."""
        busy = share is not None
        self.bar.setVisible(busy)
        self.bar.setValue(round(1000 * (share or 0.0)))
        self.start.setEnabled(not busy)
        self.list.setEnabled(not busy)
        self.path.setEnabled(not busy)
        self.cancel.setText("Cancel" if busy else "Close")
        if not busy:
            self._tell_name()

    def say(self, words: str) -> None:
        """Tells how it went."""
        self.status.setText(words)

    def _tell_name(self) -> None:
        """Under which name the file will be written, where that in the field is taken."""
        path = self._typed
        free = free_path(path)
        self.taken.setText(f"{path.name} already exists; the new file will be {free.name}.")
        self.taken.setVisible(free != path)

    @property
    def _typed(self) -> Path:
        """The path in the field; nameless where nothing is."""
        return Path(os.path.expanduser(self.path.text().strip()))

    def _suggest(self, row: int) -> None:
        form = EXPORTS[self._offer.formats[row]]
        name = f"{self._offer.stem}{form.ending(edited=self._offer.is_edited)}"
        self.path.setText(str(free_path(self._offer.folder / name)))
        self.status.setText("")
        self.unit.setVisible(len(form.units) > 1)
        self.unit.setCurrentIndex(self.unit.count() - 1 if form.usually_metres else 0)

    def _browse(self) -> None:
        dialog = QFileDialog(self, "Export to")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setOption(QFileDialog.Option.DontConfirmOverwrite)
        dialog.selectFile(self.path.text())
        dialog.fileSelected.connect(self.path.setText)
        open_once(dialog)

    def _start(self) -> None:
        if self._typed.name:
            name = self._offer.formats[self.list.currentRow()]
            unit = self.unit.currentData() if len(EXPORTS[name].units) > 1 else None
            self.wanted.emit(name, self._typed, unit)

    def _cancel(self) -> None:
        if self.start.isEnabled():
            self.close()
        else:
            self.cancelWanted.emit()
