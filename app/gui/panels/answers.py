"""The page of answers: each person's steps, jumps and repetitions; a click on one goes there."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QStackedLayout,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.gui.look.theme import as_panel
from tracking.answers.answers import Answers, event_rows, summary_rows
from tracking.answers.table import phrase_of, words_of

WHAT, VALUE, WHEN = range(3)
TIME = Qt.ItemDataRole.UserRole
NOTHING = "No steps, jumps, squats or push-ups were found."
HINT = "For everyone. Click an event to go there."
HINT_PART = "For everyone, between the in and out points. Click an event to go there."


class AnswersPanel(QWidget):
    """A tree: people, their summary, their events. `shown` tells that the page came into view."""

    shown = Signal()
    timeWanted = Signal(float)
    saveTable = Signal()
    saveReport = Signal(str)  # the ending of its file

    def __init__(self) -> None:
        super().__init__()
        as_panel(self)
        self.tree = QTreeWidget()
        self.tree.setAccessibleName("Steps, jumps and repetitions")
        self.tree.setHeaderLabels(["What", "Value", "When"])
        self.tree.setUniformRowHeights(True)
        for column in (WHAT, VALUE, WHEN):
            self.tree.header().setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        self.tree.itemClicked.connect(self._go)
        self.tree.itemActivated.connect(self._go)
        self.note = QLabel(NOTHING)
        self.note.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.note.setProperty("muted", True)
        self.note.setWordWrap(True)
        self.table, self.report, self.page = (
            QPushButton(f"Save {what}") for what in ("table", "report", "report as PNG")
        )
        self.table.setToolTip("Every number as CSV")
        self.report.setToolTip("One page about the chosen person, with curves and pictures, as PDF")
        self.page.setToolTip("The same page as a picture")
        self.table.clicked.connect(self.saveTable)
        self.report.clicked.connect(lambda: self.saveReport.emit(".pdf"))
        self.page.clicked.connect(lambda: self.saveReport.emit(".png"))
        buttons = QHBoxLayout()
        self.hint = QLabel(HINT)
        self.hint.setProperty("muted", True)
        buttons.addWidget(self.hint)
        buttons.addStretch(1)
        for button in (self.table, self.page, self.report):
            buttons.addWidget(button)
        self._stack = QStackedLayout()
        self._stack.addWidget(self.note)
        self._stack.addWidget(self.tree)
        page = QVBoxLayout(self)
        page.setContentsMargins(8, 6, 8, 4)
        page.setSpacing(4)
        page.addLayout(buttons)
        page.addLayout(self._stack, 1)
        self.show_answers((), NOTHING)

    def show_answers(self, everybody: Sequence[Answers], note: str = NOTHING, *, hint: str = HINT) -> None:
        """Fills the page; note: what is said where nobody did anything."""
        self.hint.setText(hint)
        self.tree.clear()
        found = [answers for answers in everybody if not answers.is_empty]
        for answers in found:
            self._add_person(answers)
        self.note.setText(note)
        self._stack.setCurrentIndex(1 if found else 0)
        for button in (self.table, self.page, self.report):
            button.setEnabled(bool(found))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.shown.emit()

    def _add_person(self, answers: Answers) -> None:
        person = QTreeWidgetItem([answers.name])
        self.tree.addTopLevelItem(person)
        for row in summary_rows(answers):
            QTreeWidgetItem(person, [f"{row.quantity} {row.side}".strip().capitalize(), words_of(row)])
        events = event_rows(answers)
        for kind in dict.fromkeys(row.event for row in events):
            own = [row for row in events if row.event == kind]
            parent = QTreeWidgetItem(person, [f"Each {kind}"])
            for number in dict.fromkeys(row.number for row in own):
                rows = [row for row in own if row.number == number]
                values = ", ".join(phrase_of(row) for row in rows)
                item = QTreeWidgetItem(parent, [f"{number}  {rows[0].side}".strip(), values, f"{rows[0].time_s:.2f} s"])
                item.setData(WHAT, TIME, rows[0].time_s)
        person.setExpanded(True)

    def _go(self, item: QTreeWidgetItem) -> None:
        time_s = item.data(WHAT, TIME)
        if time_s is not None:
            self.timeWanted.emit(float(time_s))
