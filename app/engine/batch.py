"""`Batch`: many files one after the other, with a table of results."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path


class BatchState(Enum):
    """Where a file of the batch stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class BatchRow:
    """One file of the batch."""

    path: Path
    state: BatchState = BatchState.WAITING
    done: int = 0
    total: int | None = None
    fps: float = 0.0
    eta_s: float | None = None
    people: int = 0
    seconds: float = 0.0
    outputs: tuple[Path, ...] = ()
    message: str | None = None


@dataclass(frozen=True, slots=True)
class BatchOutcome:
    """What one finished file gave."""

    people: int
    outputs: tuple[Path, ...]


Report = Callable[[int, "int | None"], None]
RunOne = Callable[[Path, Report, Callable[[], bool]], BatchOutcome]
"""run_one(path, report(done, total), cancelled()) -> outcome; raises UserError for a file that cannot be done."""


class Batch:
    """Runs `run_one` for every file in one thread; one failure does not stop the others."""

    def __init__(self, paths: Iterable[Path], run_one: RunOne) -> None:
        raise NotImplementedError

    def add(self, path: Path) -> None:
        """One more file at the end."""
        raise NotImplementedError

    def start(self) -> None:
        """Starts the thread and returns at once."""
        raise NotImplementedError

    def cancel(self) -> None:
        """Stops the file at work and leaves the waiting ones undone."""
        raise NotImplementedError

    def cancel_file(self, path: Path) -> None:
        """Takes one file out."""
        raise NotImplementedError

    def wait(self, timeout_s: float | None = None) -> bool:
        """Waits for the end; True when it is reached."""
        raise NotImplementedError

    def rows(self) -> tuple[BatchRow, ...]:
        """The table, in order."""
        raise NotImplementedError

    def eta_s(self) -> float | None:
        """Seconds until all are done, from the mean of those done; None while unknown."""
        raise NotImplementedError
