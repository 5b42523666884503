"""Life-cycle states that all engines share."""

import threading
from enum import Enum


def program_is_ending() -> bool:
    """Whether the main thread is over. Threads that hold files are waited for at the end: then they finish."""
    return not threading.main_thread().is_alive()


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
