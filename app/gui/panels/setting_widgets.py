"""Widgets over one declared setting each: choices, limits, unit, label and help are those of the declaration."""

from collections.abc import Mapping
from typing import Any, get_args

from PySide6.QtCore import QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QSlider,
    QSpinBox,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QVBoxLayout,
    QWidget,
)

from tracking.checked_settings import Setting

SETTLE_MS = 250  # a slider that is being dragged counts once it rests so long
STEPS = 100
MAX_POPUP_PX = 520
MARGIN_PX = 4  # between the words of a drop-down and its frame


class ChoiceBox(QComboBox):
    """One of the choices. A value that is not among them is added, so that what is shown is what counts."""

    edited = Signal(object)

    def __init__(self, choices: Mapping[Any, str]) -> None:
        super().__init__()
        self.setMinimumContentsLength(12)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.offer(choices)
        self.activated.connect(lambda _index: self.edited.emit(self.currentData()))

    def offer(self, choices: Mapping[Any, str]) -> None:
        """Other choices, words by value; the one that is shown stays."""
        shown, shows_any = self.currentData(), self.count() > 0
        self.clear()
        for value, words in choices.items():
            self.addItem(words, value)
        if shows_any:
            self.show_value(shown)

    def showPopup(self) -> None:
        """As wide as the words are."""
        view = self.view()
        view.setMinimumWidth(min(view.sizeHintForColumn(0) + 24, MAX_POPUP_PX))
        super().showPopup()

    def fitting_words(self) -> str:
        """The chosen words where there is room for them, else what stands before the colon, shortened if need be."""
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        place = self.style().subControlRect(
            QStyle.ComplexControl.CC_ComboBox, option, QStyle.SubControl.SC_ComboBoxEditField, self
        )
        words, room, metrics = self.currentText(), place.width() - MARGIN_PX, self.fontMetrics()
        if metrics.horizontalAdvance(words) > room:
            words = words.partition(":")[0]
        return metrics.elidedText(words, Qt.TextElideMode.ElideRight, room)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, option = QStylePainter(self), QStyleOptionComboBox()
        self.initStyleOption(option)
        option.currentText = self.fitting_words()
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
        painter.end()

    def show_value(self, value: Any) -> None:
        """Puts it there."""
        if (index := self.findData(value)) < 0:
            self.addItem(str(value), value)
            index = self.count() - 1
        self.setCurrentIndex(index)


class CountBox(QSpinBox):
    """A whole number; below the least one stands, where there is one, what None means."""

    edited = Signal(object)

    def __init__(self, setting: Setting) -> None:
        super().__init__()
        low, high = setting.limits
        self._least, self._unit = int(low or 0), setting.unit
        has_none = None in setting.choices
        self.setRange(self._least - has_none, int(high or 9999))
        self.setSpecialValueText(setting.choices.get(None, ""))
        self.lineEdit().setTextMargins(6, 0, 0, 0)
        self.valueChanged.connect(lambda value: self.edited.emit(value if value >= self._least else None))

    def textFromValue(self, value: int) -> str:
        """The number with its unit."""
        return f"{value} {self._unit.removesuffix('s') if value == 1 else self._unit}".strip()

    def valueFromText(self, text: str) -> int:
        """The number that stands in front."""
        return int(text.split()[0])

    def show_value(self, value: int | None) -> None:
        """Puts it there."""
        with QSignalBlocker(self):
            self.setValue(self.minimum() if value is None else value)


class SwitchBox(QCheckBox):
    """On or off."""

    edited = Signal(object)

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting.label)
        self.toggled.connect(self.edited.emit)

    def show_value(self, value: bool) -> None:
        """Puts it there."""
        with QSignalBlocker(self):
            self.setChecked(value)


class LevelSlider(QWidget):
    """A number between two limits, its label and value above. `moved` comes at once, `edited` when the slider rests."""

    moved = Signal(float)
    edited = Signal(object)

    def __init__(self, setting: Setting) -> None:
        super().__init__()
        self._least, self._greatest = (float(limit or 0) for limit in setting.limits)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(round(STEPS * self._least / self._greatest), STEPS)
        self.slider.setAccessibleName(setting.label)
        self.words = QLabel()
        self.words.setProperty("muted", True)
        self._settle = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._settle.timeout.connect(lambda: self.edited.emit(self.value))
        self.slider.valueChanged.connect(self._on_moved)
        head = QHBoxLayout()
        head.addWidget(QLabel(setting.label))
        head.addStretch(1)
        head.addWidget(self.words)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(head)
        column.addWidget(self.slider)

    @property
    def value(self) -> float:
        """Where the slider stands."""
        return self.slider.value() * self._greatest / STEPS

    def show_value(self, value: float) -> None:
        """Puts it there."""
        with QSignalBlocker(self.slider):
            self.slider.setValue(round(STEPS * value / self._greatest))
        self._settle.stop()
        self._tell()

    def _on_moved(self) -> None:
        self._tell()
        self.moved.emit(self.value)
        self._settle.start()

    def _tell(self) -> None:
        self.words.setText(f"{100 * self.value:.0f} %" if self._greatest == 1 else f"{self.value:g}")


def widget_over(setting: Setting) -> ChoiceBox | CountBox | SwitchBox | LevelSlider:
    """The widget that suits its type: whole numbers, on and off, a range, or one of several choices."""
    kinds = {setting.kind, *get_args(setting.kind)}
    whole = any(kind is int or int in get_args(kind) for kind in kinds)
    if isinstance(setting.default, bool):
        widget: ChoiceBox | CountBox | SwitchBox | LevelSlider = SwitchBox(setting)
    elif whole and not set(setting.choices) - {None}:
        widget = CountBox(setting)
    else:
        widget = ChoiceBox(setting.choices) if setting.choices else LevelSlider(setting)
    widget.setToolTip(setting.meaning[:1].upper() + setting.meaning[1:])
    widget.setAccessibleName(setting.label)
    return widget
