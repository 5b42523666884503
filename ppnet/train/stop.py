"""Ctrl+C and SIGTERM end a run between two steps: what is saved then can be gone on from exactly."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any


class StopRequest:
    """`wanted` once somebody asked for the end."""

    def __init__(self) -> None:
        self.wanted = False

    def handle(self, number: int, frame: FrameType | None) -> None:
        """The first time the step is finished; the second time ends it at once, what was saved before stays."""
        if self.wanted:
            raise KeyboardInterrupt
        self.wanted = True


@contextmanager
def stop_requests() -> Iterator[StopRequest]:
    """While the block runs Ctrl+C and SIGTERM are requests, even where the shell had them ignored (`nohup`, `&`).

    Only the main thread can see them.
    """
    request = StopRequest()
    if threading.current_thread() is not threading.main_thread():
        yield request
        return
    before: dict[signal.Signals, Any] = {}
    for number in (signal.SIGINT, signal.SIGTERM):
        before[number] = signal.signal(number, request.handle)
    try:
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
