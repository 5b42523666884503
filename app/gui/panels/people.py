"""The list of people: number, colour, name, time seen; and what can be done to them."""

import itertools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPainterPath, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QGridLayout,
    QHeaderView,
    QLabel,
    QStackedLayout,
    QToolButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.gui.commands.actions import Actions
from app.gui.look.icons import icon
from app.gui.look.theme import as_panel, person_colour, tokens
from app.gui.panels.same_person import SamePersonQuestion
from app.gui.picture.qt_canvas import to_qimage
from app.workspace.faces import SamePerson
from tracking.drawing.style import PeopleStyle
from tracking.events import FrameSpan
from tracking.session.edits import MAX_NAME

NUMBER, NAME, SEEN, FROM = range(4)
SWATCH, FACE = QSize(16, 16), QSize(40, 40)
PERSON_ACTIONS = (
    ("swap", "swap", "Swap"),
    ("merge", "merge", "Merge"),
    ("split", "split", "Split"),
    ("hide", "eye-off", "Hide"),
    ("delete", "delete", "Delete"),
    ("undo", "undo", "Undo"),
    ("redo", "redo", "Redo"),
)


@dataclass(frozen=True)
class PersonRow:
    """One person of the run: seconds of the video in which they were seen, and when."""

    person: int
    seen_s: float
    seen: tuple[FrameSpan, ...]


