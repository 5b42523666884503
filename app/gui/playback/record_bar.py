"""Record: what to record, and while it runs how long, how large, how much room is left, what was dropped."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPushButton, QToolButton, QWidget

from app.engine.recorder import RecordingStats
from app.gui.look.icons import icon
from app.gui.look.theme import as_panel, tokens
from app.gui.panels.diagnostics import size_text
from app.gui.playback.transport import clock_text

KINDS = (
    ("With skeletons", True, False),
    ("Without skeletons", False, True),
    ("Both", True, True),
)
NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"


def recording_text(stats: RecordingStats) -> str:
    """The state of a recording in one line."""
    parts = [clock_text(stats.elapsed_s)]
    if stats.bytes_written:
        parts.append(size_text(stats.bytes_written))
    if stats.free_bytes:
        parts.append(f"{size_text(stats.free_bytes)} free")
    if dropped := sum(count for _, count in stats.dropped):
        parts.append(f"{dropped} frames dropped")
    return "   ".join(part.replace(" ", NO_BREAK_SPACE) for part in parts)


class RecordBar(QWidget):
    """One button and what there is to know about it."""

    startWanted = Signal(bool, bool)  # annotated, raw
    stopWanted = Signal()
    exportWanted = Signal()
    snapshotWanted = Signal()
    shareWanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        as_panel(self)
        self.button = QPushButton("Record")
        self.button.setToolTip("Starts and stops a recording  (R)")
        self.button.setIconSize(QSize(18, 18))
        self.button.clicked.connect(self.toggle)
        self.kind = QComboBox()
        self.kind.setToolTip("What to record")
        self.kind.setAccessibleName("What to record")
        for words, annotated, raw in KINDS:
            self.kind.addItem(words, (annotated, raw))
        self.figures = QLabel("")
        self.figures.setToolTip("Length, size, free disk space, and frames that were dropped")
        self.status = QLabel("")
        self.status.setProperty("muted", True)
        self.snapshot = QToolButton()
        self.snapshot.setToolTip("Save this picture with all overlays  (S)")
        self.snapshot.setAccessibleName("Save picture")
        self.snapshot.clicked.connect(self.snapshotWanted)
        self.export = QPushButton("Export…")
        self.export.setToolTip("Tables, videos, and files for other programs  (Ctrl+E)")
        self.export.clicked.connect(self.exportWanted)
        self.share = QPushButton("Share")
        self.share.setToolTip(
            "A slow-motion clip of the part between the in and out points, for a phone  (Ctrl+Shift+E)"
        )
        self.share.clicked.connect(self.shareWanted)
        self.is_recording = False
        for label in (self.figures, self.status):
            label.setMinimumWidth(1)  # on a small screen the window does not grow with them: they take two lines
            label.setWordWrap(True)
        self.status.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 2, 10, 8)
        row.setSpacing(8)
        parts: tuple[QWidget, ...] = (
            self.button, self.kind, self.figures, self.status, self.snapshot, self.share, self.export,
        )  # fmt: skip
        for part in parts:
            row.addWidget(part, 4 if part is self.figures else part is self.status)
        self.figures.hide()
        self.recolour()

    def toggle(self) -> None:
        """Starts, or stops."""
        if self.is_recording:
            self.stopWanted.emit()
        else:
            annotated, raw = self.kind.currentData()
            self.startWanted.emit(annotated, raw)

    def show_recording(self, stats: RecordingStats | None, *, running: bool) -> None:
        """Follows the recorder."""
        if running != self.is_recording:
            self.is_recording = running
            self.recolour()
        self.kind.setVisible(not running)  # the figures need its room
        self.figures.setText(recording_text(stats) if running and stats is not None else "")
        self.figures.setVisible(bool(self.figures.text()))  # else their room is that of the words beside them

    def recolour(self) -> None:
        """Takes the colours of the look."""
        colours = tokens()
        self.button.setIcon(icon("stop" if self.is_recording else "record", colours.danger))
        self.button.setText("Stop" if self.is_recording else "Record")
        self.figures.setStyleSheet(f"color: {colours.danger};" if self.is_recording else "")
        self.snapshot.setIcon(icon("snapshot", colours.text, faded=colours.border))
        self.share.setIcon(icon("link", colours.text, faded=colours.border))
        self.export.setIcon(icon("export", colours.text, faded=colours.border))
