"""A question under the list of people: may two numbers be one person?"""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout

from app.workspace.faces import SamePerson


class SamePersonQuestion(QFrame):
    """Hidden while there is nothing to ask."""

    agreed = Signal(object)  # SamePerson
    refused = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._asked: SamePerson | None = None
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.yes, self.no = QPushButton("Same person"), QPushButton("No")
        self.yes.setToolTip("Merge them under the lower number; can be undone")
        self.no.setToolTip("They are two people; don't ask again")
        self.yes.clicked.connect(lambda: self.agreed.emit(self._asked))
        self.no.clicked.connect(lambda: self.refused.emit(self._asked))
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.no)
        buttons.addWidget(self.yes)
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 6, 6, 6)
        column.addWidget(self.words)
        column.addLayout(buttons)
        self.ask(None, "", "")

    def ask(self, one: SamePerson | None, lost: str, new: str) -> None:
        """Asks about two people, by what they are called; None: nothing."""
        self._asked = one
        self.setVisible(one is not None)
        if one is not None:
            self.words.setText(
                f"{new} looks and moves like {lost}, who was lost {one.away_s:.1f} s before. The same person?"
            )
