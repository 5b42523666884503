"""Play, step, scrub and speed. A thin strip shows what is tracked."""

import re

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget

from app.engine.player import PlayerPosition
from app.gui.commands.actions import Actions
from app.gui.look.icons import icon
from app.gui.look.theme import as_panel, tokens
from tracking.session.edits import SetMark
from tracking.time_span import ALL_TIME, TimeSpan

DIGITS = re.compile(r"\d")
SPEEDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0)


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

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumSize(120, 26)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName("Position in the video")
        self.setToolTip("Drag to any point in the video. The part underlined in green has been tracked.")
        self.share = 0.0
        self.tracked: tuple[tuple[float, float], ...] = ()
        self.inside = (0.0, 1.0)
        self.flags: tuple[float, ...] = ()

    def set_share(self, share: float) -> None:
        """Puts the handle."""
        if share != self.share:
            self.share = share
            self.update()

    def set_tracked(self, parts: tuple[tuple[float, float], ...]) -> None:
        """Says which parts of the file are tracked: from which share to which."""
        if parts != self.tracked:
            self.tracked = parts
            self.update()

    def set_marks(self, flags: tuple[float, ...], inside: tuple[float, float]) -> None:
        """Shows where marks are, and what lies between in and out point."""
        if (flags, inside) != (self.flags, self.inside):
            self.flags, self.inside = flags, inside
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        width, middle = self.width() - 14, self.height() / 2
        first, last = self.inside
        for start, end, colour, top, height in (
            (0.0, 1.0, colours.border, middle - 2.5, 5.0),
            (first, min(self.share, last), colours.accent, middle - 2.5, 5.0),
            *((*part, colours.good, middle + 6.0, 3.0) for part in self.tracked),
        ):
            painter.setBrush(QColor(colour))
            bar = QRectF(7 + width * start, top, max(width * (end - start), 0.0), height)
            painter.drawRoundedRect(bar, height / 2, height / 2)
        self._paint_marks(painter, width, middle)
        painter.setBrush(QColor(colours.accent))
        painter.drawEllipse(QRectF(7 + width * self.share - 7, middle - 7, 14, 14))
        painter.setBrush(QColor(colours.panel))
        painter.drawEllipse(QRectF(7 + width * self.share - 3, middle - 3, 6, 6))

    def _paint_marks(self, painter: QPainter, width: float, middle: float) -> None:
        colours = tokens()
        painter.setBrush(QColor(colours.warning))
        for share in self.flags:
            painter.drawRect(QRectF(7 + width * share - 1, middle - 11, 2, 7))
        if self.inside == (0.0, 1.0):
            return
        outside = QColor(colours.panel)
        outside.setAlphaF(0.7)
        first, last = (7 + width * share for share in self.inside)
        for left, right in ((7.0, first), (last, 7 + width)):
            painter.fillRect(QRectF(left, middle - 4, right - left, 8), outside)
        painter.setBrush(QColor(colours.text))
        for x, way in ((first, 1), (last, -1)):
            painter.drawRect(QRectF(x - 1, middle - 9, 2, 18))
            painter.drawRect(QRectF(x if way > 0 else x - 5, middle - 9, 5, 2))
            painter.drawRect(QRectF(x if way > 0 else x - 5, middle + 7, 5, 2))

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

    def __init__(self, actions: Actions) -> None:
        super().__init__()
        as_panel(self)
        self._last_s = 0.0
        self._playing: bool | None = None
        self._actions = actions
        self._buttons = {name: self._button(name) for name in ("first", "back", "play", "forward", "last")}
        self.bar = ScrubBar()
        self.bar.wanted.connect(lambda share: self.seekWanted.emit(share * self._last_s))
        self.clock = QLabel("00:00.00")
        self.clock.setToolTip("Time of the picture / length of the video (minutes:seconds.hundredths)")
        self._tracked_s: tuple[tuple[float, float], ...] = ()
        self._marks: tuple[SetMark, ...] = ()
        self._span = ALL_TIME
        self.frame = QLabel("")
        self.frame.setProperty("muted", True)
        self.frame.setToolTip("Number of the frame, counted from 0")
        self.speed = QComboBox()
        self.speed.setToolTip("Playback speed  ([ and ], Backspace for normal; J backwards, K stop, L forwards)")
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
        if where.last_s != self._last_s:
            self._last_s = where.last_s
            self._show_parts()
        self.bar.set_share(self._share(where.time_s))
        length = clock_text(where.duration_s)
        _show_as_wide(self.clock, f"{clock_text(where.time_s)} / {length}", end=f"{length} / {length}")
        _show_as_wide(self.frame, f"frame {where.frame_index}", end=f"frame {where.frame_count}")
        if where.speed in SPEEDS:
            self.speed.setCurrentIndex(SPEEDS.index(where.speed))
        elif where.speed < 0:  # backwards, by the shuttle
            self.speed.setPlaceholderText(f"◀ {-where.speed:g}×")
            self.speed.setCurrentIndex(-1)
        if where.is_playing != self._playing:
            self._playing = where.is_playing
            self.recolour()

    def show_tracked(self, parts_s: tuple[tuple[float, float], ...]) -> None:
        """From which to which times of the file there are results."""
        self._tracked_s = parts_s
        self._show_parts()

    def show_marks(self, marks: tuple[SetMark, ...], span: TimeSpan) -> None:
        """Where marks are, and in and out point."""
        self._marks, self._span = marks, span
        self._show_parts()

    def _show_parts(self) -> None:
        share = self._share
        self.bar.set_tracked(tuple((share(first_s), share(last_s)) for first_s, last_s in self._tracked_s))
        inside = (share(self._span.start_s or 0.0), 1.0 if self._span.end_s is None else share(self._span.end_s))
        self.bar.set_marks(tuple(share(mark.time_s) for mark in self._marks), inside)

    def _share(self, time_s: float) -> float:
        """Where a time is on the bar, which ends where the last frame begins: the handle reaches the end with it."""
        return min(max(time_s / self._last_s, 0.0), 1.0) if self._last_s > 0 else float(time_s > 0)

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


def _show_as_wide(label: QLabel, words: str, *, end: str) -> None:
    """Words that take as much room as they will at the `end` (the bar keeps its length), or more where that is not
    known yet."""
    widest = max(label.fontMetrics().horizontalAdvance(DIGITS.sub("8", one)) for one in (words, end))
    label.setMinimumWidth(widest + 4)
    label.setText(words)


def next_speed(speed: float, step: int) -> float:
    """The speed `step` places further in the list, clipped at its ends."""
    nearest = min(range(len(SPEEDS)), key=lambda index: abs(SPEEDS[index] - speed))
    return SPEEDS[min(max(nearest + step, 0), len(SPEEDS) - 1)]
