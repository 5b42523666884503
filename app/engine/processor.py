"""`Processor`: what engines compute with, and how it is handed in."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

from tracking.types import Frame, FrameResult

S = TypeVar("S")


class Processor(Protocol):
    """What turns a frame into a result; `tracking.pipeline.Pipeline` is one. Used by one thread only.

    It may have a `device_name: str` (what really runs), `notices` (sentences for the user that hold now), an
    `expect(frame)` (told which frame will probably come after the next one) and a `close()`.
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


def notices_of(processor: Processor) -> tuple[str, ...]:
    """What a processor has to say."""
    return tuple(getattr(processor, "notices", ()))


def expect(processor: Processor, frame: Frame) -> None:
    """Tells a processor that can look ahead which frame will probably come after the next one."""
    tell = getattr(processor, "expect", None)
    if tell is not None:
        tell(frame)


ProcessorBuilder = Callable[[S, Any], Processor]
"""build(settings, current): the processor to use from now on.

`current` is the one in use (None at first): give it back with the settings applied, or a new one.
Runs in the worker thread, between two frames. A UserError leaves `current` in use and is shown.
"""
