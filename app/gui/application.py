"""`run()`: Qt's surroundings, the look, the log, and the window with its real factories."""

import locale
import logging
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PySide6.QtCore import (
    QCoreApplication,
    QEvent,
    QLocale,
    QMessageLogContext,
    QObject,
    QTimer,
    QtMsgType,
    qInstallMessageHandler,
)
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from app.engine.memory import resident_bytes
from app.gui.bridge import WindowThread
from app.gui.look.theme import apply_theme, undressed
from app.gui.main_window import MainWindow
from app.gui.preferences import PreferencesStore
from app.gui.report import WORDS
from app.presets import SHED_STEPS
from app.runs.session_header import run_header
from app.runs.track_processor import build_processor
from app.workspace.inspector import real_looker
from app.workspace.opened import Factories
from app.workspace.workspace import Workspace
from ppnet.assets import ASSETS
from ppnet.errors import UserError, sentence_for
from ppnet.log_file import log_path, start_log, uncaught_in_log
from ppnet.safe_streams import libraries_write_to
from ppnet.stop_signals import stop_signals
from tracking.video.factory import camera_name, open_source
from tracking.video.source import VideoSource

SIGNAL_MS = 200


def clear_foreign_plugins() -> None:
    """OpenCV points Qt at its own plug-ins when it is imported, and then no window opens: take that back."""
    for name in ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR"):
        if "cv2" in os.environ.get(name, ""):
            del os.environ[name]


def make_application(arguments: list[str]) -> QApplication:
    """The one QApplication, named and dressed."""
    clear_foreign_plugins()
    existing = QApplication.instance()
    app = existing if isinstance(existing, QApplication) else QApplication(arguments)
    QCoreApplication.setApplicationName("ppnet-live")
    QCoreApplication.setOrganizationName("ppnet-live")
    app.setApplicationDisplayName("PPNet Live")
    app.setDesktopFileName("ppnet-live")
    app.setWindowIcon(QIcon(str(ASSETS / "icons" / "ppnet-live.svg")))
    write_numbers_with_points()
    return app


def write_numbers_with_points() -> None:
    """The window is in English, whatever language the computer speaks: its fields write numbers as its sentences do.
    C libraries too: Qt has given them the computer's language, by which they would read 1.5 as 1.
    """
    QLocale.setDefault(QLocale.c())
    locale.setlocale(locale.LC_NUMERIC, "C")


def open_any(spec: str | Path, **wish: Any) -> VideoSource:
    """Any source; a camera is asked for `size_wh` and `frame_rate` where they are given."""
    name = camera_name(str(spec))
    if name is not None and wish:
        from tracking.video.camera import Camera

        return Camera(name, **wish)
    return open_source(spec)


def real_factories() -> Factories:
    """Cameras, files and networks as they are."""
    return Factories(
        open_source=open_any,
        build=build_processor,
        header=run_header,
        looker=real_looker,
        steps=SHED_STEPS,
        memory=resident_bytes,
    )


def make_window(app: QApplication, *, factories: Factories | None = None) -> MainWindow:
    """The window, dressed, with nothing open."""
    store = PreferencesStore()
    apply_theme(app, store.value.look)
    thread = WindowThread()
    with undressed(app):
        window = MainWindow(Workspace(factories or real_factories(), store.settings, post=thread.post), store)
    window.destroyed.connect(thread.end)
    return window


def run(path: Path | str | None = None) -> int:
    """Opens the window (with a file, when one is given) and stays until it is closed. The exit code."""
    start_log()
    qInstallMessageHandler(log_qt)
    app = make_application(sys.argv[:1])
    window = make_window(app)
    with libraries_write_to(log_path().with_name("libraries.log")), errors_told(window), closed_by_signals(window):
        window.show()
        AfterPaint(window, window.discovery.start)
        if path is not None:
            window.files.open_path(Path(path))
        code = app.exec()
        window.files.finishing.let_end()
        leave(code)
    return code


class AfterPaint(QObject):
    """Calls `action` as soon as the window can be seen: what loads large packages keeps it from being painted."""

    def __init__(self, window: MainWindow, action: Callable[[], object]) -> None:
        super().__init__(window)
        self._action = action
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            watched.removeEventFilter(self)
            QTimer.singleShot(0, self._action)
        return False


def log_qt(kind: QtMsgType, _context: QMessageLogContext, words: str) -> None:
    """What Qt has to say goes to the log; what ends the program also to stderr."""
    levels = {QtMsgType.QtDebugMsg: logging.DEBUG, QtMsgType.QtInfoMsg: logging.DEBUG}
    logging.getLogger("qt").log(levels.get(kind, logging.WARNING), "%s", words)
    if kind is QtMsgType.QtFatalMsg:
        print(words, file=sys.stderr)


@contextmanager
def errors_told(window: MainWindow) -> Iterator[None]:
    """While the block runs the window says when there was an error that nobody expected; a UserError that ended what a
    button began is its own sentence."""

    def tell(error: BaseException) -> None:
        is_plain = isinstance(error, UserError)
        words = str(error) if is_plain else sentence_for(error, WORDS.format(type(error).__name__))
        window.workspace.post(lambda: window.workspace.notify(words, "error", lasting=not is_plain))

    with uncaught_in_log(tell):
        yield


@contextmanager
def closed_by_signals(window: MainWindow) -> Iterator[None]:
    """While the block runs Ctrl+C, SIGTERM and SIGHUP close the window, which writes what is being recorded and asks
    nothing. One that comes while that goes on changes nothing: it takes as long as it takes, and no file is cut off.
    """
    with stop_signals(insistent=False) as stopped:
        look = QTimer(window)

        def close_if_asked() -> None:
            if stopped.event.is_set():
                look.stop()  # closing may take a while, in which events go on
                window.quit()

        look.timeout.connect(close_if_asked)
        look.start(SIGNAL_MS)
        yield
        look.stop()


def leave(code: int) -> None:
    """Ends the program at once where a network is still being loaded: that can't be stopped, and must not have the
    interpreter taken away from under it. Whatever writes files is waited for."""
    others = [thread for thread in threading.enumerate() if thread is not threading.main_thread()]
    for thread in others:
        if not thread.daemon:
            thread.join()
    logging.shutdown()
    if any(thread.is_alive() for thread in others):
        os._exit(code)
