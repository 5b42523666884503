"""`Batch`: many files one after the other, with a table of results."""

import logging
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

from app.engine.state import program_is_ending
from ppnet.errors import UserError

log = logging.getLogger(__name__)


class BatchState(Enum):
    """Where a file of the batch stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class BatchRow:
    """One file of the batch. message: why it failed."""

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
"""run_one(path, report(done, total), cancelled()) -> outcome; raises UserError for a file that cannot be done.

It looks at `cancelled()` at least every second and then returns or raises; what it returns is not used.
"""


class Batch:
    """Runs `run_one` for every file in one thread (`batch`); one failure does not stop the others."""

    def __init__(self, paths: Iterable[Path], run_one: RunOne) -> None:
        self._run_one = run_one
        self._lock = threading.Lock()
        self._rows = {path: BatchRow(path) for path in paths}
        self._cancelled = threading.Event()
        self._thread: threading.Thread | None = None
        self._begun_s = 0.0

    def add(self, path: Path) -> None:
        """One more file at the end; one that is in the batch and not at work or waiting is done again."""
        with self._lock:
            row = self._rows.get(path)
            if row is None or row.state not in (BatchState.WAITING, BatchState.RUNNING):
                self._rows.pop(path, None)
                self._rows[path] = BatchRow(path)

    def start(self) -> None:
        """Starts the thread, if it is not at work, and returns at once."""
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._cancelled.clear()
                self._thread = threading.Thread(target=self._run, name="batch")
                self._thread.start()

    def cancel(self) -> None:
        """Stops the file at work and leaves the waiting ones undone."""
        self._cancelled.set()
        with self._lock:
            for path, row in self._rows.items():
                if row.state in (BatchState.WAITING, BatchState.RUNNING):
                    self._rows[path] = replace(row, state=BatchState.CANCELLED, eta_s=None)

    def cancel_file(self, path: Path) -> None:
        """Takes one file out, also the one at work."""
        with self._lock:
            row = self._rows.get(path)
            if row is not None and row.state in (BatchState.WAITING, BatchState.RUNNING):
                self._rows[path] = replace(row, state=BatchState.CANCELLED, eta_s=None)

    def wait(self, timeout_s: float | None = None) -> bool:
        """Waits for the end; True when it is reached."""
        thread = self._thread
        if thread is None:
            return True
        thread.join(timeout_s)
        return not thread.is_alive()

    @property
    def is_running(self) -> bool:
        """Whether a file is at work or will be."""
        return self._thread is not None and self._thread.is_alive()

    def rows(self) -> tuple[BatchRow, ...]:
        """The table, in order."""
        with self._lock:
            return tuple(self._rows.values())

    def eta_s(self) -> float | None:
        """Seconds until all are done: what is left of the file at work, and the mean of those done for each other."""
        rows = self.rows()
        waiting = sum(row.state is BatchState.WAITING for row in rows)
        running = [row for row in rows if row.state is BatchState.RUNNING]
        done = [row.seconds for row in rows if row.state is BatchState.DONE]
        if not running and not waiting:
            return 0.0
        here = running[0].eta_s if running else 0.0
        if here is None:
            return None
        # Until one is done, the file at work is the best guess for the others.
        each = sum(done) / len(done) if done else (running[0].seconds + here if running else None)
        return None if each is None and waiting else here + waiting * (each or 0.0)

    # The thread

    def _run(self) -> None:
        while not self._cancelled.is_set() and not program_is_ending():
            with self._lock:
                path = next((path for path, row in self._rows.items() if row.state is BatchState.WAITING), None)
                if path is None:
                    return
                self._rows[path] = replace(self._rows[path], state=BatchState.RUNNING)
            self._do(path)

    def _do(self, path: Path) -> None:
        self._begun_s = time.monotonic()

        def report(done: int, total: int | None) -> None:
            self._report(path, done, total)

        try:
            outcome = self._run_one(path, report, lambda: self._is_cancelled(path))
        except UserError as error:
            self._end(path, BatchState.FAILED, message=str(error))
        except Exception as error:  # the top of a thread: the table says it and the next file is done
            log.exception("batch: %s", path)
            self._end(path, BatchState.FAILED, message=f"Something went wrong ({type(error).__name__}: {error}).")
        else:
            self._end(path, BatchState.DONE, people=outcome.people, outputs=outcome.outputs)

    def _is_cancelled(self, path: Path) -> bool:
        with self._lock:
            return self._cancelled.is_set() or program_is_ending() or self._rows[path].state is BatchState.CANCELLED

    def _report(self, path: Path, done: int, total: int | None) -> None:
        with self._lock:
            row, seconds = self._rows[path], time.monotonic() - self._begun_s
            rate = done / seconds if seconds > 0 else 0.0
            eta_s = None if total is None or rate <= 0 else max(0, total - done) / rate
            self._rows[path] = replace(row, done=done, total=total, fps=rate, eta_s=eta_s, seconds=seconds)

    def _end(self, path: Path, state: BatchState, **changes: object) -> None:
        with self._lock:
            row = self._rows[path]
            if row.state is BatchState.CANCELLED:
                return
            seconds = time.monotonic() - self._begun_s
            self._rows[path] = replace(row, state=state, eta_s=None, seconds=seconds, **changes)  # type: ignore[arg-type]
