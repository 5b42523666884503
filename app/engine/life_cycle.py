"""What the lives of all engines share: their states, and their end."""

import threading
import time
from collections.abc import Iterable
from enum import Enum


def program_is_ending() -> bool:
    """Whether the main thread is over. Threads that hold files are waited for at the end: then they finish."""
    return not threading.main_thread().is_alive()


def ended_within(threads: Iterable[threading.Thread], timeout_s: float | None) -> bool:
    """Waits for those of them that were started, for all together so long (None: to the end); True when all ended."""
    deadline = None if timeout_s is None else time.monotonic() + timeout_s
    started = [thread for thread in threads if thread.ident is not None]
    for thread in started:
        thread.join(None if deadline is None else max(0.0, deadline - time.monotonic()))
    return not any(thread.is_alive() for thread in started)


class EngineState(Enum):
    """Life cycle of an engine. FAULTED: it stopped by itself; `error` says why."""

    STOPPED = "stopped"
    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    FAULTED = "faulted"

    @property
    def is_active(self) -> bool:
        """Whether threads are running."""
        return self in (EngineState.STARTING, EngineState.RUNNING, EngineState.STOPPING)


class CameraState(Enum):
    """Whether the live source gives pictures."""

    OPENING = "opening"
    LIVE = "live"
    LOST = "lost"
