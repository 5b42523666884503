"""`FileEngine`: every frame of a file, in order, into a session."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from app.engine.state import EngineState, ProcessorBuilder
from tracking.session import Session
from tracking.types import StageTimes
from tracking.video.source import VideoSource

S = TypeVar("S")
NO_TIME = StageTimes()


@dataclass(frozen=True, slots=True)
class FileProgress:
    """How far a file has come. `total` and `eta_s` are None while unknown; `complete`: all is in the session."""

    state: EngineState = EngineState.STOPPED
    done: int = 0
    total: int | None = None
    fps: float = 0.0
    eta_s: float | None = None
    people: int = 0
    times: StageTimes = NO_TIME
    device: str = ""
    complete: bool = False
    error: str | None = None


class FileEngine(Generic[S]):
    """Tracks a file into a session; the caller owns the session."""

    def __init__(
        self,
        open_source: Callable[[], VideoSource],
        build: ProcessorBuilder[S],
        settings: S,
        *,
        session: Session,
    ) -> None:
        """A session that holds frames already is gone on with where it stopped."""
        raise NotImplementedError

    def start(self) -> None:
        """Starts the threads and returns at once."""
        raise NotImplementedError

    def pause(self) -> None:
        """Holds after the frame at work."""
        raise NotImplementedError

    def resume(self) -> None:
        """Goes on after `pause`."""
        raise NotImplementedError

    def cancel(self, timeout_s: float = 2.0) -> bool:
        """Stops; what was tracked stays in the session. True when the threads have ended."""
        raise NotImplementedError

    def wait(self, timeout_s: float | None = None) -> bool:
        """Waits for the end; True when it is reached. Raises the error of a faulted run."""
        raise NotImplementedError

    def apply(self, settings: S) -> None:
        """Uses these settings from the next frame on."""
        raise NotImplementedError

    def progress(self) -> FileProgress:
        """How far it has come."""
        raise NotImplementedError
