"""All keys in one list; each can be changed, and put back."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QKeySequenceEdit,
    QLabel,
    QLineEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.gui.commands.actions import COMMANDS, MENUS, command
from app.gui.keyboard_focus import SideWindow

Keys = dict[str, tuple[str, ...]]


class ShortcutsDialog(SideWindow):
    """Emits `keysChanged` with the changed keys only, at once."""

    keysChanged = Signal(dict)

    def __init__(self, changed: Keys, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keyboard shortcuts")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(560, 620)
        self.changed: Keys = dict(changed)
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._filter)
        self._groups: list[QTreeWidgetItem] = []
        self.list = QTreeWidget()
        self.list.setHeaderLabels(["What", "Keys"])
        self.list.setUniformRowHeights(True)
        self.list.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.list.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.list.header().setStretchLastSection(False)
        self.list.currentItemChanged.connect(lambda _now, _before: self._show_chosen())
        self.edit = QKeySequenceEdit()
        self.edit.setMaximumSequenceLength(1)
        self.edit.setClearButtonEnabled(True)
        self.use = QPushButton("Use this key")
        self.use.clicked.connect(self._use)
        self.default = QPushButton("Default")
        self.default.clicked.connect(self._default)
        self.note = QLabel("Select a command, press a key in the field, then click “Use this key”.")
        self.note.setWordWrap(True)
        self.note.setProperty("muted", True)
        row = QHBoxLayout()
        for part in (self.edit, self.use, self.default):
            row.addWidget(part)
        buttons = QDialogButtonBox()
        all_default = buttons.addButton("Reset all", QDialogButtonBox.ButtonRole.ResetRole)
        all_default.clicked.connect(self._all_default)
        close = buttons.addButton("Close", QDialogButtonBox.ButtonRole.RejectRole)
        close.clicked.connect(self.close)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 14)
        column.addWidget(self.search)
        column.addWidget(self.list, 1)
        column.addLayout(row)
        column.addWidget(self.note)
        column.addWidget(buttons)
        self._fill()

    def keys_of(self, name: str) -> tuple[str, ...]:
        """The keys of a command as they are now."""
        return self.changed.get(name, command(name).keys)

    def set_keys(self, name: str, keys: tuple[str, ...]) -> str:
        """Gives a command these keys; whoever had one of them loses it. Returns words about that."""
        lost = []
        for other in COMMANDS:
            if other.name != name and (taken := set(self.keys_of(other.name)) & set(keys)):
                self._store(other.name, tuple(key for key in self.keys_of(other.name) if key not in taken))
                lost.append(other.words.rstrip("…"))
        self._store(name, keys)
        self.keysChanged.emit(dict(self.changed))
        self._refresh()
        return f"“{', '.join(lost)}” no longer has this key." if lost else "Changed."

    def _store(self, name: str, keys: tuple[str, ...]) -> None:
        if keys == command(name).keys:
            self.changed.pop(name, None)
        else:
            self.changed[name] = keys

    def _fill(self) -> None:
        for menu in MENUS:
            group = QTreeWidgetItem([menu])
            group.setFlags(Qt.ItemFlag.ItemIsEnabled)
            font = group.font(0)
            font.setBold(True)
            group.setFont(0, font)
            self.list.addTopLevelItem(group)
            self._groups.append(group)
            for entry in COMMANDS:
                if entry.menu == menu:
                    item = QTreeWidgetItem([entry.words.rstrip("…")])
                    item.setData(0, Qt.ItemDataRole.UserRole, entry.name)
                    item.setToolTip(0, entry.tip)
                    group.addChild(item)
            group.setExpanded(True)
        self._refresh()

    def _refresh(self) -> None:
        for group in self._groups:
            for item in _children(group):
                name = item.data(0, Qt.ItemDataRole.UserRole)
                item.setText(1, ",  ".join(QKeySequence(key).toString() for key in self.keys_of(name)))
                font = item.font(1)
                font.setBold(name in self.changed)
                item.setFont(1, font)

    def _filter(self, words: str) -> None:
        for group in self._groups:
            shown = 0
            for item in _children(group):
                fits = words.lower() in (item.text(0) + " " + item.text(1)).lower()
                item.setHidden(not fits)
                shown += fits
            group.setHidden(shown == 0)

    def _chosen(self) -> str | None:
        item = self.list.currentItem()
        return item.data(0, Qt.ItemDataRole.UserRole) if item is not None else None

    def _show_chosen(self) -> None:
        name = self._chosen()
        for part in (self.edit, self.use, self.default):
            part.setEnabled(name is not None)
        keys = self.keys_of(name) if name else ()
        self.edit.setKeySequence(QKeySequence(keys[0]) if keys else QKeySequence())

    def _use(self) -> None:
        name, key = self._chosen(), self.edit.keySequence().toString()
        if name is not None:
            self.note.setText(self.set_keys(name, (key,) if key else ()))

    def _default(self) -> None:
        if (name := self._chosen()) is not None:
            self.note.setText(self.set_keys(name, command(name).keys))
            self._show_chosen()

    def _all_default(self) -> None:
        self.changed.clear()
        self.keysChanged.emit({})
        self._refresh()
        self._show_chosen()
        self.note.setText("All shortcuts were reset.")


def _children(group: QTreeWidgetItem) -> list[QTreeWidgetItem]:
    found = (group.child(row) for row in range(group.childCount()))
    return [item for item in found if item is not None]
