"""Ctrl+C, SIGTERM and SIGHUP as requests: long work ends in good order, what is saved then can be gone on from."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

TOGETHER_S = 1.0
"""Signals within this time are one request: a terminal that closes sends several."""


class StopSignal:
    """Set by Ctrl-C or a request to end; `number` is the signal. insistent: see `stop_signals`."""

    def __init__(self, *, insistent: bool = True) -> None:
        self._is_insistent = insistent
        self.event = threading.Event()
        self.number: int | None = None
        self._asked_s = 0.0

    def handle(self, number: int, frame: FrameType | None) -> None:
        """The first time ask the run to end; the second time, a while later, end at once."""
        if self.event.is_set():
            if self._is_insistent and time.monotonic() - self._asked_s >= TOGETHER_S:
                raise KeyboardInterrupt
            return
        self.number, self._asked_s = number, time.monotonic()
        self.event.set()


@contextmanager
def stop_signals(*, insistent: bool = True) -> Iterator[StopSignal]:
    """While the block runs Ctrl+C and SIGTERM are requests, even where the shell had them ignored (`&`); so is the end
    of the terminal (SIGHUP), unless it is ignored (`nohup`).

    insistent: a second one, a while later, ends the work at once (KeyboardInterrupt). Only the main thread sees them.
    """
    stopped = StopSignal(insistent=insistent)
    if threading.current_thread() is not threading.main_thread():
        yield stopped
        return
    before: dict[signal.Signals, Any] = {}
    for number in _asked():
        before[number] = signal.signal(number, stopped.handle)
    try:
        yield stopped
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _asked() -> tuple[signal.Signals, ...]:
    hang_up = getattr(signal, "SIGHUP", None)  # not on Windows
    if hang_up is None or signal.getsignal(hang_up) is signal.SIG_IGN:
        return (signal.SIGINT, signal.SIGTERM)
    return (signal.SIGINT, signal.SIGTERM, hang_up)
