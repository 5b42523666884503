"""What all engines share: life-cycle states and the shape of the parts that are handed in."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum
from typing import Any, Protocol, TypeVar

from tracking.types import Frame, FrameResult

S = TypeVar("S")


def program_is_ending() -> bool:
    """Whether the main thread is over. Threads that hold files are waited for at the end: then they finish."""
    return not threading.main_thread().is_alive()


class EngineState(Enum):
    """Life cycle of an engine. FAULTED: it stopped by itself; `error` says why."""

    STOPPED = "stopped"
    STARTING = "starting"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPING = "stopping"
    FAULTED = "faulted"

    @property
    def is_active(self) -> bool:
        """Whether threads are at work."""
        return self in (EngineState.STARTING, EngineState.RUNNING, EngineState.PAUSED, EngineState.STOPPING)


class CameraState(Enum):
    """Whether the live source gives pictures."""

    OPENING = "opening"
    LIVE = "live"
    LOST = "lost"


class Processor(Protocol):
    """What turns a frame into a result; `tracking.pipeline.Pipeline` is one. Used by one thread only.

    It may have a `device_name: str` (what really runs) and a `close()`.
    """

    def process(self, frame: Frame) -> FrameResult:
        """Everything that is known of the frame."""
        ...

    def reset(self) -> None:
        """Forgets all people; ids go on rising."""
        ...


@contextmanager
def closing_processor() -> Iterator[list[Processor]]:
    """Holds the processor in use; closes it at the end, in the thread that used it, where it can be closed."""
    used: list[Processor] = []
    try:
        yield used
    finally:
        close = getattr(used[-1], "close", None) if used else None
        if close is not None:
            close()


ProcessorBuilder = Callable[[S, Any], Processor]
"""build(settings, current): the processor to use from now on.

`current` is the one in use (None at first): give it back with the settings applied, or a new one.
Runs in the worker thread, between two frames. A UserError leaves `current` in use and is shown.
"""
