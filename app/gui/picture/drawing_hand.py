"""What the mouse does to drawings on the picture: draws them, ties their points to joints, chooses and moves them."""

from dataclasses import replace

import msgspec
import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QHelpEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QToolTip

from app.gui.picture.hit_test import hit_test
from app.gui.picture.overlay import paint_handles
from app.gui.picture.video_view import VideoView
from tracking.drawing.hand_drawn import outline
from tracking.drawing.style import Drawn
from tracking.measurements import Joints, held, is_flat, joints_of, measured, places, title_of, unit_of
from tracking.number_words import number_words
from tracking.session.edits import POINTS, DrawnPoint, SetDrawing

TOOLS = {f"draw-{kind}": kind for kind in POINTS}
SNAP_POINTS = 10.0  # how near, in widget points, a point must be to a joint to be tied to it
REACH_POINTS = 6.0  # and a click to a line
MOVED_POINTS = 4.0  # a press that moves less than this is a click
SIGNS = {"deg": "°", "m": " m", "px": " px"}


class DrawingHand(QObject):
    """Gets the mouse before the picture does, and leaves to it what is not about drawings.

    drawn: what is on the picture; chosen: the number of the drawing that can be moved and deleted.
    """

    finished = Signal(object)  # SetDrawing, whose number is not given yet
    changed = Signal(object)  # SetDrawing
    chosenChanged = Signal()
    nameWanted = Signal()
    menuWanted = Signal(QPoint, str)  # place on the screen, what the selected drawing is and measures

    def __init__(self, view: VideoView) -> None:
        super().__init__(view)
        self._view = view
        self._saved = Drawn()
        self.chosen: int | None = None
        self._points: list[DrawnPoint] = []  # of what is being drawn
        self._pressed_at: QPointF | None = None
        self._moved: int | None = None  # which point of the selected drawing is being moved
        self._preview: SetDrawing | None = None
        view.drawn = lambda: self.drawn
        view.paint_over = self.paint
        view.toolTaken.connect(self.drop)
        view.installEventFilter(self)

    # What is shown

    @property
    def drawn(self) -> Drawn:
        """All drawings, with the one in the hand as it would be."""
        if self._preview is None:
            return self._saved
        others = tuple(drawing for drawing in self._saved.drawings if drawing.number != self._preview.number)
        return replace(self._saved, drawings=(*others, self._preview))

    def show(self, drawn: Drawn) -> None:
        """Takes over what is drawn now."""
        self._saved = drawn
        if self.chosen is not None and self.chosen_drawing is None:
            self.choose(None)
        self._view.update()

    def preview(self, drawing: SetDrawing | None) -> None:
        """Shows one that is not kept; None: no more."""
        self._preview = drawing
        self._view.update()

    @property
    def chosen_drawing(self) -> SetDrawing | None:
        """The one that can be moved and deleted."""
        return next((one for one in self.drawn.drawings if one.number == self.chosen), None)

    def joints(self) -> Joints:
        """The joints in the picture that points can be tied to."""
        picture = self._view.picture
        if picture is None or picture.result is None:
            return {}
        return joints_of(picture.result, self._view.layers.min_score, hidden=self._view.people.hidden)

    def choose(self, number: int | None) -> None:
        """Makes a drawing the chosen one; None for none."""
        if number != self.chosen:
            self.chosen = number
            self.chosenChanged.emit()
            self._view.update()

    def drop(self) -> None:
        """Lets go of what is unfinished."""
        self._points, self._preview, self._moved, self._pressed_at = [], None, None, None

    def paint(self, painter: QPainter) -> None:
        """Handles at the points of the selected drawing, or of the one that is being drawn."""
        chosen = self.chosen_drawing
        if self._preview is not None:
            spots = self._spots(self._preview)
        elif chosen is not None and self._view.layers.drawings:
            spots = self._spots(chosen)
        else:
            spots = np.array([(point.x, point.y) for point in self._points]).reshape(-1, 2)
        if len(spots) and np.isfinite(spots).all():
            paint_handles(painter, self._view.transform.to_widget(spots))

    # Mouse

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if self._view.picture is None:
            return False
        kind = event.type()
        if isinstance(event, QMouseEvent):
            if kind == QEvent.Type.MouseMove:
                return self._move(event)
            is_left = event.button() == Qt.MouseButton.LeftButton
            if is_left and kind == QEvent.Type.MouseButtonPress:
                return self._press(event)
            if is_left and kind == QEvent.Type.MouseButtonDblClick:
                return self._press_twice(event)
            if is_left and kind == QEvent.Type.MouseButtonRelease:
                return self._release(event)
        if isinstance(event, QContextMenuEvent):
            return self._menu(event)
        if isinstance(event, QHelpEvent) and kind == QEvent.Type.ToolTip:
            return self._tell(event)
        return False

    def _press(self, event: QMouseEvent) -> bool:
        spot = event.position()
        if self._view.tool in TOOLS:
            self._pressed_at = spot
            self._put(event)
            return True
        if self._view.tool != "look":
            return False
        self._moved = self._handle_at(spot)
        if self._moved is not None:
            return True
        found = None if self._view.grabs_at(spot) else self._drawing_at(spot)
        self.choose(found.number if found is not None else None)
        return found is not None

    def _press_twice(self, event: QMouseEvent) -> bool:
        """On a drawing it asks for a name."""
        is_taken = self._press(event)
        if self._view.tool == "look" and self.chosen is not None and self._drawing_at(event.position()) is not None:
            self._moved = None
            self.nameWanted.emit()
        return is_taken

    def _move(self, event: QMouseEvent) -> bool:
        spot = event.position()
        if self._view.tool in TOOLS:
            self._preview = self._with(self._point_at(spot), event) if self._points else None
            self._view.update()
            return True
        chosen = self.chosen_drawing
        if self._moved is not None and chosen is not None:
            self._preview = self._with_moved(chosen, self._moved, event)
            self._view.update()
            return True
        is_free = self._view.tool == "look" and not event.buttons()
        if is_free and (self._handle_at(spot) is not None or self._drawing_at(spot) is not None):
            on_handle = self._handle_at(spot) is not None
            self._view.setCursor(Qt.CursorShape.SizeAllCursor if on_handle else Qt.CursorShape.PointingHandCursor)
            return True
        return False

    def _release(self, event: QMouseEvent) -> bool:
        pressed_at, self._pressed_at = self._pressed_at, None
        if self._view.tool in TOOLS:
            if pressed_at is not None and (event.position() - pressed_at).manhattanLength() >= MOVED_POINTS:
                self._put(event)
            return True
        moved, preview = self._moved, self._preview
        self._moved = self._preview = None
        if preview is not None:
            self.changed.emit(preview)
        return moved is not None or pressed_at is not None

    def _menu(self, event: QContextMenuEvent) -> bool:
        if self._view.tool in TOOLS:
            self._view.take_tool("look")
            return True
        found = self._drawing_at(QPointF(event.pos())) if self._view.tool == "look" else None
        if found is None:
            return False
        self.choose(found.number)
        self.menuWanted.emit(event.globalPos(), self._words(found))
        return True

    def _tell(self, event: QHelpEvent) -> bool:
        found = self._drawing_at(QPointF(event.pos()))
        if found is not None:
            QToolTip.showText(event.globalPos(), self._words(found), self._view)
        return found is not None

    # Drawing

    def _put(self, event: QMouseEvent) -> None:
        """One more point where the mouse is; with the last one the drawing is finished."""
        kind, point = TOOLS[self._view.tool], self._point_at(event.position())
        if len(self._points) + 1 < POINTS[kind]:
            self._points.append(point)
            self._preview = None
            self._view.update()
            return
        drawing = self._with(point, event)
        if is_flat(drawing):
            return
        self._view.take_tool("look")
        self.finished.emit(drawing)

    def _with(self, point: DrawnPoint, event: QMouseEvent) -> SetDrawing:
        """What it would be with this point as the next one; an angle begins as a line."""
        kind, points = TOOLS[self._view.tool], (*self._points, point)
        is_whole = len(points) == POINTS[kind]
        along = self._along(points[-2], event) if is_whole and _is_shift(event) else ""
        drawing = SetDrawing(
            number=max((one.number for one in self._saved.drawings), default=0) + 1,
            kind=kind if is_whole else "line",  # type: ignore[arg-type]
            points=points,
            along=along,  # type: ignore[arg-type]
            extended=kind == "line" and bool(along),
        )
        return held(drawing)

    def _with_moved(self, drawing: SetDrawing, number: int, event: QMouseEvent) -> SetDrawing:
        """The drawing with one of its points where the mouse is."""
        points = list(drawing.points)
        points[number] = self._point_at(event.position())
        along = drawing.along
        if _is_shift(event) and number == len(points) - 1:
            along = self._along(points[-2], event)  # type: ignore[assignment]
        return held(msgspec.structs.replace(drawing, points=tuple(points), along=along))

    def _along(self, before: DrawnPoint, event: QMouseEvent) -> str:
        """Whichever is nearer: straight above or below the point before, or straight beside it."""
        x, y = self._image_xy(event.position())
        return "vertical" if abs(y - before.y) > abs(x - before.x) else "horizontal"

    def _point_at(self, spot: QPointF) -> DrawnPoint:
        """The place under the mouse; tied to a joint that is near enough."""
        x, y = self._image_xy(spot)
        result = self._view.picture.result if self._view.picture is not None else None
        if result is None:
            return DrawnPoint(x, y)
        reach_px = SNAP_POINTS / self._view.transform.scale
        hit = hit_test(result, (x, y), reach_px=reach_px, only_person=self._view.people.chosen)
        if hit is None or hit.keypoint is None:
            return DrawnPoint(x, y)
        joint = self.joints().get(hit.person_id, np.full((hit.keypoint + 1, 2), np.nan))[hit.keypoint]
        if not np.isfinite(joint).all():
            return DrawnPoint(x, y)
        return DrawnPoint(float(joint[0]), float(joint[1]), hit.person_id, hit.keypoint)

    # Finding

    def _image_xy(self, spot: QPointF) -> tuple[float, float]:
        x, y = self._view.transform.to_image((spot.x(), spot.y())).tolist()
        return x, y

    def _spots(self, drawing: SetDrawing) -> npt.NDArray[np.float64]:
        """(P, 2) where its points are in the picture that is shown."""
        return places(drawing, self.joints())

    def _handle_at(self, spot: QPointF) -> int | None:
        """Which point of the selected drawing lies under the mouse."""
        chosen = self.chosen_drawing
        if chosen is None or not self._view.layers.drawings:
            return None
        away = np.linalg.norm(self._view.transform.to_widget(self._spots(chosen)) - (spot.x(), spot.y()), axis=1)
        near = np.flatnonzero(away <= SNAP_POINTS)  # none where they are NaN
        return int(near[np.argmin(away[near])]) if len(near) else None

    def _drawing_at(self, spot: QPointF) -> SetDrawing | None:
        """The nearest drawing whose lines pass under the mouse."""
        picture = self._view.picture
        if picture is None or not self._view.layers.drawings:
            return None
        found, nearest = None, REACH_POINTS
        for drawing in self._saved.drawings:
            spots = self._spots(drawing)
            if not np.isfinite(spots).all():
                continue
            lines = self._view.transform.to_widget(outline(drawing, spots, picture.frame.size_wh))
            away = min(_away(np.array((spot.x(), spot.y())), *line) for line in lines)
            if away <= nearest:
                found, nearest = drawing, away
        return found

    def _words(self, drawing: SetDrawing) -> str:
        """Angle 2: 134.2°, or with its own name."""
        scale = self._saved.metres_per_pixel
        value = float(measured(drawing, self._spots(drawing), metres_per_pixel=scale))
        unit = unit_of(drawing, scale)
        return f"{title_of(drawing)}: {number_words(value, '.2f' if unit == 'm' else '.1f')}{SIGNS[unit]}"


def _is_shift(event: QMouseEvent) -> bool:
    return bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)


def _away(spot: npt.NDArray[np.float64], start: npt.NDArray[np.float64], end: npt.NDArray[np.float64]) -> float:
    """How far a point is from a line between two points."""
    step = end - start
    share = np.clip((spot - start) @ step / max(float(step @ step), 1e-9), 0, 1)
    return float(np.linalg.norm(spot - start - share * step))
