"""The list of people: number, colour, name, time seen; and what can be done to them."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
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

from app.gui.actions import Actions
from app.gui.icons import icon
from app.gui.theme import as_panel, person_colour, tokens
from tracking.drawing.style import PeopleStyle

NUMBER, NAME, SEEN, FROM = range(4)
DEEDS = (
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
    """One person of the run: seconds of the video in which they were seen, and when first and last."""

    person: int
    seen_s: float
    first_s: float
    last_s: float


class PeoplePanel(QWidget):
    """The list follows the run; a click chooses, a double click on the name renames."""

    chosenChanged = Signal(object)  # person id or None
    renamed = Signal(int, str)

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        as_panel(self)
        self._filling = False
        self._style = PeopleStyle()
        self._rows: tuple[PersonRow, ...] = ()
        self.list = QTreeWidget()
        self.list.setAccessibleName("People")
        self.list.setHeaderLabels(["No.", "Name", "Seen", "From"])
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setIconSize(QSize(16, 16))
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
        self.empty = QLabel("Nobody has been seen yet.")
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
        column.addLayout(self._deeds(actions))
        self.recolour()

    def picked(self) -> list[int]:
        """The people marked in the list, in the order of the list."""
        return [_person_of(item) for item in self._items() if item.isSelected()]

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
        self._rows, self._style = tuple(rows), style
        self._filling = True
        while self.list.topLevelItemCount() > len(rows):
            self.list.takeTopLevelItem(self.list.topLevelItemCount() - 1)
        while self.list.topLevelItemCount() < len(rows):
            self.list.addTopLevelItem(QTreeWidgetItem())
        for item, row in zip(self._items(), rows, strict=True):
            self._fill(item, row, marked=row.person in marked)
        self._filling = False
        self._stack.setCurrentIndex(1 if rows else 0)

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
        for name, symbol, _ in DEEDS:
            self._buttons[name].setIcon(icon(symbol, colours.text, faded=colours.border))

    def _deeds(self, actions: Actions) -> QGridLayout:
        grid = QGridLayout()
        grid.setSpacing(4)
        for place, (name, _, words) in enumerate(DEEDS):
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
        hidden = row.person in self._style.hidden
        item.setFlags(item.flags() | Qt.ItemFlag.ItemIsEditable)
        item.setData(NUMBER, Qt.ItemDataRole.UserRole, row.person)
        item.setIcon(NUMBER, _swatch(person_colour(row.person), hollow=hidden))
        item.setText(NUMBER, str(row.person))
        item.setText(NAME, self._style.names.get(row.person, ""))
        item.setText(SEEN, f"{row.seen_s:.1f} s")
        item.setText(FROM, f"{row.first_s:.1f} s")
        item.setToolTip(NAME, "Double-click to rename")
        item.setToolTip(SEEN, f"Seen for {row.seen_s:.2f} s, between {row.first_s:.2f} s and {row.last_s:.2f} s")
        colour = QColor(tokens().muted if hidden else tokens().text)
        for column in (NUMBER, NAME, SEEN, FROM):
            item.setForeground(column, colour)
        item.setSelected(marked)

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
        name = item.text(NAME).strip()
        if name != self._style.names.get(person, ""):
            self.renamed.emit(person, name)


def _person_of(item: QTreeWidgetItem) -> int:
    return int(item.data(NUMBER, Qt.ItemDataRole.UserRole))


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
    icon_of_person = QIcon(picture)
    icon_of_person.addPixmap(picture, QIcon.Mode.Selected)  # else a marked row would tint it
    return icon_of_person
