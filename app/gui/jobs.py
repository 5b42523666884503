"""One-shot work in a thread of its own, its answer handed back to the window's thread."""

import threading
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Signal


class Job(QObject):
    """Runs `work()` once; `done(answer)` or `failed(exception)` arrive in the thread that made the job."""

    done = Signal(object)
    failed = Signal(object)

    def __init__(self, work: Callable[[], Any], *, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.answer: Any = None
        self._work = work
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begins."""
        self._thread.start()

    def wait(self, timeout_s: float) -> bool:
        """Waits for the end of the thread; False when it is still at work."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            self.answer = self._work()
        except Exception as error:  # noqa: BLE001 - a thread's top: whatever it is must reach the window
            self._tell(self.failed, error)
        else:
            self._tell(self.done, self.answer)

    def _tell(self, signal: Any, value: object) -> None:
        try:
            signal.emit(value)
        except RuntimeError:
            return  # the window is gone: nobody is left to tell
