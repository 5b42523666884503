"""A frame's picture by QPainter, and the scene over it by cv2, which takes half as long: plain functions, no state."""

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRect, QRectF
from PySide6.QtGui import QImage, QPainter

from app.gui.picture.view_transform import ViewTransform
from tracking.drawing import cv_canvas
from tracking.drawing.cv_canvas import Placement
from tracking.drawing.shapes import Label, Scene
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


def plates(scene: Scene, transform: ViewTransform) -> list[QRect]:
    """Where words on a plate stand, as people's numbers do; widget points."""
    rooms = []
    for label in (shape for shape in scene.shapes if isinstance(shape, Label) and shape.ground is not None):
        height, width = (side / transform.scale for side in label_picture(label, transform.scale).shape[:2])
        left, top = label_place(label, (width, height), scene.size_wh)
        (x1, y1), (x2, y2) = transform.to_widget([(left, top), (left + width, top + height)]).tolist()
        rooms.append(QRectF(x1, y1, x2 - x1, y2 - y1).toAlignedRect())
    return rooms


def paint_scene(canvas: QImage, scene: Scene, transform: ViewTransform) -> None:
    """Draws every shape where the transform puts it, on an image in RGB32 with as many pixels as the screen has."""
    density = canvas.devicePixelRatio()
    pixels = np.frombuffer(canvas.bits(), np.uint8).reshape(canvas.height(), canvas.width(), 4)
    x, y = (density * transform.to_widget((0.0, 0.0)) - 0.5).tolist()  # Qt counts from the edge of the first pixel
    cv_canvas.paint_scene(scene, pixels, Placement(density * transform.scale, x, y))
