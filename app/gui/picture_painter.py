"""Draws a frame's people over its picture with QPainter. Plain functions: no widget, no state."""

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPainterPath, QPen

from app.gui.theme import SIDE_COLOURS, person_colour
from app.gui.view_transform import ViewTransform
from ppnet.skeleton import Skeleton
from tracking.drawing.privacy import BLOCKS, GROUND, ROUGH_BLOCKS, clear_areas, hidden_areas, inside
from tracking.drawing.style import PeopleStyle, SceneStyle
from tracking.types import FrameResult, KeypointState, TrackState

Points = npt.NDArray[np.float64]


def to_qimage(image: npt.NDArray[np.uint8]) -> QImage:
    """RGB (H, W, 3) uint8 as a QImage that owns its pixels (32 bits, which Qt draws fastest)."""
    height, width = image.shape[:2]
    image = np.ascontiguousarray(image)
    view = QImage(image.data, width, height, 3 * width, QImage.Format.Format_RGB888)
    return view.convertToFormat(QImage.Format.Format_RGB32)


def paint_picture(painter: QPainter, image: QImage, transform: ViewTransform) -> None:
    """The frame itself; smooth when shrunk, real pixels when enlarged a lot."""
    smooth = transform.scale < 4.0
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
    painter.drawImage(_image_rect(image, transform), image)


def paint_ground(painter: QPainter, image: QImage, transform: ViewTransform) -> None:
    """A plain ground instead of the frame, so that nobody can be recognised."""
    painter.fillRect(_image_rect(image, transform), QColor(*GROUND))


def _image_rect(image: QImage, transform: ViewTransform) -> QRectF:
    scale = transform.scale
    return QRectF(transform.offset_x, transform.offset_y, image.width() * scale, image.height() * scale)


