"""The picture: paints the frame with its people, zooms and pans, and turns clicks and drags into signals."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QPointF, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QHelpEvent,
    QImage,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QToolTip, QWidget

from app.gui.look.theme import tokens
from app.gui.picture.hit_test import HitTarget, hit_test, target_words
from app.gui.picture.overlay import legend_height, paint_drag, paint_legend, paint_region, paint_words
from app.gui.picture.qt_canvas import paint_picture, paint_scene, plates, to_qimage
from app.gui.picture.view_transform import ViewTransform
from app.workspace.picture_feed import Picture
from ppnet.poses import Poses
from tracking.drawing.privacy import private_picture
from tracking.drawing.scene import scene_of
from tracking.drawing.shapes import Patch
from tracking.drawing.style import Drawn, PeopleStyle, PictureLayers, SceneStyle
from tracking.drawing.trails import Trails
from tracking.smoothing.settings import SmoothingSettings
from tracking.types import FrameResult, KeypointState

GRAB_POINTS = 9.0  # how near, in widget points, a click must be to a joint
CLICK_POINTS = 4.0  # a press that moves less than this is a click
DRAWN = ("line", "region")
TIED = "A point near a joint follows it."
HINTS = {
    "person": "Click the person to follow (or press their number), or the place where they will appear. Esc cancels",
    "line": "Drag a line along something of known length, as far from the camera as the people are. Esc cancels",
    "region": "Drag a box around the part to search. Esc cancels",
    "draw-line": f"Click where it begins and ends. {TIED} Shift: vertical or horizontal, to the edges. Esc cancels",
    "draw-angle": f"Click one end, the vertex, the other end. {TIED} Shift: angle to the vertical or horizontal. Esc "
    "cancels",
    "draw-distance": f"Click where it begins and ends. {TIED} Shift: height or width only. Esc cancels",
}


@dataclass
class _Drag:
    start: QPointF
    target: HitTarget | None
    moved: bool = False


class VideoView(QWidget):
    """Shows `Picture`s.

    `tool` is `look` (pan, choose, move joints), `person` (the next click), `line` or `region` (drawn by dragging), or
    one of those of `DrawingHand`, which gets the mouse first, says what is `drawn` and paints its handles.
    """

    personClicked = Signal(object)  # person id or None
    jointMoved = Signal(int, int, float, float)  # person, joint, x, y in image pixels
    placeClicked = Signal(float, float, object)  # x, y in image pixels, person id or None, with the tool `person`
    lineDrawn = Signal(tuple)  # (x1, y1, x2, y2) in image pixels
    regionDrawn = Signal(tuple)  # (x1, y1, x2, y2) in image pixels
    menuWanted = Signal(object, object)  # place on the screen (QPoint), HitTarget or None
    stepWanted = Signal(int)  # frames, by the wheel
    toolTaken = Signal()  # or put away
    roomWanted = Signal()  # by the next click or drag, or by what is typed and seen in the picture

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMinimumSize(320, 200)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAccessibleName("Picture")
        self.layers = PictureLayers(min_score=SmoothingSettings.min_score)
        self.people = PeopleStyle()
        self.heat: tuple[Patch, ...] = ()
        self.can_edit = False
        self.tool = "look"
        self.note = ""
        self.region: tuple[float, float, float, float] | None = None
        self._picture: Picture | None = None
        self._image = QImage()
        self._canvas = QImage()
        self._shown: npt.NDArray[np.uint8] | None = None
        self._trails = Trails()
        self._transform = ViewTransform()
        self._fitted = True
        self._drag: _Drag | None = None
        self._drawn: tuple[QPointF, QPointF] | None = None
        self.legend, self.noted = QRect(), QRect()  # where it and the note stand
        self.drawn: Callable[[], Drawn] = Drawn  # what somebody has drawn over the picture
        self.paint_over: Callable[[QPainter], object] = lambda _painter: None

    @property
    def kept_free(self) -> int:
        """So much of the lower edge is not for messages: the legend stands there."""
        return legend_height(self.fontMetrics())

    def take_tool(self, tool: str) -> None:
        """What the mouse does next; `look` puts the tool away."""
        self.tool = tool
        self._drawn = None
        self.toolTaken.emit()
        self.setCursor(Qt.CursorShape.CrossCursor) if tool != "look" else self.unsetCursor()
        self.update()
        if tool != "look":
            self.roomWanted.emit()

    def show_note(self, words: str) -> None:
        """What stands in the corner of the picture."""
        if words != self.note:
            self.note = words
            self.update()

    def show_region(self, region: tuple[float, float, float, float] | None) -> None:
        """Outlines the part in which people are looked for (x1, y1, x2, y2 in image pixels); None: everywhere."""
        if region != self.region:
            self.region = region
            self.update()

    # What is shown

    def show_picture(self, picture: Picture | None) -> None:
        """Shows a picture; None clears the stage."""
        before, self._picture = self._picture, picture
        if picture is None:
            self.heat = ()
            self._trails.clear()
        elif picture.result is not None:
            self._trails.add(picture.result)
        self._read_image()
        if picture is not None and (before is None or picture.frame.size_wh != before.frame.size_wh):
            self.fit()
        self.update()

    def _read_image(self) -> None:
        """The frame's picture as it may be seen, made once for each frame and choice of who may be recognised."""
        if self._picture is None:
            self._image, self._shown = QImage(), None
            return
        picture = self._picture
        shown = private_picture(picture.frame.image, picture.result, self.layers, near=picture.near)
        if shown is not self._shown:
            self._image, self._shown = to_qimage(shown), shown

    def set_layers(self, layers: PictureLayers) -> None:
        """Changes what is drawn over the picture, at once."""
        self.layers = layers
        self._read_image()
        self.update()

    def set_people(self, people: PeopleStyle) -> None:
        """Changes who is chosen, hidden or named, at once."""
        self.people = people
        self.update()

    def set_heat(self, heat: tuple[Patch, ...]) -> None:
        """Lays heatmaps over the picture, or takes them away."""
        self.heat = heat
        self.update()

    @property
    def picture(self) -> Picture | None:
        """What is on the screen."""
        return self._picture

    def snapshot(self) -> QImage:
        """The picture at its own size with everything that is drawn over it."""
        image = QImage(self._image.size(), QImage.Format.Format_RGB32)
        self._paint_content(image, ViewTransform())
        return image

    # Zoom and pan

    def fit(self) -> None:
        """The whole picture, as large as the room allows."""
        self._fitted = True
        if not self._image.isNull():
            self._transform = ViewTransform.fit(
                (self._image.width(), self._image.height()), (self.width(), self.height())
            )
        self.update()

    def zoom(self, factor: float, at: QPointF | None = None) -> None:
        """Enlarges around a widget point (the middle when None)."""
        spot = at or QPointF(self.width() / 2, self.height() / 2)
        self._fitted = False
        self._transform = self._transform.zoomed(spot.x(), spot.y(), factor=factor)
        self.update()

    @property
    def transform(self) -> ViewTransform:
        """How image pixels lie on the widget now."""
        return self._transform

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        self._fit_canvas()
        numbers = self._paint_content(self._canvas, self._transform) if self._picture is not None else []
        painter = QPainter(self)
        painter.drawImage(0, 0, self._canvas)
        if self._picture is not None:
            self._paint_overlay(painter, numbers)
        painter.end()

    def _fit_canvas(self) -> None:
        """As many pixels as the widget has on the screen, empty; the same ones as long as its size stays."""
        density = self.devicePixelRatioF()
        size = QSize(math.ceil(self.width() * density), math.ceil(self.height() * density))
        if self._canvas.size() != size:
            self._canvas = QImage(size, QImage.Format.Format_RGB32)
        self._canvas.setDevicePixelRatio(density)
        self._canvas.fill(QColor(tokens().stage))

    def _paint_content(self, canvas: QImage, transform: ViewTransform) -> list[QRect]:
        """Paints picture and people; gives back where their numbers stand."""
        painter = QPainter(canvas)
        paint_picture(painter, self._image, transform)
        painter.end()
        if self._picture is None or self._picture.result is None:
            return []
        style = SceneStyle(self.layers, self.people, self.drawn(), zoom=transform.scale)
        drawn = scene_of(self._picture.result, style, trails=self._trails.lines(), heat=self.heat)
        paint_scene(canvas, drawn, transform)
        return plates(drawn, transform)

    def _paint_overlay(self, painter: QPainter, numbers: list[QRect]) -> None:
        if self.region is not None:
            paint_region(painter, self.region, self._transform)
        if self._drawn is not None:
            paint_drag(painter, *self._drawn, is_line=self.tool == "line")
        self.paint_over(painter)
        sides, dashes = self.layers.skeleton or self.layers.joints, self.layers.skeleton or self.layers.boxes
        self.legend = QRect()
        if (sides or dashes) and self._picture is not None and self._picture.result:
            self.legend = paint_legend(painter, self.rect(), sides=sides, dashes=dashes)
        if words := HINTS.get(self.tool, self.note):
            self.noted = paint_words(painter, self.rect(), words, plates=numbers, last=self.noted)

    # Mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._picture is None or event.button() not in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            return
        target = self._target(event.position()) if event.button() == Qt.MouseButton.LeftButton else None
        self._drag = _Drag(event.position(), target)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._drag is None:
            self._hover(event.position())
            return
        step = event.position() - self._drag.start
        if not self._drag.moved and step.manhattanLength() < CLICK_POINTS:
            return
        self._drag.moved = True
        if self.tool in DRAWN:
            self._drawn = (self._drag.start, event.position())
        elif self._grabbed() is not None:
            self._move_joint(event.position(), final=False)
        else:
            self._fitted = False
            self._transform = self._transform.panned(step.x(), step.y())
            self._drag.start = event.position()
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        drag, self._drag = self._drag, None
        if drag is None:
            return
        if not drag.moved:
            self._click(drag)
        elif self.tool in DRAWN:
            self._finish_drawing(drag.start, event.position())
        elif self._is_grab(drag.target):
            self._drag = drag
            self._move_joint(event.position(), final=True)
            self._drag = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.fit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        turns = event.angleDelta().y() / 120
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.stepWanted.emit(-1 if turns > 0 else 1)
        else:
            self.zoom(1.2**turns, event.position())
        event.accept()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._fitted:
            self.fit()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if self._picture is not None and self.tool == "look":
            self.menuWanted.emit(event.globalPos(), self._target(QPointF(event.pos())))

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self._words_at(QPointF(event.pos())), self)
            return True
        return super().event(event)

    def _words_at(self, spot: QPointF) -> str:
        """The joint under the mouse, how sure it is and where it came from; empty where there is none."""
        target = self._target(spot)
        if target is None or target.keypoint is None or self._picture is None or self._picture.result is None:
            return ""
        words = target_words(self._picture.result, target)
        is_movable = not self.can_edit or target.person_id == self.people.chosen
        return words if is_movable else f"{words}\nTo move it, click the person first"

    def _click(self, drag: _Drag) -> None:
        person = drag.target.person_id if drag.target else None
        if self.tool == "person":
            self.take_tool("look")
            x, y = (float(value) for value in self._transform.to_image((drag.start.x(), drag.start.y())))
            self.placeClicked.emit(x, y, person)
        elif self.tool == "look":
            self.personClicked.emit(person)

    def _finish_drawing(self, start: QPointF, end: QPointF) -> None:
        tool = self.tool
        (x1, y1), (x2, y2) = self._transform.to_image([(start.x(), start.y()), (end.x(), end.y())])
        self.take_tool("look")
        if tool == "line":
            self.lineDrawn.emit((x1, y1, x2, y2))
        else:
            self.regionDrawn.emit((min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)))

    def _target(self, spot: QPointF) -> HitTarget | None:
        if self._picture is None or self._picture.result is None or self.tool in DRAWN:
            return None
        return hit_test(
            self._picture.result,
            self._transform.to_image((spot.x(), spot.y())),
            reach_px=GRAB_POINTS / self._transform.scale,
            only_person=self.people.chosen,
        )

    def grabs_at(self, spot: QPointF) -> bool:
        """Whether a press there takes hold of a joint."""
        return self._is_grab(self._target(spot))

    def _is_grab(self, target: HitTarget | None) -> bool:
        is_theirs = target is not None and target.keypoint is not None and target.person_id == self.people.chosen
        return self.can_edit and self.tool == "look" and is_theirs

    def _grabbed(self) -> HitTarget | None:
        return self._drag.target if self._drag is not None and self._is_grab(self._drag.target) else None

    def _hover(self, spot: QPointF) -> None:
        if self.tool in DRAWN or (self.tool == "person" and self._target(spot) is None):
            self.setCursor(Qt.CursorShape.CrossCursor)
        elif self._is_grab(target := self._target(spot)):
            self.setCursor(Qt.CursorShape.SizeAllCursor)
        elif target is not None:
            self.setCursor(Qt.CursorShape.PointingHandCursor)
        else:
            self.unsetCursor()

    def _move_joint(self, spot: QPointF, *, final: bool) -> None:
        target = self._grabbed()
        if target is None or target.keypoint is None or self._picture is None or self._picture.result is None:
            return
        x, y = (float(value) for value in self._transform.to_image((spot.x(), spot.y())))
        self.show_joint(target.person_id, target.keypoint, x, y)
        if final:
            self.jointMoved.emit(target.person_id, target.keypoint, x, y)

    def show_joint(self, person: int, joint: int, x: float, y: float) -> None:
        """A joint at another place (image pixels), until there is another picture."""
        if self._picture is not None and self._picture.result is not None:
            self._picture = replace(self._picture, result=with_joint(self._picture.result, person, joint, xy=(x, y)))
            self.update()


def with_joint(result: FrameResult, person: int, joint: int, *, xy: tuple[float, float]) -> FrameResult:
    """The result with one person's keypoint put at (x, y) image pixels."""
    rows = result.tracks.ids == person
    keypoints, scores = result.smoothed.keypoints.copy(), result.smoothed.scores.copy()
    states = result.states.copy()
    keypoints[rows, joint] = xy
    scores[rows, joint] = 1.0
    states[rows, joint] = KeypointState.EDITED
    return replace(result, smoothed=Poses(keypoints, scores, result.skeleton), states=states)
