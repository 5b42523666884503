"""One lane for each person: where they were seen, lost or uncertain, and marks where something happened to ids."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from itertools import pairwise

from PySide6.QtCore import QEvent, QLineF, QPoint, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFontMetrics,
    QHelpEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QPolygonF,
    QWheelEvent,
)
from PySide6.QtWidgets import QToolTip, QWidget

from app.gui.look.theme import fill_scrolled, person_colour, small_font, tokens
from app.gui.panels.graph_style import CLOSEST_S
from app.gui.playback.event_signs import REACH, event_sign, event_words
from tracking.drawing.style import PeopleStyle
from tracking.events import Event, EventKind, FrameSpan, Lane
from tracking.session.edits import SetMark
from tracking.time_span import ALL_TIME, TimeSpan

LANE = 24
HEAD = 22
FLAGS = 16
NAMES = 96
FLAG_WIDTH = 128
NEAR = 3  # pixels; of signs of a kind in one lane that are nearer, one is drawn


class Lanes(QWidget):
    """The drawing: times along, people down.

    Only what is in view, and of that only what has changed, is drawn: in hours of a camera people are many.
    """

    timeWanted = Signal(float)
    personWanted = Signal(int)
    flagNamed = Signal(object)  # SetMark: a double click on it

    def __init__(self) -> None:
        super().__init__()
        self.setMouseTracking(True)
        self.setAccessibleName("Timeline of people")
        self.lanes: tuple[Lane, ...] = ()
        self.marks: tuple[Event, ...] = ()
        self.flags: tuple[SetMark, ...] = ()
        self.inside = ALL_TIME
        self.style_of_people = PeopleStyle()
        self._span = (0.0, 1.0)
        self._full = (0.0, 1.0)
        self._now_s = 0.0
        self._nobody = ""
        self._rows: dict[int, int] = {}  # of the people

    def show_lanes(self, lanes: Sequence[Lane], marks: Sequence[Event]) -> None:
        """New contents."""
        if (tuple(lanes), tuple(marks)) == (self.lanes, self.marks):
            return
        self.lanes, self.marks = tuple(lanes), tuple(marks)
        self._rows = {lane.track_id: row for row, lane in enumerate(self.lanes)}
        self._fit()

    def show_nobody(self, words: str) -> None:
        """What is said where there are no lanes."""
        if words != self._nobody:
            self._nobody = words
            self.update()

    def show_flags(self, flags: Sequence[SetMark], inside: TimeSpan) -> None:
        """The marks that people set, and their in and out point."""
        self.flags, self.inside = tuple(flags), inside
        self._fit()

    def show_span(self, start_s: float, end_s: float) -> None:
        """The whole time there is; keeps the zoom while what is shown is a part of it."""
        if (start_s, end_s) != self._full:
            follows = self._span == self._full
            self._full = (start_s, max(end_s, start_s + 0.1))
            if follows or not (self._span[0] < self._full[1] and self._full[0] < self._span[1]):
                self._span = self._full
            self.update()

    @property
    def span_s(self) -> tuple[float, float]:
        """What is shown of it."""
        return self._span

    def show_now(self, time_s: float) -> None:
        """Where the picture is."""
        if time_s != self._now_s:
            before_s, self._now_s = self._now_s, time_s
            for moment in (before_s, time_s):
                self.update(QRect(round(self._x(moment)) - REACH, 0, 2 * REACH, self.height()))

    def zoom(self, factor: float, time_s: float) -> None:
        """Enlarges around a moment."""
        (start, end), (low, high) = self._span, self._full
        time_s = min(max(time_s, start), end)  # beside the lanes, too, the wheel is turned
        factor = min(factor, max((end - start) / CLOSEST_S, 1))
        start, end = time_s - (time_s - start) / factor, time_s + (end - time_s) / factor
        self._span = (low, high) if end - start >= high - low else (max(start, low), min(end, high))
        self.update()

    @property
    def _top(self) -> float:
        """Where the lanes begin: below the ruler, and below the row of flags where there are any."""
        return HEAD + FLAGS if self.flags else HEAD

    def _fit(self) -> None:
        self.setMinimumHeight(round(self._top) + LANE * len(self.lanes) + 6)
        self.update()

    # Drawing

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(event.rect(), QColor(tokens().panel))
        self._paint_ruler(painter)
        if not self.lanes:
            painter.setPen(QColor(tokens().muted))
            painter.drawText(
                self.rect().adjusted(0, round(self._top), 0, 0),
                Qt.AlignmentFlag.AlignCenter,
                self._nobody,
            )
        rows, times_s = self._within(event.rect())
        for row in rows:
            self._paint_lane(painter, row, times_s)
        sign = cache(partial(event_sign, pixel_ratio=self.devicePixelRatioF()))
        for mark in self._marks_in(rows, times_s):
            self._paint_mark(painter, mark, sign)
        self._paint_outside(painter)
        for flag in self.flags:
            self._paint_flag(painter, flag)
        self._paint_now(painter)

    def _within(self, place: QRect) -> tuple[range, tuple[float, float]]:
        """Rows of the lanes, and first and last moment, that may be seen in a part of the drawing."""
        first, last = ((y - self._top) // LANE for y in (place.top(), place.bottom()))
        rows = range(max(int(first), 0), min(int(last) + 1, len(self.lanes)))
        return rows, (self._time(max(place.left(), NAMES) - REACH), self._time(place.right() + REACH))

    def _marks_in(self, rows: range, times_s: tuple[float, float]) -> Iterator[Event]:
        """Those to be drawn: of a kind that lie so near to each other that they can't be told apart, the first."""
        first = bisect_left(self.marks, times_s[0], key=lambda mark: mark.time_s)
        after = bisect_right(self.marks, times_s[1], key=lambda mark: mark.time_s)
        taken = set()
        for mark in self.marks[first:after]:
            place = mark.kind, self._rows.get(mark.track_id), self._x(mark.time_s) // NEAR
            if place[1] in rows and place not in taken:
                taken.add(place)
                yield mark

    def _paint_outside(self, painter: QPainter) -> None:
        """Fades what lies before the in point and after the out point."""
        veil = QColor(tokens().panel)
        veil.setAlphaF(0.72)
        start_s, end_s = self.inside.start_s, self.inside.end_s
        left = NAMES if start_s is None else min(max(self._x(start_s), NAMES), self.width())
        right = self.width() if end_s is None else min(max(self._x(end_s), NAMES), self.width())
        for x, width in ((NAMES, left - NAMES), (right, self.width() - right)):
            painter.fillRect(QRectF(x, self._top, width, self.height() - self._top), veil)
        painter.setPen(QPen(QColor(tokens().accent), 2))
        for time_s, way in ((start_s, 1), (end_s, -1)):
            if time_s is not None and NAMES <= (x := self._x(time_s)) <= self.width():
                painter.drawLine(QPointF(x, HEAD - 3), QPointF(x, self.height()))  # below the times of the ruler
                painter.drawLine(QPointF(x, HEAD - 3), QPointF(x + 5 * way, HEAD - 3))

    def _paint_flag(self, painter: QPainter, flag: SetMark) -> None:
        place = self.flag_place(flag)
        if place.isEmpty():
            return
        colours = tokens()
        x = place.left()
        painter.setPen(QPen(QColor(colours.warning), 1.2))
        painter.drawLine(QPointF(x, place.top()), QPointF(x, self.height()))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.warning))
        painter.drawRoundedRect(place, 2, 2)
        painter.setPen(QColor("#10141b"))
        painter.setFont(small_font(self.font(), step=-1.5))
        words = QFontMetrics(painter.font()).elidedText(flag.name, Qt.TextElideMode.ElideRight, int(place.width()) - 7)
        painter.drawText(place.adjusted(4, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, words)

    def flag_place(self, flag: SetMark) -> QRectF:
        """Where the name of a mark stands, cut short where the next one begins; empty outside of what is shown."""
        x = self._x(flag.time_s)
        if not NAMES <= x <= self.width():
            return QRectF()
        metrics = QFontMetrics(small_font(self.font(), step=-1.5))
        next_s = min((other.time_s for other in self.flags if other.time_s > flag.time_s), default=math.inf)
        room = self._x(next_s) - x - 2 if next_s < math.inf else FLAG_WIDTH
        return QRectF(x, HEAD, max(min(metrics.horizontalAdvance(flag.name) + 8, FLAG_WIDTH, room), 3), FLAGS - 2)

    def flag_at(self, point: QPoint) -> SetMark | None:
        """The mark whose name is under a point."""
        return next((flag for flag in reversed(self.flags) if self.flag_place(flag).contains(QPointF(point))), None)

    def _paint_ruler(self, painter: QPainter) -> None:
        colours = tokens()
        painter.setFont(small_font(self.font(), step=-1.5))
        for x, place, words in self.ruler():
            painter.setPen(QPen(QColor(colours.border), 1))
            painter.drawLine(QPointF(x, HEAD - 4), QPointF(x, self.height()))
            painter.setPen(QColor(colours.muted))
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, words)

    def ruler(self) -> Iterator[tuple[float, QRectF, str]]:
        """Lines of the ruler, with the place and words of the time beside each: to its left where there is no room."""
        metrics = QFontMetrics(small_font(self.font(), step=-1.5))
        start, end = self._span
        step = next((s for s in (0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300, 600, 3600) if (end - start) / s <= 12), 3600)
        moment = step * (start // step)
        while moment <= end:
            if moment >= start - 1e-9:
                x, words = self._x(moment), _ruler_text(moment, step)
                width = metrics.horizontalAdvance(words)
                left = x + 3 if x + 3 + width <= self.width() else x - 3 - width
                yield x, QRectF(left, 0, width, HEAD - 4), words
            moment += step

    def _paint_lane(self, painter: QPainter, row: int, times_s: tuple[float, float]) -> None:
        lane, colours = self.lanes[row], tokens()
        top = self._top + LANE * row
        hidden = lane.track_id in self.style_of_people.hidden
        if lane.track_id == self.style_of_people.chosen:
            painter.fillRect(QRectF(0, top, self.width(), LANE), QColor(colours.raised))
        painter.setFont(small_font(self.font(), step=-0.5))
        painter.setPen(QColor(colours.muted if hidden else colours.text))
        name = self.style_of_people.names.get(lane.track_id, "")
        words = f"{lane.track_id}  {name}".rstrip()
        words = QFontMetrics(painter.font()).elidedText(words, Qt.TextElideMode.ElideRight, NAMES - 30)
        painter.drawText(QRectF(24, top, NAMES - 26, LANE), Qt.AlignmentFlag.AlignVCenter, words)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(person_colour(lane.track_id))
        painter.drawRoundedRect(QRectF(9, top + LANE / 2 - 5, 10, 10), 3, 3)
        painter.save()
        painter.setClipRect(QRectF(NAMES, 0, self.width() - NAMES, self.height()))
        self._paint_spans(painter, top, lane, times_s, faded=hidden)
        painter.restore()

    def _paint_spans(
        self, painter: QPainter, top: float, lane: Lane, times_s: tuple[float, float], *, faded: bool
    ) -> None:
        middle, colour = top + LANE / 2, person_colour(lane.track_id)
        seen = _spans_in(lane.seen, times_s)
        painter.setPen(QPen(colour, 1.4, Qt.PenStyle.DotLine))
        bars = list(self._bars(seen))
        painter.drawLines([QLineF(before[1], middle, after[0], middle) for before, after in pairwise(bars)])
        painter.setPen(Qt.PenStyle.NoPen)
        colour = QColor(colour)
        colour.setAlphaF(0.3 if faded else 0.95)
        painter.setBrush(colour)
        for left, right in bars:
            painter.drawRoundedRect(QRectF(left, top + 6, max(right - left, 2.0), LANE - 12), 3, 3)
        painter.setBrush(QBrush(QColor(tokens().panel), Qt.BrushStyle.BDiagPattern))
        for left, right in self._bars(_spans_in(lane.uncertain, times_s)):
            painter.drawRect(QRectF(left, top + 6, max(right - left, 2.0), LANE - 12))

    def _bars(self, spans: Sequence[FrameSpan]) -> Iterator[tuple[float, float]]:
        """From where to where spans are drawn: those with less than a pixel between them as one."""
        first_x = last_x = -math.inf
        for span in spans:
            left, right = self._x(span.start_s), self._x(span.end_s)
            if left - last_x >= 1:
                if first_x > -math.inf:
                    yield first_x, last_x
                first_x = left
            last_x = right
        if first_x > -math.inf:
            yield first_x, last_x

    def _paint_mark(self, painter: QPainter, mark: Event, sign: Callable[[EventKind], QPixmap]) -> None:
        spot = self._spot(mark)
        if spot is not None:
            painter.drawPixmap(QPoint(round(spot.x()) - REACH, round(spot.y()) - REACH), sign(mark.kind))

    def _paint_now(self, painter: QPainter) -> None:
        x = self._x(self._now_s)
        if x < NAMES:
            return
        painter.setPen(QPen(QColor(tokens().text), 1.4))
        painter.drawLine(QPointF(x, HEAD - 4), QPointF(x, self.height()))
        painter.setBrush(QColor(tokens().text))
        painter.drawPolygon(QPolygonF([QPointF(x - 5, HEAD - 8), QPointF(x + 5, HEAD - 8), QPointF(x, HEAD - 1)]))

    # Places

    def _x(self, time_s: float) -> float:
        start, end = self._span
        return NAMES + (self.width() - NAMES - 12) * (time_s - start) / (end - start)

    def _time(self, x: float) -> float:
        start, end = self._span
        return start + (end - start) * (x - NAMES) / max(self.width() - NAMES - 12, 1)

    def _spot(self, mark: Event) -> QPointF | None:
        row = self._rows.get(mark.track_id)
        x = self._x(mark.time_s)
        return QPointF(x, self._top + LANE * (row + 0.5)) if row is not None and x >= NAMES else None

    def mark_at(self, point: QPoint) -> Event | None:
        """The mark under a point."""
        for mark in reversed(self.marks):
            spot = self._spot(mark)
            if spot is not None and (spot - QPointF(point)).manhattanLength() < 9:
                return mark
        return None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        row = int((event.position().y() - self._top) // LANE)
        if row >= 0 and row < len(self.lanes):
            self.personWanted.emit(self.lanes[row].track_id)
        self._go(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._go(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        flag = self.flag_at(event.position().toPoint())
        if flag is not None:
            self.flagNamed.emit(flag)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoom(1.25 ** (event.angleDelta().y() / 120), self._time(event.position().x()))
            event.accept()
        else:
            event.ignore()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            mark, flag = self.mark_at(event.pos()), self.flag_at(event.pos())
            words = event_words(mark, self.style_of_people.names) if mark else ""
            words = f"{flag.name}: {flag.time_s:.2f} s. Double-click to rename" if flag else words
            QToolTip.showText(event.globalPos(), words, self)
            return True
        return super().event(event)

    def _go(self, event: QMouseEvent) -> None:
        if event.position().x() >= NAMES:
            low, high = self._full
            mark = self.flag_at(event.position().toPoint()) or self.mark_at(event.position().toPoint())
            moment = mark.time_s if mark is not None else self._time(event.position().x())
            self.timeWanted.emit(min(max(moment, low), high))


class TimelinePanel(QWidget):
    """The lanes in a scrolled area."""

    def __init__(self) -> None:
        super().__init__()
        self.lanes = Lanes()
        fill_scrolled(self, self.lanes)


def _spans_in(spans: Sequence[FrameSpan], times_s: tuple[float, float]) -> Sequence[FrameSpan]:
    """Those between two moments, with one more on either side, to which lines lead."""
    first = bisect_left(spans, times_s[0], key=lambda span: span.end_s)
    after = bisect_right(spans, times_s[1], key=lambda span: span.start_s)
    return spans[max(first - 1, 0) : after + 1]


def _ruler_text(moment: float, step: float) -> str:
    if step < 1:
        return f"{moment:.1f} s"
    minutes, seconds = divmod(round(moment), 60)
    return f"{minutes}:{seconds:02d}"
