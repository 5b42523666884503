"""Places in the picture typed as numbers, seen in it meanwhile: whatever is dragged by the mouse can be had by keys."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QDoubleSpinBox, QFormLayout, QVBoxLayout, QWidget

from app.gui.dialogs.buttons import agree_or_cancel, open_once
from app.gui.keyboard_focus import take_commas
from app.gui.picture.video_view import VideoView
from app.workspace.picture_feed import Picture

Line = tuple[float, float, float, float]

FAR = 2.0  # so many pictures away a point may be put


@dataclass(frozen=True, slots=True)
class Number:
    """A number that is asked for. label: with the `&` of its key; limits: the least and the greatest."""

    label: str
    value: float
    limits: tuple[float, float]
    unit: str = "px"
    places: int = 1


class PlaceDialog(QDialog):
    """Tells its numbers with every change, and emits `agreed` for what was agreed to."""

    previewed = Signal(tuple)  # the numbers, in their order
    agreed = Signal(tuple)

    def __init__(self, title: str, numbers: Sequence[Number], words: str, *, parent: QWidget) -> None:
        """words: on the button that agrees."""
        super().__init__(parent)
        self.setWindowTitle(title)
        self.boxes = tuple(number_box(number) for number in numbers)
        form = QFormLayout()
        for number, box in zip(numbers, self.boxes, strict=True):
            form.addRow(number.label, box)
            box.valueChanged.connect(lambda _value: self.previewed.emit(self.values))
        column = QVBoxLayout(self)
        column.addLayout(form)
        column.addWidget(agree_or_cancel(self, words, self.accept))
        take_commas(self)
        self.accepted.connect(lambda: self.agreed.emit(self.values))

    @property
    def values(self) -> tuple[float, ...]:
        """The numbers as they stand."""
        return tuple(box.value() for box in self.boxes)


def number_box(number: Number) -> QDoubleSpinBox:
    """A field for it."""
    box = QDoubleSpinBox()
    box.setRange(*number.limits)
    box.setDecimals(number.places)
    box.setSuffix(f" {number.unit}")
    if number.unit == "px":
        box.setToolTip("Up and Down change it by one pixel, Page up and Page down by ten")
    box.lineEdit().setTextMargins(6, 0, 0, 0)
    box.setValue(number.value)
    return box


def upright_line(picture: Picture, chosen: int | None) -> Line:
    """x, y, x, y through the box of the selected person, or else the middle of the picture."""
    wide, high = picture.frame.size_wh
    x1, y1, x2, y2 = 0.0, 0.25 * high, float(wide), 0.75 * high
    if picture.result is not None and chosen in picture.result.tracks.ids:
        rows = picture.result.tracks.ids == chosen
        x1, y1, x2, y2 = (float(edge) for edge in picture.result.tracks.boxes[rows][0])
    return (x1 + x2) / 2, y1, (x1 + x2) / 2, y2


def put(box: QDoubleSpinBox, value: float) -> None:
    """Shows a number that nobody has typed: it is not told as a change."""
    box.blockSignals(True)
    box.setValue(value)
    box.blockSignals(False)


def show_below(dialog: QDialog, picture: VideoView) -> None:
    """Shows a dialog below the picture, which is to be seen meanwhile; it is deleted as soon as it is closed."""
    picture.roomWanted.emit()
    dialog.adjustSize()
    below = picture.mapToGlobal(picture.rect().bottomLeft())
    lowest = picture.screen().availableGeometry().bottom() - dialog.height()
    dialog.move(below.x(), min(below.y(), lowest))
    open_once(dialog)
