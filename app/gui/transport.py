"""Play, step, scrub and speed. A thin strip shows how far the tracking has come."""

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget

from app.engine.player import PlayerPosition
from app.gui.actions import Actions
from app.gui.icons import icon
from app.gui.theme import as_panel, tokens

SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0)


def clock_text(seconds: float) -> str:
    """Minutes, seconds and hundredths: 1:02:03.45 or 02:03.45."""
    hundredths = round(max(seconds, 0.0) * 100)
    minutes, rest = divmod(hundredths, 6000)
    hours, minutes = divmod(minutes, 60)
    head = f"{hours}:" if hours else ""
    return f"{head}{minutes:02d}:{rest // 100:02d}.{rest % 100:02d}"


class ScrubBar(QWidget):
    """A bar to drag along: what was played, what is tracked, where the picture is."""

    wanted = Signal(float)  # share of the duration, 0 to 1

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMinimumHeight(26)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName("Position in the video")
        self.setToolTip("Drag to any place of the video. The coloured strip is tracked already.")
        self.share = 0.0
        self.tracked = 0.0

    def set_share(self, share: float) -> None:
        """Puts the handle."""
        if share != self.share:
            self.share = share
            self.update()

    def set_tracked(self, share: float) -> None:
        """Says how much of the file is tracked."""
        if share != self.tracked:
            self.tracked = share
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        width, middle = self.width() - 14, self.height() / 2
        tracked = QColor(colours.accent)
        tracked.setAlphaF(0.38)
        for share, colour in (
            (1.0, QColor(colours.border)),
            (self.tracked, tracked),
            (self.share, QColor(colours.accent)),
        ):
            painter.setBrush(colour)
            painter.drawRoundedRect(QRectF(7, middle - 2.5, max(width * share, 0.0), 5), 2.5, 2.5)
        painter.setBrush(QColor(colours.accent))
        painter.drawEllipse(QRectF(7 + width * self.share - 7, middle - 7, 14, 14))
        painter.setBrush(QColor(colours.panel))
        painter.drawEllipse(QRectF(7 + width * self.share - 3, middle - 3, 6, 6))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._go(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._go(event)

    def _go(self, event: QMouseEvent) -> None:
        share = min(max((event.position().x() - 7) / max(self.width() - 14, 1), 0.0), 1.0)
        self.set_share(share)
        self.wanted.emit(share)


class Transport(QWidget):
    """Buttons of the playback commands, the bar, the clock and the speed."""

    seekWanted = Signal(float)  # seconds
    speedWanted = Signal(float)

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        as_panel(self)
        self._duration_s = 0.0
        self._playing: bool | None = None
        self._actions = actions
        self._buttons = {name: self._button(name) for name in ("first", "back", "play", "forward", "last")}
        self.bar = ScrubBar()
        self.bar.wanted.connect(lambda share: self.seekWanted.emit(share * self._duration_s))
        self.clock = QLabel("00:00.00")
        self.clock.setToolTip("Time of the picture / length of the video (minutes:seconds.hundredths)")
        self.frame = QLabel("")
        self.frame.setProperty("muted", True)
        self.frame.setToolTip("Number of the frame, counted from 0")
        self.speed = QComboBox()
        self.speed.setToolTip("Playback speed  ([ and ], Backspace for normal)")
        self.speed.setAccessibleName("Playback speed")
        for speed in SPEEDS:
            self.speed.addItem(f"{speed:g}×", speed)
        self.speed.setCurrentIndex(SPEEDS.index(1.0))
        self.speed.activated.connect(lambda index: self.speedWanted.emit(SPEEDS[index]))
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 4, 10, 4)
        row.setSpacing(4)
        for button in self._buttons.values():
            row.addWidget(button)
        row.addWidget(self.bar, 1)
        row.addWidget(self.clock)
        row.addWidget(self.frame)
        row.addSpacing(6)
        row.addWidget(self.speed)
        self.recolour()

    def show_position(self, where: PlayerPosition) -> None:
        """Follows the player."""
        self._duration_s = where.duration_s
        self.bar.set_share(where.time_s / where.duration_s if where.duration_s > 0 else 0.0)
        self.clock.setText(f"{clock_text(where.time_s)} / {clock_text(where.duration_s)}")
        self.frame.setText(f"frame {where.frame_index}")
        if where.speed in SPEEDS:
            self.speed.setCurrentIndex(SPEEDS.index(where.speed))
        if where.is_playing != self._playing:
            self._playing = where.is_playing
            self.recolour()

    def show_tracked(self, done: int, total: int | None) -> None:
        """How many frames of the file have results."""
        self.bar.set_tracked(min(done / total, 1.0) if total else 0.0)

    def recolour(self) -> None:
        """Draws the symbols in the colours of the look."""
        colours = tokens()
        symbols = {
            "first": "start",
            "back": "back",
            "play": "pause" if self._playing else "play",
            "forward": "forward",
            "last": "end",
        }
        for name, button in self._buttons.items():
            button.setIcon(icon(symbols[name], colours.text, faded=colours.border))

    def _button(self, name: str) -> QToolButton:
        button = QToolButton()
        action = self._actions[name]
        button.setToolTip(action.toolTip())
        button.setAccessibleName(action.text())
        button.setIconSize(QSize(20, 20))
        button.clicked.connect(lambda _checked=False: action.trigger())
        return button


def next_speed(speed: float, step: int) -> float:
    """The speed `step` places further in the list, clipped at its ends."""
    nearest = min(range(len(SPEEDS)), key=lambda index: abs(SPEEDS[index] - speed))
    return SPEEDS[min(max(nearest + step, 0), len(SPEEDS) - 1)]
