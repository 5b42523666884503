"""What the window alone paints over the picture, and no recording shows: notes, the legend, the region, a drag."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPen

from app.gui.picture.view_transform import ViewTransform
from tracking.drawing.colors import SIDE_COLORS

MARGIN, GAP = 12, 4
GROUND = QColor(12, 14, 18, 185)
INK = QColor("#f2f4f8")
TOOL = QColor("#ffe066")


def paint_words(
    painter: QPainter, stage: QRect, words: str, *, plates: Sequence[QRect] = (), last: QRect | None = None
) -> QRect:
    """Lines of text on a dark plate, top left, long ones broken; gives back where it stands.

    plates: people's numbers, which it doesn't cover where there is room below them. last: where it stood, and stands
    as long as its size is the same, no number comes there and the stage holds it.
    """
    widest, wrapped = stage.adjusted(0, 0, -2 * (MARGIN + 9), 0), Qt.TextFlag.TextWordWrap
    room = painter.fontMetrics().boundingRect(widest, wrapped, words).adjusted(-9, -5, 9, 5)
    room.moveTopLeft(stage.topLeft() + QPoint(MARGIN, MARGIN))
    lowest = stage.bottom() - legend_height(painter.fontMetrics())

    def is_free(place: QRect) -> bool:
        return place.bottom() < lowest and not any(place.intersects(plate) for plate in plates)

    if last is not None and last.size() == room.size() and is_free(last):
        room = last
    else:
        lower = QRect(room)
        while under := [plate.bottom() for plate in plates if plate.intersects(lower)]:
            lower.moveTop(max(under) + GAP)
        room = lower if lower.bottom() < lowest else room
    _plate(painter, room)
    painter.drawText(room.adjusted(9, 5, -9, -5), wrapped, words)
    return room


def legend_height(metrics: QFontMetrics) -> int:
    """How much of the picture's lower edge the legend takes, in widget points."""
    return MARGIN + metrics.height() + 8


def paint_legend(painter: QPainter, stage: QRect, *, sides: bool, dashes: bool) -> QRect:
    """Which colour is which side of the body, and what dashes say, bottom left; gives back where it stands."""
    metrics = painter.fontMetrics()
    signs = {"their left": "left", "their right": "right"} if sides else {}
    signs |= {"dashed: not seen in this picture": ""} if dashes else {}
    widths = [metrics.horizontalAdvance(words) + 26 + 12 * (not side) for words, side in signs.items()]
    room = QRect(0, 0, sum(widths) + 8, metrics.height() + 8)
    room.moveBottomLeft(stage.bottomLeft() + QPoint(MARGIN, -MARGIN))
    _plate(painter, room)
    x, y = room.left() + 8, room.center().y() + 0.5
    for (words, side), width in zip(signs.items(), widths, strict=True):
        start = x + 14
        if side:
            painter.setBrush(QColor(*SIDE_COLORS[side]))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.drawEllipse(QPointF(x + 5, y), 5, 5)
        else:
            start += 12
            painter.setPen(QPen(INK, 2.0))
            for dash in range(3):
                painter.drawLine(QPointF(x + 8 * dash, y), QPointF(x + 8 * dash + 5, y))
        painter.setPen(INK)
        painter.drawText(QRect(start, room.top(), width, room.height()), Qt.AlignmentFlag.AlignVCenter, words)
        x += width
    return room


def paint_region(painter: QPainter, region: tuple[float, float, float, float], transform: ViewTransform) -> None:
    """The part of the picture (x1, y1, x2, y2 in image pixels) in which people are looked for."""
    (x1, y1), (x2, y2) = transform.to_widget([(region[0], region[1]), (region[2], region[3])])
    frame = QRectF(QPointF(x1, y1), QPointF(x2, y2))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(0, 0, 0, 140), 3.0))
    painter.drawRect(frame)
    painter.setPen(QPen(TOOL, 1.5, Qt.PenStyle.DashLine))
    painter.drawRect(frame)


def paint_drag(painter: QPainter, start: QPointF, end: QPointF, *, is_line: bool) -> None:
    """The line or frame that is being drawn."""
    painter.setPen(QPen(TOOL, 2.0, Qt.PenStyle.DashLine))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if is_line:
        painter.drawLine(start, end)
    else:
        painter.drawRect(QRectF(start, end).normalized())


def paint_handles(painter: QPainter, spots: npt.NDArray[np.float64]) -> None:
    """Small discs (P, 2), widget points, that can be dragged."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(0, 0, 0, 200), 1.5))
    painter.setBrush(INK)
    for x, y in spots.tolist():
        painter.drawEllipse(QPointF(x, y), 4.5, 4.5)


def _plate(painter: QPainter, room: QRect) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(GROUND)
    painter.drawRoundedRect(room, 6, 6)
    painter.setPen(INK)
