"""Which joint of another program's file is which of ours: asked where names do not say it."""

from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFormLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from app.gui.dialogs.buttons import agree_or_cancel
from app.gui.look.theme import fill_scrolled
from tracking.importing.joint_guesses import OpenJoints


class JointsDialog(QDialog):
    """Emits `chosen(dict)`: the file's name of every joint that was asked about -> our keypoint, empty: left out."""

    chosen = Signal(object)

    def __init__(self, file: str, joints: OpenJoints, remembered: Mapping[str, str], *, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Which joint is which?")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(420, 460)
        suggested = {**joints.guesses(), **remembered}
        self.choices: dict[str, QComboBox] = {}
        rows = QWidget()
        form = QFormLayout(rows)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for joint in joints.unknown:
            choice = self.choices[joint] = QComboBox()
            choice.setAccessibleName(joint)
            choice.addItem("leave out", "")
            for keypoint in joints.free:
                choice.addItem(keypoint.replace("_", " "), keypoint)
            choice.setCurrentIndex(max(choice.findData(suggested.get(joint, "")), 0))
            name = QLabel(joint)
            name.setTextFormat(Qt.TextFormat.PlainText)
            form.addRow(name, choice)
        page = QWidget()
        fill_scrolled(page, rows)
        note = QLabel(
            f"{file} has joints with names this program does not know. Choose which joints they are; the rest are "
            "left out."
        )
        note.setTextFormat(Qt.TextFormat.PlainText)
        note.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 16, 18, 14)
        column.setSpacing(12)
        column.addWidget(note)
        column.addWidget(page, 1)
        column.addWidget(agree_or_cancel(self, "Import", self._take))

    def _take(self) -> None:
        self.chosen.emit({joint: choice.currentData() for joint, choice in self.choices.items()})
        self.close()
