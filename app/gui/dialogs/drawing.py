"""A drawing made or changed by the keyboard: its points typed as numbers, or tied to joints, seen in the picture."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QDialog, QGridLayout, QLabel, QVBoxLayout, QWidget

from app.gui.dialogs.buttons import agree_or_cancel
from app.gui.dialogs.place import FAR, Number, number_box, put
from app.gui.keyboard_focus import take_commas
from tracking.measurements import held, is_flat
from tracking.session.edits import POINTS, DrawnPoint, SetDrawing

POINT_LABELS = {
    "line": ("&Begin", "&End"),
    "angle": ("&First side", "&Vertex", "&Second side"),
    "distance": ("&Begin", "&End"),
}
HELD = (("As placed", ""), ("Vertical", "vertical"), ("Horizontal", "horizontal"))
FREE = "A fixed place in the picture"


@dataclass(frozen=True, slots=True)
class JointSpot:
    """A joint that a point can be tied to, and where it is."""

    words: str
    point: DrawnPoint


class DrawingDialog(QDialog):
    """Tells the drawing with every change, and emits `agreed` for what was agreed to."""

    previewed = Signal(object)  # SetDrawing
    agreed = Signal(object)

    def __init__(
        self,
        drawing: SetDrawing,
        joints: Sequence[JointSpot],
        size_wh: tuple[int, int],
        *,
        kinds: Sequence[str],
        words: tuple[str, str],
        parent: QWidget,
    ) -> None:
        """drawing: what it begins with; one that may become another kind has three points. joints: image pixels. words:
        the title, and those on the button that agrees."""
        super().__init__(parent)
        self.setWindowTitle(words[0])
        self._begun = drawing
        self.kind = _choices("Kind", [(kind.capitalize(), kind) for kind in kinds])
        self.kind.setCurrentIndex(self.kind.findData(drawing.kind))
        self.points = tuple(_PointFields(point, joints, size_wh) for point in drawing.points)
        self.held = _choices("Last point", HELD)
        self.held.setCurrentIndex(self.held.findData(drawing.along))
        self.extended = QCheckBox("Extend to the ed&ges of the picture")
        self.extended.setChecked(drawing.extended)
        self._note = QLabel()
        self._note.setProperty("muted", True)
        self._lay_out()
        self.buttons = agree_or_cancel(self, words[1], self.accept)
        column = QVBoxLayout(self)
        column.addLayout(self._grid)
        column.addWidget(self.extended)
        column.addWidget(self._note)
        column.addWidget(self.buttons)
        take_commas(self)
        for box in (self.kind, self.held):
            box.currentIndexChanged.connect(lambda _index: self._follow())
        self.extended.toggled.connect(lambda _on: self._follow())
        for fields in self.points:
            fields.joint.currentIndexChanged.connect(lambda _index: self._follow())
            for number in (fields.left, fields.top):
                number.valueChanged.connect(lambda _value: self._follow())
        self.accepted.connect(lambda: self.agreed.emit(self.drawing))
        self._follow()

    @property
    def drawing(self) -> SetDrawing:
        """The drawing as it stands."""
        kind = self.kind.currentData()
        return held(
            msgspec.structs.replace(
                self._begun,
                kind=kind,
                points=tuple(fields.point for fields in self._shown(kind)),
                along=self.held.currentData(),
                extended=kind == "line" and self.extended.isChecked(),
            )
        )

    def _shown(self, kind: str) -> tuple["_PointFields", ...]:
        """The fields of a kind's points: of two, the first and the last."""
        return self.points if len(self.points) == POINTS[kind] else (self.points[0], self.points[-1])

    def _lay_out(self) -> None:
        self._grid = grid = QGridLayout()
        if self.kind.count() > 1:
            grid.addWidget(_label("&Kind", self.kind), 0, 0)
            grid.addWidget(self.kind, 0, 1)
        for column, words in enumerate(("Follows", "From the left", "From the top"), 1):
            grid.addWidget(QLabel(words), 1, column)
        for row, fields in enumerate(self.points, 2):
            for column, part in enumerate((fields.label, fields.joint, fields.left, fields.top)):
                grid.addWidget(part, row, column)
        last = 2 + len(self.points)
        grid.addWidget(_label("&Last point", self.held), last, 0)
        grid.addWidget(self.held, last, 1)

    def _follow(self) -> None:
        """Shows the fields that this kind has, and the drawing."""
        kind = self.kind.currentData()
        shown = self._shown(kind)
        for fields in self.points:
            fields.set_visible(fields in shown)
        for fields, label in zip(shown, POINT_LABELS[kind], strict=True):
            fields.call(label)
        self.extended.setVisible(kind == "line")
        drawing = self.drawing
        flat = is_flat(drawing)
        self._note.setText("Two of its points coincide; move them apart." if flat else "")
        self.buttons.buttons()[0].setEnabled(not flat)
        self.previewed.emit(drawing)


class _PointFields:
    """What says where one point is: a joint, or else two numbers."""

    def __init__(self, point: DrawnPoint, joints: Sequence[JointSpot], size_wh: tuple[int, int]) -> None:
        self.joint = QComboBox()
        self.joint.addItem(FREE)
        self._joints = joints
        for spot in joints:
            self.joint.addItem(spot.words)
        self.left, self.top = (
            number_box(Number("", value, (-FAR * length, FAR * length)))
            for value, length in zip((point.x, point.y), size_wh, strict=True)
        )
        self.label = _label("", self.joint)
        ties = [(spot.point.track_id, spot.point.keypoint) for spot in joints]
        if point.is_tied:
            self.joint.setCurrentIndex(1 + ties.index((point.track_id, point.keypoint)))
        self.joint.currentIndexChanged.connect(lambda _index: self._show_place())
        self._show_place()

    @property
    def point(self) -> DrawnPoint:
        """Where it is, tied or free."""
        tied = self._tied
        return DrawnPoint(self.left.value(), self.top.value()) if tied is None else tied

    @property
    def _tied(self) -> DrawnPoint | None:
        index = self.joint.currentIndex()
        return self._joints[index - 1].point if index > 0 else None

    def call(self, label: str) -> None:
        """Gives all of it its name; label: with the `&` of its key."""
        self.label.setText(label)
        name = label.replace("&", "")
        for part, words in ((self.joint, "follows"), (self.left, "from the left"), (self.top, "from the top")):
            part.setAccessibleName(f"{name}, {words}")

    def set_visible(self, visible: bool) -> None:
        """Shows or hides all of it."""
        for part in (self.label, self.joint, self.left, self.top):
            part.setVisible(visible)

    def _show_place(self) -> None:
        """A joint says itself where it is."""
        tied = self._tied
        for box in (self.left, self.top):
            box.setEnabled(tied is None)
        if tied is not None:
            put(self.left, tied.x)
            put(self.top, tied.y)


def _label(words: str, buddy: QWidget) -> QLabel:
    label = QLabel(words)
    label.setBuddy(buddy)
    return label


def _choices(name: str, choices: Sequence[tuple[str, str]]) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    for words, data in choices:
        box.addItem(words, data)
    return box
