"""Calls of other threads are made in the window's, as long as it is there."""

import threading

import shiboken6
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication

from app.gui.application import make_window


def test_calls_come_home_in_order_and_none_once_the_window_is_gone(qtbot, studio):
    app, made = QApplication.instance(), []
    window = make_window(app, factories=studio.factories())
    post = window.workspace.post
    sender = threading.Thread(
        target=lambda: [post(lambda n=n: made.append((n, threading.get_ident()))) for n in range(9)]
    )
    sender.start()
    sender.join()
    qtbot.waitUntil(lambda: len(made) == 9)
    assert made == [(n, threading.get_ident()) for n in range(9)]
    post(lambda: made.append("too late"))
    window.close()
    window.deleteLater()
    app.sendPostedEvents(window, QEvent.Type.DeferredDelete.value)
    assert not shiboken6.isValid(window)
    post(lambda: made.append("much too late"))
    app.processEvents()
    assert len(made) == 9
