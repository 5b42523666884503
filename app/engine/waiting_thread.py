"""`WaitingThread`: a thread that waits for something to do until it is closed."""

import threading


class WaitingThread:
    """What is asked of it is kept under `_condition`. `_run` does the work in the thread, which begins with
    `_thread.start()` and is a daemon: it waits there and looks at `_is_closed`."""

    def __init__(self, name: str) -> None:
        self._condition = threading.Condition()
        self._is_closed = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def close(self, timeout_s: float = 3.0) -> bool:
        """Ends the thread; True when it has ended."""
        with self._condition:
            self._is_closed = True
            self._condition.notify_all()
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        raise NotImplementedError
