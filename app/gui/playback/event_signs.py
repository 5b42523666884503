"""What events are called, and what stands for them on the timeline."""

from collections.abc import Mapping

from PySide6.QtCore import QLineF, QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap, QPolygonF

from app.gui.look.theme import tokens
from tracking.events import Event, EventKind

REACH = 8  # pixels by which signs stand out beside their moment


def event_words(event: Event, names: Mapping[int, str]) -> str:
    """What happened, in words."""
    who = names.get(event.track_id, f"Person {event.track_id}")
    if event.kind is EventKind.CROSSING and event.other_id is not None:
        other = names.get(event.other_id, f"person {event.other_id}")
        return f"{who} and {other} cross: check that they kept their numbers"
    return {
        EventKind.BIRTH: f"{who} appears",
        EventKind.END: f"{who} leaves",
        EventKind.GAP: f"{who} is lost for a while",
        EventKind.LOW_CONFIDENCE: f"{who} is uncertain here",
    }.get(event.kind, who)


def event_sign(kind: EventKind, pixel_ratio: float) -> QPixmap:
    """What stands for an event, in the middle of a picture of twice `REACH`: drawn once, put down in many places."""
    side = round(2 * REACH * pixel_ratio)
    picture = QPixmap(side, side)
    picture.setDevicePixelRatio(pixel_ratio)
    picture.fill(Qt.GlobalColor.transparent)
    painter, colours = QPainter(picture), tokens()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(REACH, REACH)
    painter.setPen(QPen(QColor(colours.panel), 1.2))
    if kind is EventKind.CROSSING:
        painter.setPen(QPen(QColor(colours.danger), 2.2))
        painter.drawLines([QLineF(-4, -4, 4, 4), QLineF(-4, 4, 4, -4)])
    elif kind is EventKind.BIRTH:
        painter.setBrush(QColor(colours.good))
        painter.drawPolygon(QPolygonF([QPointF(-4, -5), QPointF(4, 0), QPointF(-4, 5)]))
    elif kind in (EventKind.GAP, EventKind.LOW_CONFIDENCE):
        painter.setBrush(QColor(colours.warning))
        painter.drawEllipse(QPointF(0, 0), 4, 4)
    painter.end()
    return picture
