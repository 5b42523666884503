"""What a batch writes of each file besides its session: tables, videos and further formats."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from app.gui.look.staying_menu import StayingMenu
from app.runs.further_formats import FORMATS
from app.runs.outputs import Wanted
from tracking.drawing.style import PictureLayers
from tracking.export.formats import EXPORTS


class BatchOutputs(QWidget):
    """A box for each of the two that are usual, and a menu of the others, which stays open while one chooses."""

    def __init__(self) -> None:
        super().__init__()
        self.table, self.video = QCheckBox("Table (CSV)"), QCheckBox("Video with skeletons")
        self.more, self.menu = QToolButton(), StayingMenu(self)
        for name in FORMATS:
            action = self.menu.addAction(EXPORTS[name].title)
            action.setData(name)
            action.setCheckable(True)
            action.setToolTip(EXPORTS[name].explanation)
            action.toggled.connect(lambda _on: self._tell())
        self.menu.setToolTipsVisible(True)
        self.more.setMenu(self.menu)
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.more.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.chosen = QLabel()
        self.chosen.setWordWrap(True)
        self.chosen.setProperty("muted", True)
        column, row = QVBoxLayout(self), QHBoxLayout()
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(row)
        column.addWidget(self.chosen)
        row.addWidget(QLabel("For each file, besides its session, write:"))
        for part in (self.table, self.video):
            part.setChecked(True)
            row.addWidget(part)
        row.addWidget(self.more)
        row.addStretch(1)
        self._tell()

    @property
    def formats(self) -> tuple[str, ...]:
        """Names of the further formats that are wanted."""
        return tuple(action.data() for action in self.menu.actions() if action.isChecked())

    def wanted(self, layers: PictureLayers) -> Wanted:
        """The choice; layers: what is drawn in videos."""
        return Wanted(video=self.video.isChecked(), table=self.table.isChecked(), layers=layers, formats=self.formats)

    def _tell(self) -> None:
        self.more.setText(f"More formats: {len(self.formats)}" if self.formats else "More formats")
        titles = [EXPORTS[name].title for name in self.formats]
        self.more.setToolTip("\n".join(titles) or "DeepLabCut, SLEAP, angles, methods section and others")
        self.chosen.setText(f"Also: {'; '.join(titles)}")
        self.chosen.setVisible(bool(titles))
