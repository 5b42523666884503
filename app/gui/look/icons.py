"""Line icons, drawn for this program on a 24 x 24 grid and coloured like the text around them."""

from functools import lru_cache

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QImage, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

RATIO = 2.0
_LINE = 'fill="none" stroke="{c}" stroke-width="1.9" stroke-linecap="round" stroke-linejoin="round"'
_FILL = 'fill="{c}" stroke="{c}" stroke-width="1.4" stroke-linejoin="round"'

ICONS = {
    "play": f'<path {_FILL} d="M7 4.5v15l12-7.5z"/>',
    "pause": f'<path {_FILL} d="M7 5h2.6v14H7zM14.4 5H17v14h-2.6z"/>',
    "back": f'<path {_FILL} d="M17 5.5v13l-8-6.5z"/><path {_LINE} d="M6.5 5.5v13"/>',
    "forward": f'<path {_FILL} d="M7 5.5v13l8-6.5z"/><path {_LINE} d="M17.5 5.5v13"/>',
    "start": f'<path {_LINE} d="M6 5v14M19 5l-9 7 9 7z"/>',
    "end": f'<path {_LINE} d="M18 5v14M5 5l9 7-9 7z"/>',
    "record": '<circle cx="12" cy="12" r="6.5" fill="#e5484d"/>',
    "stop": f'<rect {_FILL} x="6.5" y="6.5" width="11" height="11" rx="1.5"/>',
    "snapshot": f'<path {_LINE} d="M4 8h3.5L9 5.5h6L16.5 8H20v11H4z"/><circle {_LINE} cx="12" cy="13" r="3.4"/>',
    "file": f'<path {_LINE} d="M4 6.5V19h16V8.5h-9l-2-2.5H4z"/>',
    "film": f'<rect {_LINE} x="4" y="5" width="16" height="14" rx="2"/><path {_FILL} d="M10.5 9v6l5-3z"/>',
    "camera": f'<rect {_LINE} x="3.5" y="7" width="11.5" height="10" rx="2"/><path {_LINE} d="M15 11l5.5-3v8L15 13"/>',
    "demo": f'<circle {_LINE} cx="12" cy="4.6" r="2.1"/><path {_LINE} d="M12 7.2v6M12 8.6L7.5 11M12 8.6l4.5 2.2'
    'M12 13.2l-3.4 6.6M12 13.2l3.6 6.6"/>',
    "close": f'<path {_LINE} d="M6.5 6.5l11 11M17.5 6.5l-11 11"/>',
    "info": f'<circle {_LINE} cx="12" cy="12" r="8.5"/><path {_LINE} d="M12 11v5.2M12 7.6v.2"/>',
    "warning": f'<path {_LINE} d="M12 4.5L3.5 19h17zM12 10v4.2M12 16.8v.2"/>',
    "eye": f'<path {_LINE} d="M2.8 12S6 6 12 6s9.2 6 9.2 6-3.2 6-9.2 6-9.2-6-9.2-6z"/>'
    f'<circle {_LINE} cx="12" cy="12" r="2.7"/>',
    "eye-off": f'<path {_LINE} d="M4 4l16 16M9.5 6.4A9 9 0 0 1 12 6c6 0 9.2 6 9.2 6a15 15 0 0 1-2.4 3M6 8.2A15 15 0 0 0'
    ' 2.8 12S6 18 12 18a9 9 0 0 0 3.4-.7"/>',
    "swap": f'<path {_LINE} d="M5 9h13l-3.5-3.5M19 15H6l3.5 3.5"/>',
    "merge": f'<path {_LINE} d="M6 5v4c0 2 6 2 6 5v5M18 5v4c0 2-6 2-6 5M9 16.5l3 3 3-3"/>',
    "split": f'<path {_LINE} d="M12 19v-5c0-3-6-3-6-5V5M12 14c0-3 6-3 6-5V5M3.8 7L6 4.8 8.2 7M15.8 7L18 4.8 20.2 7"/>',
    "delete": f'<path {_LINE} d="M5 7h14M9.5 7V5h5v2M7 7l.8 12h8.4L17 7M10.3 10.5v5M13.7 10.5v5"/>',
    "undo": f'<path {_LINE} d="M8 5L4 9l4 4M4.5 9H14a5 5 0 0 1 0 10h-3"/>',
    "redo": f'<path {_LINE} d="M16 5l4 4-4 4M19.5 9H10a5 5 0 0 0 0 10h3"/>',
    "export": f'<path {_LINE} d="M12 15V4.5M8 8l4-3.8L16 8M5 14v5h14v-5"/>',
    "folder": f'<path {_LINE} d="M4 6.5V19h16V8.5h-9l-2-2.5H4z"/>',
    "link": f'<path {_LINE} d="M10 14a4 4 0 0 1 0-5.6l2.4-2.4a4 4 0 0 1 5.6 5.6L16.5 13M14 10a4 4 0 0 1 0 5.6L11.6 18'
    'A4 4 0 0 1 6 12.4L7.5 11"/>',
    "history": f'<path {_LINE} d="M4.5 12a7.5 7.5 0 1 0 2.4-5.5L4.5 9M4.5 4.5V9H9M12 8v4.4l3 1.8"/>',
    "next": f'<path {_LINE} d="M9 5l7 7-7 7"/>',
    "previous": f'<path {_LINE} d="M15 5l-7 7 7 7"/>',
    "fit": f'<path {_LINE} d="M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5"/>',
}


def icon_pixmap(name: str, colour: str, *, size: int = 20) -> QPixmap:
    """An icon as a picture, `size` points square, sharp where a point has `RATIO` pixels each way."""
    pixmap = QPixmap.fromImage(_drawn(name, colour, round(size * RATIO)))
    pixmap.setDevicePixelRatio(RATIO)
    return pixmap


@lru_cache(maxsize=256)
def _drawn(name: str, colour: str, side: int) -> QImage:
    """An icon, `side` pixels square."""
    body = ICONS[name].replace("{c}", colour)
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24">{body}</svg>'
    image = QImage(side, side, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    QSvgRenderer(QByteArray(svg.encode())).render(painter, QRectF(0, 0, side, side))
    painter.end()
    return image


def icon(name: str, colour: str, *, faded: str | None = None) -> QIcon:
    """An icon in `colour`; `faded` is its colour when the control is off."""
    answer = QIcon(icon_pixmap(name, colour, size=24))
    if faded is not None:
        answer.addPixmap(icon_pixmap(name, faded, size=24), QIcon.Mode.Disabled)
    answer.pixmap(QSize(20, 20))
    return answer
