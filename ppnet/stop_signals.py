"""Ctrl+C, SIGTERM and SIGHUP as requests: long work ends in good order, what is saved then can be gone on from."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker
from types import FrameType
from typing import Any

HANG_UP: signal.Signals | None = getattr(signal, "SIGHUP", None)
"""The end of the terminal; there is none on Windows."""
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
    with _handled(_asked(), stopped.handle):
        yield stopped


class Ended(KeyboardInterrupt):
    """A request to end, `number`, met as Ctrl+C is."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


@contextmanager
def interrupted_by_signals() -> Iterator[None]:
    """While the block runs SIGTERM and SIGHUP interrupt it as Ctrl+C does, so that what is half made is removed; by
    themselves they would end the program on the spot. Where they are ignored (`nohup`) they stay so."""

    owner = os.getpid()

    def interrupt(number: int, _frame: FrameType | None) -> None:
        if os.getpid() == owner:
            raise Ended(number)
        signal.signal(number, signal.SIG_DFL)  # a forked helper, which its parent ends in this way
        os.kill(os.getpid(), number)

    with _handled([number for number in _asked() if signal.getsignal(number) is signal.SIG_DFL], interrupt):
        yield


@contextmanager
def children_held_back() -> Iterator[None]:
    """A process that is begun in the block sees no request to end before it calls `leave_to_parent`: a terminal sends
    Ctrl+C to everybody, and one that is still loading its modules would die of it.

    Here a request is met at the end of the block, so that what children are told is told whole."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    resource_tracker.ensure_running()  # it would be begun with the process, and lift what is set here
    with _met_afterwards():
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _requests())
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _met_afterwards() -> Iterator[None]:
    """Requests that come while the block runs are met after it. What a thread has blocked another one takes, and
    Python calls the handler in the main thread all the same."""
    come: list[int] = []
    heard = [number for number in _requests() if signal.getsignal(number) not in (signal.SIG_IGN, None)]
    try:
        with _handled(heard, lambda number, _frame: come.append(number)):
            yield
    finally:
        for asked in come:
            signal.raise_signal(asked)


@contextmanager
def _handled(numbers: Iterable[signal.Signals], handler: Callable[[int, FrameType | None], object]) -> Iterator[None]:
    """While the block runs these signals are for the handler; not outside the main thread, which alone has a say."""
    before: dict[signal.Signals, Any] = {}
    if threading.current_thread() is threading.main_thread():
        for number in numbers:
            before[number] = signal.signal(number, handler)
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)


def leave_to_parent(*numbers: signal.Signals | None) -> None:
    """In a child: these requests are ignored, as its parent says when to stop; all others are met again."""
    for number in numbers:
        if number is not None:
            signal.signal(number, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _requests())


def _requests() -> tuple[signal.Signals, ...]:
    return (signal.SIGINT, signal.SIGTERM) if HANG_UP is None else (signal.SIGINT, signal.SIGTERM, HANG_UP)


def _asked() -> tuple[signal.Signals, ...]:
    if HANG_UP is not None and signal.getsignal(HANG_UP) is signal.SIG_IGN:
        return (signal.SIGINT, signal.SIGTERM)
    return _requests()
