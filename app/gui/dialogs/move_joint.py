"""A joint of the selected person put at its place by the keyboard: which one, and where in the picture."""

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QDialog, QFormLayout, QVBoxLayout, QWidget

from app.gui.dialogs.buttons import agree_or_cancel
from app.gui.dialogs.place import FAR, Number, number_box, put
from app.gui.keyboard_focus import take_commas
from tracking.types import FrameResult


class MoveJointDialog(QDialog):
    """Tells where the joint would be with every change, and emits `moved` for what was agreed to."""

    previewed = Signal(int, float, float)  # joint, x, y in image pixels
    moved = Signal(int, float, float)

    def __init__(self, result: FrameResult, person: int, name: str, joint: int, *, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"Move a joint of {name}")
        self._places = _places(result, person)
        self.joint = QComboBox()
        for index, keypoint in enumerate(result.skeleton.keypoints):
            self.joint.addItem(keypoint.replace("_", " ").capitalize(), index)
        self.joint.setCurrentIndex(min(joint, self.joint.count() - 1))  # of another skeleton perhaps
        form = QFormLayout()
        form.addRow("&Joint", self.joint)
        numbers = [
            Number(label, 0.0, (-FAR * length, FAR * length))
            for label, length in zip(("From the &left", "From the &top"), result.size_wh, strict=True)
        ]
        self.left, self.top = (number_box(number) for number in numbers)
        for number, box in zip(numbers, (self.left, self.top), strict=True):
            form.addRow(number.label, box)
        column = QVBoxLayout(self)
        column.addLayout(form)
        column.addWidget(agree_or_cancel(self, "Move", self.accept))
        take_commas(self)
        self._show_place()
        self.joint.currentIndexChanged.connect(lambda _index: self._show_place())
        for box in (self.left, self.top):
            box.valueChanged.connect(lambda _value: self.previewed.emit(*self.place))
        self.accepted.connect(lambda: self.moved.emit(*self.place))

    @property
    def place(self) -> tuple[int, float, float]:
        """The joint, and where it is to be."""
        return int(self.joint.currentData()), self.left.value(), self.top.value()

    def _show_place(self) -> None:
        """Where the chosen joint is now."""
        x, y = self._places[self.joint.currentIndex()]
        put(self.left, x)
        put(self.top, y)


def _places(result: FrameResult, person: int) -> Sequence[tuple[float, float]]:
    """Where each joint of a person is; where one is missing, the middle of their box."""
    (row,) = np.flatnonzero(result.tracks.ids == person)[:1]
    x1, y1, x2, y2 = (float(edge) for edge in result.tracks.boxes[row])
    found = result.smoothed.keypoints[row]
    middle = np.array([(x1 + x2) / 2, (y1 + y2) / 2])
    return [(float(x), float(y)) for x, y in np.where(np.isfinite(found), found, middle)]
