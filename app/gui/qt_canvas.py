"""Paints a frame's picture and the scene over it with QPainter: plain functions, no widget, no state."""

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from app.gui.view_transform import ViewTransform
from tracking.drawing.shapes import Box, Discs, Label, Lines, Patch, Scene
from tracking.drawing.text import label_picture, label_place

REAL_PIXELS = 4.0  # from this enlargement on, pixels are shown as squares


def to_qimage(image: npt.NDArray[np.uint8]) -> QImage:
    """RGB (H, W, 3) uint8 as a QImage that owns its pixels (32 bits, which Qt draws fastest)."""
    height, width = image.shape[:2]
    image = np.ascontiguousarray(image)
    view = QImage(image.data, width, height, 3 * width, QImage.Format.Format_RGB888)
    return view.convertToFormat(QImage.Format.Format_RGB32)


def rgba_qimage(pixels: npt.NDArray[np.uint8]) -> QImage:
    """RGBA (h, w, 4) uint8 as a QImage that owns its pixels."""
    height, width = pixels.shape[:2]
    pixels = np.ascontiguousarray(pixels)
    return QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGBA8888).copy()


def paint_picture(painter: QPainter, image: QImage, transform: ViewTransform) -> None:
    """The frame itself; smooth when shrunk, real pixels when enlarged a lot."""
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, transform.scale < REAL_PIXELS)
    size = image.width() * transform.scale, image.height() * transform.scale
    painter.drawImage(QRectF(transform.offset_x, transform.offset_y, *size), image)


def paint_scene(painter: QPainter, scene: Scene, transform: ViewTransform) -> None:
    """Draws every shape where the transform puts it."""
    painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
    for shape in scene.shapes:
        match shape:
            case Lines():
                _lines(painter, shape, transform)
            case Discs():
                _discs(painter, shape, transform)
            case Box(corners=corners, color=color, width=width):
                painter.setPen(_pen(color, width * transform.scale, join=Qt.PenJoinStyle.MiterJoin))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRect(_rect(corners, transform))
            case Label():
                _label(painter, shape, scene.size_wh, transform)
            case Patch(pixels=pixels, corners=corners):
                painter.drawImage(_rect(corners, transform), rgba_qimage(pixels))


def _pen(color: tuple[int, int, int], width: float, *, join: Qt.PenJoinStyle = Qt.PenJoinStyle.RoundJoin) -> QPen:
    return QPen(QColor(*color), width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, join)


def _rect(corners: tuple[float, float, float, float], transform: ViewTransform) -> QRectF:
    (left, top), (right, bottom) = transform.to_widget(np.reshape(corners, (2, 2))).tolist()
    return QRectF(left, top, right - left, bottom - top)


def _lines(painter: QPainter, lines: Lines, transform: ViewTransform) -> None:
    painter.setPen(_pen(lines.color, lines.width * transform.scale))
    painter.drawLines([QLineF(*start, *end) for start, end in transform.to_widget(lines.points).tolist()])


def _discs(painter: QPainter, discs: Discs, transform: ViewTransform) -> None:
    painter.setPen(_pen(discs.color, discs.ring * transform.scale) if discs.ring else Qt.PenStyle.NoPen)
    painter.setBrush(Qt.BrushStyle.NoBrush if discs.ring else QColor(*discs.color))
    radius = discs.radius * transform.scale
    for center in transform.to_widget(discs.centers).tolist():
        painter.drawEllipse(QPointF(*center), radius, radius)


def _label(painter: QPainter, label: Label, size_wh: tuple[int, int], transform: ViewTransform) -> None:
    """In as many pixels as the screen has there, so that letters are sharp."""
    density = painter.device().devicePixelRatioF()
    pixels = label_picture(label, transform.scale * density)
    width, height = pixels.shape[1] / density, pixels.shape[0] / density
    left, top = label_place(label, (width / transform.scale, height / transform.scale), size_wh)
    x, y = transform.to_widget((left - 0.5, top - 0.5)).tolist()
    place = QRectF(round(x * density) / density, round(y * density) / density, width, height)
    painter.drawImage(place, rgba_qimage(pixels))
