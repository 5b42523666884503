"""The only place where other threads and Qt meet: the workspace is polled by timers, and answers are brought home."""

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from app.workspace.workspace import Workspace

PICTURE_MS = 15
STATUS_MS = 250


class WindowThread(QObject):
    """Has calls of other threads made in the window's thread, in the order in which they were posted.

    Nobody's child: who may still post holds it, so that it is never deleted under the hands of another thread.
    """

    _posted = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._is_over = False
        self._posted.connect(self._do, Qt.ConnectionType.QueuedConnection)

    def post(self, call: Callable[[], object]) -> None:
        """The call is made soon; never, once the window is gone."""
        self._posted.emit(call)

    def end(self) -> None:
        """The window is gone: no call is made any more."""
        self._is_over = True

    def _do(self, call: Callable[[], object]) -> None:
        if not self._is_over:
            call()


class WorkspaceTimers(QObject):
    """Polls what is open. A slow screen misses pictures; none ever queue up."""

    def __init__(self, workspace: Workspace, *, parent: QObject) -> None:
        super().__init__(parent)
        self._timers = []
        for interval_ms, poll in ((PICTURE_MS, workspace.poll_picture), (STATUS_MS, workspace.poll_status)):
            timer = QTimer(self)
            timer.setTimerType(Qt.TimerType.PreciseTimer)
            timer.setInterval(interval_ms)
            timer.timeout.connect(poll)
            workspace.closed.connect(timer.stop)
            self._timers.append(timer)
        workspace.opened.connect(lambda _run: self._start())

    def _start(self) -> None:
        for timer in self._timers:
            timer.start()

    @property
    def are_running(self) -> bool:
        """Whether anything is polled."""
        return any(timer.isActive() for timer in self._timers)
