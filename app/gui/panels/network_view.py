"""What the network sees: the heatmaps of all joints and the answer of each pyramid branch for the selected person."""

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.gui.look.theme import as_panel, small_font, tokens
from app.gui.picture.qt_canvas import rgba_qimage
from ppnet.network_view import Insight
from tracking.drawing.colors import heat_colors

GAP = 6


def heat_image(values: npt.NDArray[np.float32]) -> QImage:
    """(h, w) values 0..1 as colours."""
    return rgba_qimage(heat_colors(values))


class NetworkViewPanel(QWidget):
    """Draws an `Insight`; says what to do while there is none."""

    def __init__(self) -> None:
        super().__init__()
        as_panel(self)
        self.setAccessibleName("Network view")
        self.words = "Switch on “Network view” (Shift+A) and select a person."
        self._maps: list[tuple[str, QImage]] = []
        self._branches: list[list[QImage]] = []

    def show_words(self, words: str) -> None:
        """Says something instead of the maps."""
        self.words, self._maps, self._branches = words, [], []
        self.update()

    def show_insight(self, insight: Insight) -> None:
        """The maps of the first person."""
        peak = max(float(insight.heatmaps[0].max()), 1e-6)
        names = [name.replace("left_", "l. ").replace("right_", "r. ") for name in insight.skeleton.keypoints]
        self._maps = [
            (name, heat_image(heatmap / peak)) for name, heatmap in zip(names, insight.heatmaps[0], strict=True)
        ]
        self._branches = [[heat_image(branch) for branch in module] for module in insight.branches]
        self.update()

    @property
    def map_count(self) -> int:
        """How many joints are shown."""
        return len(self._maps)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(event.rect(), QColor(tokens().panel))
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setFont(small_font(self.font(), step=-1.5))
        painter.setPen(QColor(tokens().muted))
        if not self._maps:
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.words)
            return
        across = self._paint_branches(painter, left=12.0)
        self._paint_joints(painter, left=across + 18)

    def _paint_branches(self, painter: QPainter, *, left: float) -> float:
        if not self._branches:
            return left
        columns = max(len(module) for module in self._branches)
        rows = len(self._branches)
        height = (self.height() - 30 - GAP * (rows - 1)) / rows
        width = height * 0.75
        for row, module in enumerate(self._branches):
            for column, image in enumerate(module):
                place = QRectF(left + column * (width + GAP), 22 + row * (height + GAP), width, height)
                painter.drawImage(place, image)
                if row == 0:
                    words = "full" if column == 0 else f"1/{2**column}"
                    painter.drawText(QRectF(place.left(), 4, width, 16), Qt.AlignmentFlag.AlignLeft, words)
        return left + columns * (width + GAP)

    def _paint_joints(self, painter: QPainter, *, left: float) -> None:
        """As many rows as make the maps largest."""
        room_w, room_h = self.width() - left - 12, self.height() - 8
        best = max(range(1, 5), key=lambda rows: self._map_height(rows, room_w, room_h))
        height = self._map_height(best, room_w, room_h)
        columns = -(-len(self._maps) // best)
        for index, (name, image) in enumerate(self._maps):
            x = left + (index % columns) * (height * 0.75 + GAP)
            y = 4 + (index // columns) * (height + 16 + GAP)
            painter.drawText(QRectF(x, y, height * 0.75 + GAP, 16), Qt.AlignmentFlag.AlignLeft, name)
            painter.drawImage(QRectF(x, y + 16, height * 0.75, height), image)

    def _map_height(self, rows: int, room_w: float, room_h: float) -> float:
        columns = -(-len(self._maps) // rows)
        return max(min(room_h / rows - 16 - GAP, (room_w / columns - GAP) / 0.75), 1.0)