class PeoplePanel(QWidget):
    """The list follows the run; a click chooses, a double click on the name renames."""

    chosenChanged = Signal(object)  # person id or None
    renamed = Signal(int, str)
    bestViewWanted = Signal(int)
    mergeWanted = Signal(object)  # SamePerson
    suggestionRefused = Signal(object)

    def __init__(self, actions: Actions) -> None:
        super().__init__()
        as_panel(self)
        self._filling = False
        self._style = PeopleStyle()
        self._rows: tuple[PersonRow, ...] = ()
        self._faces: dict[int, QPixmap] = {}
        self.list = QTreeWidget()
        self.list.setAccessibleName("People")
        self.list.setHeaderLabels(["No.", "Name", "Seen", "From"])
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setIconSize(SWATCH)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.list.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked | QAbstractItemView.EditTrigger.EditKeyPressed
        )
        header = self.list.header()
        header.setSectionResizeMode(NUMBER, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(SEEN, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(FROM, QHeaderView.ResizeMode.ResizeToContents)
        header.setStretchLastSection(False)
        self.list.itemSelectionChanged.connect(self._select)
        self.list.itemChanged.connect(self._rename)
        self.list.itemClicked.connect(self._go_to_face)
        self.empty = QLabel()
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setProperty("muted", True)
        self._stack = QStackedLayout()
        self._stack.addWidget(self.empty)
        self._stack.addWidget(self.list)
        self._buttons: dict[str, QToolButton] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(6)
        column.addLayout(self._stack, 1)
        self.hint = QLabel("Ctrl+click selects a second person.")
        self.hint.setProperty("muted", True)
        self.hint.setContentsMargins(6, 0, 0, 0)
        column.addWidget(self.hint)
        self.question = SamePersonQuestion()
        self.question.agreed.connect(self.mergeWanted)
        self.question.refused.connect(self.suggestionRefused)
        column.addWidget(self.question)
        column.addLayout(self._action_buttons(actions))
        self.recolour()

    def picked(self) -> list[int]:
        """The people marked in the list, in the order of the list."""
        return [_person_of(item) for item in self._items() if item.isSelected()]

    def pick(self, people: Collection[int]) -> None:
        """Marks these in the list, as clicks do; nobody: only who is selected in the picture."""
        wanted = people or (self._style.chosen,)
        self._filling = True
        for item in self._items():
            item.setSelected(_person_of(item) in wanted)
        self._filling = False

    def seen_together_s(self, one: int, other: int) -> float:
        """For how many seconds both are seen."""
        spans = {row.person: row.seen for row in self._rows}
        pairs = itertools.product(spans.get(one, ()), spans.get(other, ()))
        return sum(max(0.0, min(a.end_s, b.end_s) - max(a.start_s, b.start_s)) for a, b in pairs)

    def show_people(self, rows: Sequence[PersonRow], style: PeopleStyle) -> None:
        """Fills the list; keeps what is marked. Nothing happens while a name is typed."""
        if self.list.state() == QAbstractItemView.State.EditingState or (tuple(rows), style) == (
            self._rows,
            self._style,
        ):
            return
        marked = set(self.picked())
        if style.chosen != self._style.chosen:
            marked = {style.chosen} if style.chosen is not None else set()
        known = self._rows if style == self._style else ()
        self._rows, self._style = tuple(rows), style
        self._filling = True
        while self.list.topLevelItemCount() > len(rows):
            self.list.takeTopLevelItem(self.list.topLevelItemCount() - 1)
        while self.list.topLevelItemCount() < len(rows):
            self.list.addTopLevelItem(QTreeWidgetItem())
        for item, row, before in itertools.zip_longest(self._items(), rows, known[: len(rows)]):
            if row != before:
                self._fill(item, row, marked=row.person in marked)
        self._filling = False
        self._buttons["hide"].setText("Show" if style.chosen in style.hidden else "Hide")
        self._stack.setCurrentIndex(1 if rows else 0)

    def show_faces(self, faces: Mapping[int, npt.NDArray[np.uint8]]) -> None:
        """Pictures (H, W, 3) of people by their number, instead of plain colours; anyone without one keeps it."""
        self._faces = {person: QPixmap.fromImage(to_qimage(picture)) for person, picture in faces.items()}
        self.list.setIconSize(FACE if faces else SWATCH)
        self._filling = True
        for item in self._items():
            self._show_icon(item)
        self._filling = False

    def show_suggestion(self, one: SamePerson | None, names: Mapping[int, str]) -> None:
        """Asks whether two people are one, by their names where they have some; None: asks nothing."""
        lost, new = (names.get(who, f"person {who}") for who in ((one.lost, one.new) if one is not None else (0, 0)))
        self.question.ask(one, lost, new[:1].upper() + new[1:])

    def begin_rename(self, person: int) -> None:
        """Opens the name of a person for typing."""
        for item in self._items():
            if _person_of(item) == person:
                self.list.editItem(item, NAME)

    def _items(self) -> list[QTreeWidgetItem]:
        found = (self.list.topLevelItem(row) for row in range(self.list.topLevelItemCount()))
        return [item for item in found if item is not None]

    def recolour(self) -> None:
        """Takes the colours of the look."""
        colours = tokens()
        for name, symbol, _ in PERSON_ACTIONS:
            self._buttons[name].setIcon(icon(symbol, colours.text, faded=colours.border))
        self._filling = True
        for item in self._items():
            self._colour_words(item)
        self._filling = False

    def _action_buttons(self, actions: Actions) -> QGridLayout:
        grid = QGridLayout()
        grid.setSpacing(4)
        for place, (name, _, words) in enumerate(PERSON_ACTIONS):
            button = QToolButton()
            button.setText(words)
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            button.setToolTip(actions[name].toolTip())
            action = actions[name]
            button.setEnabled(action.isEnabled())
            action.changed.connect(lambda button=button, action=action: button.setEnabled(action.isEnabled()))
            button.clicked.connect(lambda _checked=False, action=action: action.trigger())
            grid.addWidget(button, place // 4, place % 4)
            self._buttons[name] = button
        return grid

    def _fill(self, item: QTreeWidgetItem, row: PersonRow, *, marked: bool) -> None:
        item.setFlags(item.flags() | Qt.ItemFlag.ItemIsEditable)
        item.setData(NUMBER, Qt.ItemDataRole.UserRole, row.person)
        self._show_icon(item)
        item.setText(NUMBER, str(row.person))
        item.setText(NAME, self._style.names.get(row.person, ""))
        item.setText(SEEN, f"{row.seen_s:.1f} s")
        first_s, last_s = row.seen[0].start_s, row.seen[-1].end_s
        item.setText(FROM, f"{first_s:.1f} s")
        item.setToolTip(NUMBER, "Go to where this person is seen best")
        item.setToolTip(NAME, "Double-click to rename")
        item.setToolTip(SEEN, f"Seen for {row.seen_s:.2f} s, between {first_s:.2f} s and {last_s:.2f} s")
        self._colour_words(item)
        item.setSelected(marked)

    def _colour_words(self, item: QTreeWidgetItem) -> None:
        hidden = _person_of(item) in self._style.hidden
        for column in (NUMBER, NAME, SEEN, FROM):
            item.setForeground(column, QColor(tokens().muted if hidden else tokens().text))

    def _show_icon(self, item: QTreeWidgetItem) -> None:
        person = _person_of(item)
        hidden, face = person in self._style.hidden, self._faces.get(person)
        colour = person_colour(person)
        item.setIcon(NUMBER, _swatch(colour, hollow=hidden) if face is None else _face_icon(face, colour, faint=hidden))

    def _go_to_face(self, item: QTreeWidgetItem, column: int) -> None:
        if column == NUMBER and _person_of(item) in self._faces:
            self.bestViewWanted.emit(_person_of(item))

    def _select(self) -> None:
        if self._filling:
            return
        picked = self.picked()
        if len(picked) <= 1:
            self.chosenChanged.emit(picked[0] if picked else None)

    def _rename(self, item: QTreeWidgetItem, column: int) -> None:
        if self._filling or column != NAME:
            return
        person = _person_of(item)
        name = item.text(NAME).strip()[:MAX_NAME]
        self._filling = True
        item.setText(NAME, name)
        self._filling = False
        if name != self._style.names.get(person, ""):
            self.renamed.emit(person, name)


def _person_of(item: QTreeWidgetItem) -> int:
    return int(item.data(NUMBER, Qt.ItemDataRole.UserRole))


def _face_icon(face: QPixmap, colour: QColor, *, faint: bool) -> QIcon:
    """The picture, round, with a ring of the person's colour."""
    side = 2 * FACE.width()
    picture = QPixmap(side, side)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
    painter.setOpacity(0.4 if faint else 1.0)
    round_part = QPainterPath()
    round_part.addEllipse(4, 4, side - 8, side - 8)
    painter.setClipPath(round_part)
    wide = face.scaled(
        side, side, Qt.AspectRatioMode.KeepAspectRatioByExpanding, Qt.TransformationMode.SmoothTransformation
    )
    painter.drawPixmap((side - wide.width()) // 2, 0, wide)
    painter.setClipping(False)
    pen = painter.pen()
    pen.setColor(colour)
    pen.setWidth(6)
    painter.setPen(pen)
    painter.drawEllipse(4, 4, side - 8, side - 8)
    painter.end()
    return _same_when_marked(picture)


def _same_when_marked(picture: QPixmap) -> QIcon:
    found = QIcon(picture)
    found.addPixmap(picture, QIcon.Mode.Selected)  # else a marked row would tint it
    return found


def _swatch(colour: QColor, *, hollow: bool) -> QIcon:
    picture = QPixmap(32, 32)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    pen = painter.pen()
    pen.setColor(colour)
    pen.setWidth(4)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush if hollow else colour)
    painter.drawRoundedRect(5, 5, 22, 22, 6, 6)
    painter.end()
    return _same_when_marked(picture)
