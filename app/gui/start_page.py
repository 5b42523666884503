"""The first page: try the demo, open a file, use a camera; recent files and runs that were cut short."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QEnterEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from app.gui.look.icons import icon_pixmap
from app.gui.look.theme import fill_scrolled, small_font, tokens


@dataclass(frozen=True)
class Unfinished:
    """A run that was cut short: its file and words about it."""

    path: Path
    title: str
    words: str


class ChoiceCard(QPushButton):
    """A large button with a picture, a title and a line of explanation."""

    def __init__(self, symbol: str, title: str, words: str) -> None:
        super().__init__()
        self._symbol = symbol
        self.setObjectName("card")
        self.setAccessibleName(title)
        self.setAccessibleDescription(words)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setMinimumSize(QSize(210, 168))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._picture = QLabel(alignment=Qt.AlignmentFlag.AlignLeft)
        heading = QLabel(title)
        heading.setFont(small_font(heading.font(), bold=True, step=3))
        self.note = QLabel(words)
        self.note.setWordWrap(True)
        self.note.setProperty("muted", True)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 20, 20, 18)
        column.setSpacing(6)
        column.addWidget(self._picture)
        column.addSpacing(14)
        column.addWidget(heading)
        column.addWidget(self.note)
        column.addStretch(1)
        for label in (self._picture, heading, self.note):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.recolour()

    def recolour(self) -> None:
        """Takes the colours of the look."""
        colours = tokens()
        self._picture.setPixmap(icon_pixmap(self._symbol, colours.accent, size=44))
        self.setStyleSheet(
            f"#card {{ background: {colours.panel}; border: 1px solid {colours.border}; border-radius: 12px; }}"
            f"#card:hover, #card:focus {{ border: 2px solid {colours.accent}; }}"
        )


class RecentRow(QFrame):
    """One recent file: name, folder."""

    clicked = Signal()

    def __init__(self, symbol: str, title: str, words: str, *, button: str = "") -> None:
        super().__init__()
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(title)
        self._hovered = False
        picture = QLabel()
        picture.setPixmap(icon_pixmap(symbol, tokens().muted, size=18))
        place = QLabel(words)
        place.setProperty("muted", True)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 6, 10, 6)
        row.setSpacing(10)
        row.addWidget(picture)
        row.addWidget(QLabel(title))
        row.addWidget(place, 1)
        if button:
            open_button = QPushButton(button)
            open_button.clicked.connect(self.clicked)
            row.addWidget(open_button)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.clicked.emit()

    def keyPressEvent(self, event: object) -> None:
        if getattr(event, "key", lambda: None)() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.clicked.emit()

    def enterEvent(self, event: QEnterEvent) -> None:
        self._hovered = True
        self.update()

    def leaveEvent(self, event: object) -> None:
        self._hovered = False
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._hovered or self.hasFocus():
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self.palette().alternateBase())
            painter.drawRoundedRect(self.rect(), 6, 6)


class StartPage(QWidget):
    """Shown while nothing is open."""

    demoWanted = Signal()
    fileWanted = Signal()
    cameraWanted = Signal()
    pathWanted = Signal(object)  # Path

    def __init__(self) -> None:
        super().__init__()
        title = QLabel("PPNet Live")
        title.setFont(small_font(title.font(), bold=True, step=17))
        claim = QLabel(
            "See how people move: every joint of everyone in a video, smoothed, measured and ready to export."
        )
        claim.setFont(small_font(claim.font(), step=2))
        claim.setProperty("muted", True)
        claim.setWordWrap(True)
        self.demo = ChoiceCard("demo", "Try the demo", "A short sample video")
        self.file = ChoiceCard("film", "Open a file", "Choose a video, or drop one anywhere on this window")
        self.camera = ChoiceCard("camera", "Use a camera", "Looking for cameras…")
        cards = QHBoxLayout()
        cards.setSpacing(16)
        for card, signal in (
            (self.demo, self.demoWanted),
            (self.file, self.fileWanted),
            (self.camera, self.cameraWanted),
        ):
            card.clicked.connect(signal)
            cards.addWidget(card)
        self._lists = QVBoxLayout()
        self._lists.setSpacing(2)
        self._promise = QLabel("Works offline: no pictures or results leave this computer.")
        self._promise.setProperty("muted", True)
        column = QVBoxLayout()
        column.setSpacing(6)
        for part in (title, claim):
            column.addWidget(part)
        column.addSpacing(22)
        column.addLayout(cards)
        column.addSpacing(20)
        column.addLayout(self._lists)
        column.addStretch(1)
        column.addWidget(self._promise)
        middle = QWidget()
        middle.setMaximumWidth(860)
        middle.setLayout(column)
        page = QWidget()
        outer = QHBoxLayout(page)
        outer.setContentsMargins(40, 40, 40, 28)
        outer.addStretch(1)
        outer.addWidget(middle, 8)
        outer.addStretch(1)
        fill_scrolled(self, page)

    def show_cameras(self, names: Sequence[str]) -> None:
        """Says which cameras are plugged in."""
        words = "No camera found; plug one in" if not names else names[0]
        if len(names) > 1:
            words += f" and {len(names) - 1} more"
        self.camera.note.setText(words)
        self.camera.setEnabled(bool(names))

    def show_lists(self, recent: Sequence[Path], unfinished: Sequence[Unfinished]) -> None:
        """Fills in runs that were cut short and recent files."""
        while (item := self._lists.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        if unfinished:
            self._heading("Unfinished")
        for run in unfinished[:3]:
            self._row(run.path, RecentRow("history", run.title, run.words, button="Continue"))
        if recent:
            self._heading("Recent")
        for path in recent[:5]:
            self._row(path, RecentRow("film" if path.is_file() else "folder", path.name, _short(path.parent)))

    def recolour(self) -> None:
        """Takes the colours of the look."""
        for card in (self.demo, self.file, self.camera):
            card.recolour()

    def _heading(self, words: str) -> None:
        heading = QLabel(words)
        heading.setProperty("heading", True)
        heading.setContentsMargins(10, 10, 0, 2)
        self._lists.addWidget(heading)

    def _row(self, path: Path, row: RecentRow) -> None:
        row.clicked.connect(lambda: self.pathWanted.emit(path))
        self._lists.addWidget(row)


def _short(folder: Path) -> str:
    home = Path.home()
    return str("~" / folder.relative_to(home)) if folder.is_relative_to(home) else str(folder)
