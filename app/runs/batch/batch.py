"""`Batch`: many inputs tracked one after another with models that are loaded once, and a table of how each went."""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

from app.engine.life_cycle import program_is_ending
from app.runs.batch.inputs import earlier_report
from app.runs.further_formats import export_formats
from app.runs.outputs import OutputFolder, OutputPaths
from app.runs.track_job import Here, RunReport, Stage, Watch, Workplace
from ppnet.errors import UserError
from ppnet.log_file import unexpected
from tracking.run_settings import RunSettings
from tracking.video.address import redacted

STOPPED_BEFORE_FORMATS = (
    "It was stopped before all further formats were written; `export` writes them from the session."
)


class BatchState(Enum):
    """Where an input of the batch stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen to it."""
        return self not in (BatchState.WAITING, BatchState.RUNNING)


@dataclass(frozen=True, slots=True)
class BatchRow:
    """One input of the batch. stage: what is done while it runs; report: what came of it; error: why it failed."""

    spec: str
    state: BatchState = BatchState.WAITING
    stage: Stage = Stage.OPENING
    done: int = 0
    total: int | None = None
    fps: float = 0.0
    eta_s: float | None = None
    seconds: float = 0.0
    report: RunReport | None = None
    error: UserError | None = None

    @property
    def source(self) -> str:
        """The input as it may be stored: an address without who logs in."""
        return redacted(self.spec)

    @property
    def remarks(self) -> tuple[str, ...]:
        """All that is to be said of how it went: the notices of the run, and why it failed."""
        notices = self.report.notices if self.report else ()
        if self.error is None or str(self.error) == " ".join(notices):
            return notices
        return *notices, self.error.on_command_line

    @property
    def name(self) -> str:
        """The input in a few words, which do nothing to a terminal."""
        words = Path(self.source).name or self.source
        return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in words)


