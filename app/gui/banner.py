"""One line of news over the picture: what happened and one thing to do about it. Never a dialog."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QWidget

from app.gui.look.icons import icon, icon_pixmap
from app.gui.look.theme import tokens

MARGIN = 12
WIDEST = 760
AFTERWARDS_S = 15
UNDOES = "Ctrl+Z undoes it"
KINDS = {"info": "info", "warning": "warning", "error": "warning"}


class Banner(QWidget):
    """Shows one message; a newer one takes its place, the same one twice changes nothing.

    It floats at the lower edge of whichever of the `stages` is in view, above what that keeps free there (`kept_free`,
    points), and moves nothing.
    """

    def __init__(self, parent: QWidget, *, stages: Sequence[QWidget]) -> None:
        super().__init__(parent)
        self._ground = parent
        self._stages = tuple(stages)
        for stage in stages:
            stage.installEventFilter(self)
        self.setObjectName("banner")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._symbol = QLabel()
        self._words = QLabel()
        self._words.setWordWrap(True)
        self._words.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.button = QPushButton()
        self._close = QToolButton()
        self._close.setToolTip("Close this message")
        self._close.setAccessibleName("Close this message")
        self._close.clicked.connect(self.hide)
        self.button.clicked.connect(self._act)
        self._action: Callable[[], object] | None = None
        self._kind, self._lasting = "info", False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.hide)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 6, 6, 6)
        row.setSpacing(10)
        for part in (self._symbol, self._words, self.button, self._close):
            row.addWidget(part)
        self.hide()

    @property
    def text(self) -> str:
        """What is being said; empty when nothing is."""
        return self._words.text() if not self.isHidden() else ""

    def say(
        self,
        words: str,
        *,
        kind: str = "info",
        button: str = "",
        action: Callable[[], object] | None = None,
        seconds: float = 0.0,
        lasting: bool = False,
    ) -> None:
        """Shows a sentence (`kind`: info, warning or error), for `seconds` or until closed.

        lasting: it holds whatever is open, and stays a while longer; any other goes with what it speaks of (`forget`).
        """
        colours = tokens()
        colour = {"info": colours.accent, "warning": colours.warning, "error": colours.danger}[kind]
        self._symbol.setPixmap(icon_pixmap(KINDS[kind], colour))
        self._close.setIcon(icon("close", colours.muted))
        self._words.setText(words)
        self.button.setText(button)
        self.button.setVisible(bool(button))
        self._action, self._kind, self._lasting = action, kind, lasting
        self.setStyleSheet(
            f"#banner {{ background: {colours.panel}; border: 1px solid {colours.border};"
            f" border-left: 4px solid {colour}; border-radius: 6px; }}"
        )
        self._timer.stop()
        if seconds > 0:
            self._timer.start(round(seconds * 1000))
        self.show()
        self._float()

    def tell(self, words: str, kind: str, lasting: bool = False) -> None:
        """Shows a sentence, an error until it is closed, others for a while; lasting: see `say`."""
        self.say(words, kind=kind, seconds=0 if kind == "error" else 8, lasting=lasting)

    def withdraw(self, words: str) -> None:
        """Closes the message, if it is still this one: it does not hold any more."""
        if self.text == words:
            self.hide()

    def forget(self) -> None:
        """Something else is about to be open, or nothing: closes the message, a lasting one after a while, and leaves
        lasting errors and warnings."""
        if not self._lasting:
            self.hide()
        elif self._kind == "info" and not self._timer.isActive():
            self._timer.start(AFTERWARDS_S * 1000)

    def outdate(self) -> None:
        """Something was edited or undone: Ctrl+Z would undo something else than a message says."""
        if UNDOES in self.text:
            self.hide()

    def make_room(self) -> None:
        """Closes the message if it is only news: what lies under it is about to be clicked."""
        if self._kind == "info":
            self.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Move, QEvent.Type.Show, QEvent.Type.Hide):
            self._float()
        return super().eventFilter(watched, event)

    def _float(self) -> None:
        stage = next((stage for stage in self._stages if stage.isVisible()), None)
        if stage is None or self.isHidden():
            return
        width = min(stage.width() - 2 * MARGIN, WIDEST)
        height = max(self.heightForWidth(width), self.minimumSizeHint().height())
        corner = stage.mapTo(self._ground, QPoint((stage.width() - width) // 2, stage.height() - height))
        self.setGeometry(corner.x(), corner.y() - MARGIN - getattr(stage, "kept_free", 0), width, height)
        self.raise_()

    def _act(self) -> None:
        self.hide()
        if self._action is not None:
            self._action()