def paint_people(
    painter: QPainter,
    result: FrameResult,
    *,
    transform: ViewTransform,
    layers: SceneStyle,
    people: PeopleStyle,
) -> None:
    """Boxes, skeletons, joints and labels of everyone who is not hidden."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for row in _visible_rows(result, people):
        person = int(result.tracks.ids[row])
        corners = transform.to_widget(result.tracks.boxes[row].reshape(2, 2))
        faded = people.chosen is not None and people.chosen != person
        painter.setOpacity(0.45 if faded else 1.0)
        width = float(np.clip((corners[1, 1] - corners[0, 1]) / 110, 1.6, 4.5))
        if layers.boxes:
            _box(painter, corners, person, predicted=_is_predicted(result, row), chosen=person == people.chosen)
        _body(painter, result, row, transform=transform, layers=layers, width=width)
        if layers.labels:
            _label(painter, corners, people.names.get(person, str(person)), colour=person_colour(person))
    painter.setOpacity(1.0)


def _visible_rows(result: FrameResult, people: PeopleStyle) -> Iterable[int]:
    """Rows to draw, the chosen person last so that they lie on top."""
    rows = [row for row in range(len(result)) if int(result.tracks.ids[row]) not in people.hidden]
    return sorted(rows, key=lambda row: int(result.tracks.ids[row]) == people.chosen)


def _is_predicted(result: FrameResult, row: int) -> bool:
    return bool(result.tracks.states[row] == TrackState.PREDICTED)


def _box(painter: QPainter, corners: Points, person: int, *, predicted: bool, chosen: bool) -> None:
    style = Qt.PenStyle.DashLine if predicted else Qt.PenStyle.SolidLine
    painter.setPen(QPen(person_colour(person), 2.4 if chosen else 1.4, style))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    (left, top), (right, bottom) = corners
    painter.drawRoundedRect(QRectF(left, top, right - left, bottom - top), 3, 3)


def _body(
    painter: QPainter,
    result: FrameResult,
    row: int,
    *,
    transform: ViewTransform,
    layers: SceneStyle,
    width: float,
) -> None:
    skeleton, points = result.skeleton, transform.to_widget(result.smoothed.keypoints[row])
    scores = result.smoothed.scores[row]
    states = result.states[row]
    shown = (states != KeypointState.MISSING) & (scores >= layers.min_score) & np.isfinite(points).all(1)
    if layers.skeleton:
        for first, second in skeleton.edges:
            if shown[first] and shown[second]:
                colour = _edge_colour(skeleton, first, second, score=float(min(scores[first], scores[second])))
                guessed = KeypointState.PREDICTED in (states[first], states[second])
                _bone(painter, points[first], points[second], pen=_pen(colour, width, dotted=guessed))
    if layers.joints:
        for joint in np.flatnonzero(shown):
            _joint(painter, points[joint], _side_colour(skeleton, int(joint), float(scores[joint])),
                   radius=width * 1.25, hollow=states[joint] == KeypointState.PREDICTED)  # fmt: skip
    if layers.joint_names:
        for joint in np.flatnonzero(shown):
            _note(painter, points[joint], skeleton.keypoints[joint].replace("_", " "))


def _pen(colour: QColor, width: float, *, dotted: bool) -> QPen:
    style = Qt.PenStyle.DotLine if dotted else Qt.PenStyle.SolidLine
    return QPen(colour, width, style, Qt.PenCapStyle.RoundCap)


def _side_colour(skeleton: Skeleton, joint: int, score: float) -> QColor:
    colour = QColor(SIDE_COLOURS[skeleton.side(joint)])
    colour.setAlphaF(float(np.clip(0.3 + 0.8 * score, 0.3, 1.0)))
    return colour


def _edge_colour(skeleton: Skeleton, first: int, second: int, *, score: float) -> QColor:
    same_side = skeleton.side(first) == skeleton.side(second)
    joint = second if same_side or skeleton.side(first) == "middle" else -1
    if joint < 0:
        colour = QColor(SIDE_COLOURS["middle"])
        colour.setAlphaF(float(np.clip(0.3 + 0.8 * score, 0.3, 1.0)))
        return colour
    return _side_colour(skeleton, joint, score)


def _bone(painter: QPainter, start: Points, end: Points, *, pen: QPen) -> None:
    rim = QPen(QColor(12, 14, 18, 150), pen.widthF() + 2.0, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap)
    if pen.style() == Qt.PenStyle.SolidLine:  # a dark rim keeps the lines visible on any ground
        painter.setPen(rim)
        painter.drawLine(QPointF(*start), QPointF(*end))
    painter.setPen(pen)
    painter.drawLine(QPointF(*start), QPointF(*end))


def _joint(painter: QPainter, point: Points, colour: QColor, *, radius: float, hollow: bool) -> None:
    painter.setPen(QPen(colour if hollow else QColor(10, 12, 16, 160), 1.2))
    painter.setBrush(Qt.BrushStyle.NoBrush if hollow else colour)
    painter.drawEllipse(QPointF(*point), radius, radius)


def _label(painter: QPainter, corners: Points, text: str, *, colour: QColor) -> None:
    font = QFont(painter.font())
    font.setBold(True)
    painter.setFont(font)
    metrics = QFontMetricsF(font)
    width, height = metrics.horizontalAdvance(text) + 12, metrics.height() + 3
    tag = QRectF(corners[0, 0], max(corners[0, 1] - height - 2, 0.0), width, height)
    path = QPainterPath()
    path.addRoundedRect(tag, 4, 4)
    painter.fillPath(path, colour)
    painter.setPen(QColor("#10141b"))
    painter.drawText(tag, Qt.AlignmentFlag.AlignCenter, text)


def _note(painter: QPainter, point: Points, text: str) -> None:
    spot = QPointF(point[0] + 7, point[1] - 5)
    painter.setPen(QColor(0, 0, 0, 200))
    painter.drawText(spot + QPointF(1, 1), text)
    painter.setPen(QColor("#ffffff"))
    painter.drawText(spot, text)


def paint_trail(painter: QPainter, points: Points, person: int, *, transform: ViewTransform) -> None:
    """The way a person has come: (M, 2) image pixels, oldest first, fading with age."""
    spots = transform.to_widget(points)
    colour = person_colour(person)
    for index in range(1, len(spots)):
        colour.setAlphaF(0.15 + 0.75 * index / len(spots))
        painter.setPen(QPen(colour, 2.0, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.drawLine(QPointF(*spots[index - 1]), QPointF(*spots[index]))


def paint_blurred_faces(
    painter: QPainter,
    image: QImage,
    near: Sequence[FrameResult],
    time_s: float,
    *,
    transform: ViewTransform,
    alone: bool,
) -> None:
    """Covers each head with a few coarse blocks of its own colours; `alone`: all but the one person likewise."""
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
    size_wh = (image.width(), image.height())
    if alone:
        rough = image.scaled(
            ROUGH_BLOCKS, ROUGH_BLOCKS, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
        )
        painter.drawImage(_image_rect(image, transform), rough)
        for area in clear_areas(near, time_s):
            _paint_part(painter, image, inside(area, size_wh), transform=transform)
    for area in hidden_areas(near, time_s):
        _paint_part(painter, image, inside(area, size_wh), transform=transform, blocks=BLOCKS)


def _paint_part(
    painter: QPainter,
    image: QImage,
    sides: tuple[int, int, int, int],
    *,
    transform: ViewTransform,
    blocks: int | None = None,
) -> None:
    """A part of the image at its place: left, top, right, bottom in pixels; made of so many blocks across."""
    left, top, right, bottom = sides
    if right <= left or bottom <= top:
        return
    part = image.copy(left, top, right - left, bottom - top)
    if blocks is not None:
        part = part.scaled(
            blocks, blocks, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
        )
    x, y = transform.to_widget((left - 0.5, top - 0.5))
    scale = transform.scale
    painter.drawImage(QRectF(x, y, (right - left) * scale, (bottom - top) * scale), part)
