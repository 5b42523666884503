"""Two people, two attempts or two files next to each other: who, which moment of each, one transport, a video of it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PySide6.QtCore import QPoint, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from app.gui.banner import Banner
from app.gui.keyboard_focus import SideWindow, leave_focus_to_tab, take_commas
from app.gui.picture.qt_canvas import to_qimage
from app.gui.window_layout import fit_to_screen
from app.workspace.comparing import ComparisonPlayer
from tracking.angles import ANGLES
from tracking.comparison import RATE, Attempt, Comparison, Image
from tracking.drawing.style import PictureLayers
from tracking.session.edited_session import EditedSession

TICK_MS = 15
STEPS_A_SECOND = 100
SPEEDS = (1.0, 0.5, 0.25, 0.1)


@dataclass(frozen=True)
class Choice:
    """Who can be compared: a session, where its video lies now (None: where it was), ids and names of its people."""

    session: EditedSession
    video: Path | None
    people: tuple[tuple[int, str], ...]


class CompareWindow(SideWindow):
    """Stands beside the main window. sides: what can be chosen from on each side. layers: how pictures look."""

    saveWanted = Signal(object, float)  # Comparison, speed
    otherFileWanted = Signal()

    def __init__(self, first: Choice, second: Choice, *, layers: PictureLayers, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Compare")
        fit_to_screen(self, 960, 760)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._choices = [first, second]
        self._layers = layers
        self._player: ComparisonPlayer | None = None
        self._image: Image | None = None
        self.picture = _Picture()
        self.people, self.moments = (QComboBox(), QComboBox()), (QDoubleSpinBox(), QDoubleSpinBox())
        self.angle = QComboBox()
        for name, definition in ANGLES.items():
            self.angle.addItem(definition.words, name)
        self.angle.setCurrentIndex(list(ANGLES).index("left_knee"))
        self.ghost = QCheckBox("Second as a ghost")
        self.ghost.setToolTip(
            "The second person's skeleton over the first one's picture, hips on hips and scaled to the same size"
        )
        self.other = QPushButton("Other file…")
        self.other.setToolTip("A session file to compare with")
        self.play = QPushButton("Play")
        self.speed = QComboBox()
        self.speed.setAccessibleName("Speed")
        self.speed.setToolTip("Speed of playback and of the saved video")
        for speed in SPEEDS:
            self.speed.addItem(f"{speed:g}×", speed)
        self.place = QSlider(Qt.Orientation.Horizontal)
        self.place.setAccessibleName("Time relative to the moment")
        self.save = QPushButton("Save video")
        self.status = QLabel()
        self.status.setProperty("muted", True)
        self.progress = QProgressBar()
        self.progress.setVisible(False)
        self.banner = Banner(self, stages=(self.picture,))
        self._settle = QTimer(self, interval=300, singleShot=True)
        self._settle.timeout.connect(self.restart)
        self._lay_out()
        for side in (0, 1):
            self._fill(side)
            self.people[side].currentIndexChanged.connect(lambda _index: self.restart(stay=True))
            self.moments[side].valueChanged.connect(lambda _value: self._settle.start())
        self.angle.currentIndexChanged.connect(lambda _index: self.restart(stay=True))
        self.ghost.toggled.connect(lambda _on: self.restart(stay=True))
        self.other.clicked.connect(self.otherFileWanted)
        self.play.clicked.connect(self._toggle)
        self.speed.currentIndexChanged.connect(self._set_speed)
        self.place.valueChanged.connect(self._seek)
        self.save.clicked.connect(self._save)
        self._ticker = QTimer(self, interval=TICK_MS)
        self._ticker.timeout.connect(self._tick)
        self._ticker.start()
        self.restart()

    @property
    def image(self) -> Image | None:
        """What is shown, (H, W, 3) RGB."""
        return self._image

    def set_second(self, choice: Choice) -> None:
        """Compares with somebody in another file."""
        self._choices[1] = choice
        self._fill(1)
        self.restart()

    def renew(self, choice: Choice) -> None:
        """A session was edited: its people are these now. Who, when and what is shown stay."""
        for side, before in enumerate(self._choices):
            if before.session.stored is choice.session.stored:
                self._choices[side] = choice
                self._offer(side, chosen=self.people[side].currentData())
        self.restart(stay=True)

    def restart(self, *, stay: bool = False) -> None:
        """Compares what is chosen now, from the moment on; stay: from what is shown on, and plays on."""
        before = self._player if stay else None
        time_s, is_playing = (before.time_s, before.is_playing) if before is not None else (0.0, False)
        self.stop()
        first, second = (
            Attempt(choice.session, int(self.people[side].currentData()), self.moments[side].value(), choice.video)
            for side, choice in enumerate(self._choices)
        )
        self.status.setText("Reading…")
        self.save.setEnabled(False)
        self._player = ComparisonPlayer(
            first,
            second,
            angle=self.angle.currentData(),
            ghost=self.ghost.isChecked(),
            layers=self._layers,
            time_s=time_s,
            is_playing=is_playing,
            speed=self.speed.currentData(),
        )

    def set_layers(self, layers: PictureLayers) -> None:
        """Shows pictures otherwise, and at once nobody who may not be recognised any more."""
        if layers != self._layers:
            self._layers, self._image = layers, None
            self.picture.show_image(None)
            self.restart(stay=True)

    def stop(self) -> None:
        """Ends what is played."""
        if self._player is not None:
            self._player.close()
            self._player = None

    def show_progress(self, share: float | None) -> None:
        """How much of the video is written; None: nothing is being written."""
        self.progress.setVisible(share is not None)
        self.save.setEnabled(share is None)
        if share is not None:
            self.progress.setValue(round(100 * share))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step_s = {Qt.Key.Key_Left: -1 / RATE, Qt.Key.Key_Right: 1 / RATE}.get(Qt.Key(event.key()))
        if event.key() == Qt.Key.Key_Space:
            self._toggle()
        elif step_s is not None and self._player is not None:
            self._player.seek(self._player.time_s + step_s)
        else:
            super().keyPressEvent(event)

    def done(self, code: int) -> None:
        """Closes it, whether by its cross or by Escape, which sends no close event."""
        self._ticker.stop()
        self.stop()
        super().done(code)

    def _fill(self, side: int) -> None:
        """Offers the people and the moment of one side: two people, or two attempts of the only one, at two marks."""
        choice, moment = self._choices[side], self.moments[side]
        same = self._choices[0].session.stored.path == choice.session.stored.path
        self._offer(side, chosen=choice.people[min(side, len(choice.people) - 1) if same else 0][0])
        moment.blockSignals(True)
        moment.setRange(0.0, 1e6)
        moment.setDecimals(3)
        moment.setSingleStep(1 / 30)
        moment.setSuffix(" s")
        moment.lineEdit().setTextMargins(6, 0, 0, 0)
        marks = choice.session.marks
        if same and len(choice.people) == 1 and len(marks) > 1:
            moment.setValue(marks[side].time_s)
        else:
            moment.setValue(marks[0].time_s if marks else 0.0)
        moment.blockSignals(False)

    def _offer(self, side: int, *, chosen: int) -> None:
        """Fills the list of people; somebody who is not there any more: the first one."""
        box = self.people[side]
        box.blockSignals(True)
        box.clear()
        for person, name in self._choices[side].people:
            box.addItem(name, person)
        box.setCurrentIndex(max(box.findData(chosen), 0))
        box.blockSignals(False)

    def _lay_out(self) -> None:
        choices = QGridLayout()
        for side, words in enumerate(("First", "Second")):
            self.people[side].setAccessibleName(f"{words}: person")
            self.moments[side].setAccessibleName(f"{words}: moment")
            self.moments[side].setToolTip("The moment, in seconds of the video, that is aligned with the other one's")
            for column, part in enumerate((QLabel(words), self.people[side], QLabel("at"), self.moments[side])):
                choices.addWidget(part, side, column)
        choices.addWidget(self.angle, 0, 4)
        choices.addWidget(self.ghost, 1, 4)
        choices.addWidget(self.other, 1, 5)
        choices.setColumnStretch(1, 1)
        transport = QHBoxLayout()
        for part in (self.play, self.place, self.status, self.speed, self.progress, self.save):
            transport.addWidget(part, 1 if part is self.place else 0)
        page = QVBoxLayout(self)
        page.addLayout(choices)
        page.addWidget(self.picture, 1)
        page.addLayout(transport)
        take_commas(self)
        leave_focus_to_tab(self)
        self.picture.setFocus()

    def _toggle(self) -> None:
        if self._player is not None:
            self._player.toggle()

    def _set_speed(self) -> None:
        if self._player is not None:
            self._player.set_speed(self.speed.currentData())

    def _seek(self, step: int) -> None:
        if self._player is not None:
            self._player.seek(step / STEPS_A_SECOND)

    def _save(self) -> None:
        if self._player is not None and self._player.comparison is not None:
            self.saveWanted.emit(self._player.comparison, self.speed.currentData())

    def _tick(self) -> None:
        player = self._player
        if player is None:
            return
        self.play.setText("Pause" if player.is_playing else "Play")
        news = player.news()
        if news is None:
            return
        image, time_s, error = news
        self._image = image
        self.picture.show_image(image)
        self.status.setText(error or f"{time_s:+.2f} s")
        comparison: Comparison | None = player.comparison
        self.save.setEnabled(error is None and not self.progress.isVisible())
        if comparison is not None and error is None:
            self.place.blockSignals(True)
            self.place.setRange(round(comparison.start_s * STEPS_A_SECOND), round(comparison.end_s * STEPS_A_SECOND))
            self.place.setValue(round(time_s * STEPS_A_SECOND))
            self.place.blockSignals(False)


class _Picture(QWidget):
    """A picture as large as there is room."""

    def __init__(self) -> None:
        super().__init__()
        self._image = to_qimage(_black())
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(QSize(320, 240))
        self.setAccessibleName("Comparison")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def show_image(self, image: Image | None) -> None:
        """Shows it; None: black."""
        self._image = to_qimage(_black() if image is None else image)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(event.rect(), Qt.GlobalColor.black)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        size = self._image.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        place = QRect(QPoint((self.width() - size.width()) // 2, (self.height() - size.height()) // 2), size)
        painter.drawImage(place, self._image)
        painter.end()


def _black() -> Image:
    return np.zeros((2, 2, 3), np.uint8)
