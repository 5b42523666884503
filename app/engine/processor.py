"""`Processor`: what engines compute with, how it is handed in, and the one that is in use."""

from collections.abc import Callable
from typing import Any, Generic, Protocol, Self, TypeVar

from tracking.types import Frame, FrameResult

S = TypeVar("S")


class Processor(Protocol):
    """What turns a frame into a result; `tracking.pipeline.Pipeline` is one. Used by one thread only.

    It may have a `device_name: str` (what really runs) and `notices` (sentences for the user that hold now).
    """

    def process(self, frame: Frame) -> FrameResult:
        """Everything that is known of the frame."""
        ...

    def expect(self, frame: Frame) -> None:
        """The frame that will probably come after the one that is processed next, for those that can look ahead."""
        ...

    def reset(self) -> None:
        """Forgets all people; ids go on rising."""
        ...

    def close(self) -> None:
        """Frees what is its own."""
        ...


ProcessorBuilder = Callable[[S, Any], Processor]
"""build(settings, current): the processor to use from now on.

`current` is the one in use (None at first): give it back with the settings applied, or a new one.
Runs in the worker thread, between two frames. A UserError leaves `current` in use and is shown.
"""


class ProcessorInUse(Generic[S]):
    """The processor of an engine, with the settings that it has. Made, used and closed by one thread."""

    def __init__(self, build: ProcessorBuilder[S], settings: S) -> None:
        """Builds it: raises what that raises."""
        self._build = build
        self._processor = build(settings, None)
        self.settings = settings

    def change(self, settings: S) -> None:
        """Takes other settings into use. UserError when they can't be had: it goes on with those it has."""
        self._processor = self._build(settings, self._processor)
        self.settings = settings

    @property
    def device_name(self) -> str:
        """What really runs, where it says so."""
        return str(getattr(self._processor, "device_name", ""))

    @property
    def notices(self) -> tuple[str, ...]:
        """What it has to say."""
        return tuple(getattr(self._processor, "notices", ()))

    def process(self, frame: Frame) -> FrameResult:
        """See `Processor`."""
        return self._processor.process(frame)

    def expect(self, frame: Frame) -> None:
        """See `Processor`."""
        self._processor.expect(frame)

    def reset(self) -> None:
        """See `Processor`."""
        self._processor.reset()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._processor.close()
