"""Sizes of windows; that of the main one and its splitters, kept between runs apart from the settings."""

from PySide6.QtCore import QByteArray, QSettings, QSize
from PySide6.QtWidgets import QMainWindow, QSplitter, QStyle, QWidget

from ppnet.user_folders import user_folder

LAYOUT_VERSION = 1


def _file() -> QSettings:
    return QSettings(str(user_folder("config") / "layout.ini"), QSettings.Format.IniFormat)


def fit_to_screen(window: QWidget, width: int, height: int) -> None:
    """Gives a window this size, or what there is room for below its title."""
    title_height = window.style().pixelMetric(QStyle.PixelMetric.PM_TitleBarHeight)
    window.resize(QSize(width, height).boundedTo(window.screen().availableSize() - QSize(0, title_height)))


def save_layout(window: QMainWindow, splitters: dict[str, QSplitter]) -> None:
    """Writes where everything stands."""
    kept = _file()
    kept.setValue("version", LAYOUT_VERSION)
    kept.setValue("window", window.saveGeometry())
    for name, splitter in splitters.items():
        kept.setValue(name, splitter.saveState())


def restore_layout(window: QMainWindow, splitters: dict[str, QSplitter]) -> None:
    """Puts everything where it stood; leaves it where nothing (or another version) was kept."""
    kept = _file()
    if str(kept.value("version", "")) != str(LAYOUT_VERSION):
        return
    if isinstance(geometry := kept.value("window"), QByteArray):
        window.restoreGeometry(geometry)
    for name, splitter in splitters.items():
        if isinstance(state := kept.value(name), QByteArray):
            splitter.restoreState(state)