class Batch:
    """Tracks every input in turn; one failure, of whatever kind, does not stop the others."""

    def __init__(
        self,
        specs: Iterable[str | Path],
        settings: RunSettings,
        outputs: OutputFolder,
        *,
        on_change: Callable[[BatchRow], object] = lambda _row: None,
        places: Sequence[Workplace] = (),
    ) -> None:
        """on_change(row): called in the batch's threads, ten times a second while an input is tracked and at its end.

        places: where inputs are tracked, one at a time in each (default: in this process)."""
        self._settings, self._outputs = settings, outputs
        self._places = tuple(places) or (Here(settings),)
        self._on_change = on_change
        self._telling = threading.Lock()
        self._lock = threading.Lock()
        self._rows = dict(enumerate(BatchRow(str(spec)) for spec in specs))
        self._named: dict[int, OutputPaths | UserError] = {}
        self._begun_s: dict[int, float] = {}  # of those being tracked
        self._cancelled = threading.Event()
        self._thread: threading.Thread | None = None

    def add(self, spec: str | Path) -> None:
        """One more input at the end; one that is over already is done again."""
        with self._lock:
            same = [number for number, row in self._rows.items() if row.spec == str(spec)]
            if all(self._rows[number].state.is_over for number in same):
                number = max(self._rows, default=-1) + 1
                for old in same:
                    del self._rows[old]
                self._rows[number] = BatchRow(str(spec))

    def start(self) -> None:
        """Starts a thread that does all, unless it is running, and returns at once."""
        with self._lock:
            if not self.is_running:
                self._cancelled.clear()
                self._thread = threading.Thread(target=self._run_until_none_waits, name="batch")
                self._thread.start()

    def run(self) -> None:
        """Does all that wait; returns when that is done."""
        if len(self._places) == 1:
            self._work(self._places[0])
            return
        threads = [threading.Thread(target=self._work, args=(place,), name="batch") for place in self._places]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _run_until_none_waits(self) -> None:
        """Whoever adds an input while the last one ends may count on the thread that is still there."""
        while True:
            self.run()
            with self._lock:
                if self._is_to_end() or all(row.state is not BatchState.WAITING for row in self._rows.values()):
                    self._thread = None
                    return

    def cancel(self) -> None:
        """Stops the current input, whose finished part stays, and leaves the waiting ones undone."""
        self._cancelled.set()
        with self._lock:
            for number, row in self._rows.items():
                if not row.state.is_over:
                    self._rows[number] = replace(row, state=BatchState.CANCELLED, eta_s=None)

    def wait(self, timeout_s: float | None = None) -> bool:
        """Waits for the end; True when it is reached."""
        if (thread := self._thread) is not None:
            thread.join(timeout_s)
        return not self.is_running

    @property
    def is_running(self) -> bool:
        """Whether an input is being tracked or will be."""
        return (thread := self._thread) is not None and thread.is_alive()

    @property
    def is_cancelled(self) -> bool:
        """Whether what is added now is left undone until the next `start`."""
        return self._cancelled.is_set()

    def rows(self) -> tuple[BatchRow, ...]:
        """The table, in order."""
        now_s = time.monotonic()
        with self._lock:
            return tuple(
                replace(row, seconds=now_s - self._begun_s[number]) if number in self._begun_s else row
                for number, row in self._rows.items()
            )

    def eta_s(self) -> float | None:
        """Seconds until all are done: what is left of the current one, and the mean of those done for each other."""
        rows = self.rows()
        waiting = sum(row.state is BatchState.WAITING for row in rows)
        running = [row for row in rows if row.state is BatchState.RUNNING]
        done = [row.seconds for row in rows if row.state is BatchState.DONE]
        if not running and not waiting:
            return 0.0
        here = running[0].eta_s if running else 0.0
        if here is None:
            return None
        # Until one is done, the one that is running is the best guess for the others.
        each = sum(done) / len(done) if done else (running[0].seconds + here if running else None)
        return None if each is None and waiting else here + waiting * (each or 0.0)

    # The thread

    def _is_to_end(self) -> bool:
        return self._cancelled.is_set() or program_is_ending()

    def _work(self, place: Workplace) -> None:
        try:
            while (number := self._next()) is not None:
                self._do(number, place)
        finally:
            place.close()

    def _next(self) -> int | None:
        """Number of the next row, now being tracked; None when there is none."""
        if self._is_to_end():
            return None
        with self._lock:
            number = next((number for number, row in self._rows.items() if row.state is BatchState.WAITING), None)
            if number is not None:
                self._rows[number] = replace(self._rows[number], state=BatchState.RUNNING)
                self._named[number] = self._name(self._rows[number].spec)  # in the order of the inputs
            return number

    def _name(self, spec: str) -> OutputPaths | UserError:
        try:
            return self._outputs.paths_for(spec)
        except UserError as error:
            return error

    def _do(self, number: int, place: Workplace) -> None:
        begun_s = self._begun_s[number] = time.monotonic()

        def change(**changes: object) -> None:
            """What was said of the row when it was cancelled stays."""
            with self._lock:
                row = replace(self._rows[number], seconds=time.monotonic() - begun_s, **changes)  # type: ignore[arg-type]
                if row.state.is_over:
                    self._begun_s.pop(number, None)
                if self._rows[number].state is BatchState.CANCELLED:
                    row = replace(row, state=BatchState.CANCELLED, eta_s=None)
                self._rows[number] = row
            with self._telling:
                self._on_change(row)

        def watch(done: int, total: int | None, stage: Stage = Stage.TRACKING, /) -> bool:
            fps = done / max(time.monotonic() - begun_s, 1e-9)
            eta_s = max(0, total - done) / fps if total and fps else None
            change(done=done, total=total, stage=stage, fps=fps, eta_s=eta_s)
            return not self._is_to_end()

        change(state=BatchState.RUNNING)
        try:
            report, why = self._track(number, place, watch)
        except UserError as error:
            change(state=BatchState.FAILED, eta_s=None, error=error)
        except Exception as error:  # noqa: BLE001 - logged by `unexpected`
            words = unexpected(error, self._rows[number].name)
            change(state=BatchState.FAILED, eta_s=None, error=UserError(words))
        else:
            state = BatchState.DONE if why is None else BatchState.FAILED
            change(state=state, eta_s=None, error=why, report=report)

    def _track(self, number: int, place: Workplace, watch: Watch) -> tuple[RunReport, UserError | None]:
        """What came of it, and what is missing of what was asked for."""
        spec, paths = self._rows[number].spec, self._named.pop(number)
        if isinstance(paths, UserError):
            raise paths
        earlier = earlier_report(paths, spec, self._settings) if self._outputs.resumes else None
        report = earlier or place.track(spec, paths, watch)
        formats, session = self._outputs.wanted.formats, report.paths.session
        if not formats or session is None or not (report.complete or report.cut_off):
            return report, _incomplete(report)
        exports, why = export_formats(
            session, formats, self._is_to_end, overwrite=self._outputs.overwrites, goes_on=earlier is not None
        )
        if why is None and len(exports) < len(formats):
            report = replace(report, notices=(*report.notices, STOPPED_BEFORE_FORMATS))
        return replace(report, exports=exports), why or _incomplete(report)


def _incomplete(report: RunReport) -> UserError | None:
    return None if report.complete else UserError(" ".join(report.notices) or "It stopped before its end.")
