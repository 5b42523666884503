"""Answers: looked for when their page comes into view and whenever results or edits have changed; saved."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from app.engine.run_status import RunStatus
from app.gui.answers_panel import NOTHING, AnswersPanel
from app.gui.commands import Commands, WindowParts
from app.gui.file_commands import FileCommands, show_in_folder
from app.gui.playback_commands import PlaybackCommands
from app.runs.job import Job
from app.runs.result_paths import free_path
from app.runs.what_is_open import OpenedFile
from ppnet.errors import UserError
from tracking.answers.answers import Answers, answers_of
from tracking.answers.report import report_page, write_report
from tracking.answers.table import write_answers_csv
from tracking.drawing.style import SceneStyle
from tracking.export.progress import ExportCancelled
from tracking.session.edited_session import EditedSession


class AnswersCommands(Commands):
    """One piece of work at a time, in a thread of its own."""

    def __init__(
        self, parts: WindowParts, panel: AnswersPanel, files: FileCommands, playback: PlaybackCommands
    ) -> None:
        super().__init__(parts)
        self._panel = panel
        self._files = files
        self._job: Job[Any] | None = None
        self._cancelled = threading.Event()
        self._everybody: tuple[Answers, ...] = ()
        self._known_of: object = None  # what the answers depend on
        panel.shown.connect(self.look)
        panel.timeWanted.connect(playback.seek)
        panel.saveTable.connect(self.save_table)
        panel.saveReport.connect(self.save_report)
        self._workspace.edited.connect(self.look)
        self._workspace.status_updated.connect(self._follow)
        self._workspace.closing.connect(self.shut_down)
        self._workspace.closed.connect(lambda: self._show(()))

    def look(self) -> None:
        """Looks for answers where the page is seen and what it shows is not of today."""
        run = self._workspace.opened_file
        if run is None or self._job is not None or not self._panel.isVisible():
            return
        known_of = run.session.path, run.session.frame_count, run.session.edits()
        if known_of == self._known_of:
            return
        session, cancelled = run.session, self._cancelled
        cancelled.clear()

        def work() -> tuple[Answers, ...]:
            edited = EditedSession(session)
            edited.refresh(cancelled=cancelled.is_set)
            return answers_of(edited)

        self._known_of = known_of
        self._begin(work, self._found)

    def save_table(self) -> None:
        """Every number as CSV."""
        run = self._workspace.opened_file
        if run is not None:
            path = self._place(f"{run.video.stem}_answers.csv")
            try:
                write_answers_csv(self._everybody, path)
            except OSError as error:
                self._workspace.notify(f"The table could not be written to {path}: {error.strerror}.", "error")
            else:
                self._tell(path)

    def save_report(self) -> None:
        """One page about the chosen person, or about who did most."""
        run, chosen = self._workspace.opened_file, self._workspace.people.chosen
        found = [answers for answers in self._everybody if not answers.is_empty]
        if run is None or not found:
            return
        if self._job is not None:
            self._workspace.notify("Still computing; try again in a moment.", "warning")
            return
        who = next((answers for answers in found if answers.person == chosen), max(found, key=lambda one: one.deeds))
        path = self._place(f"{run.video.stem}_{who.person}_report.pdf")
        style, cancelled = SceneStyle(self._workspace.layers, self._workspace.people), self._cancelled
        cancelled.clear()
        self._begin(lambda: _report(run, who, path, style, cancelled), self._told)

    def shut_down(self) -> None:
        """Gives up what is under way."""
        self._cancelled.set()
        if self._job is not None:
            self._job.wait(3.0)

    def _begin(self, work: Callable[[], Any], done: Callable[[Any], object]) -> None:
        if not self._everybody:
            self._panel.show_answers((), "Looking for steps, jumps and repetitions…")
        self._job = Job(work, name="answers", post=self._workspace.post, done=done, failed=self._failed)

    def _found(self, everybody: tuple[Answers, ...]) -> None:
        self._job = None
        if self._workspace.opened_file is not None and not self._cancelled.is_set():
            self._show(everybody)
            self.look()  # more may have come meanwhile

    def _told(self, path: Path | None) -> None:
        self._job = None
        if path is not None:
            self._tell(path)

    def _failed(self, error: Exception) -> None:
        self._job = None
        if self._cancelled.is_set():
            return
        if not isinstance(error, UserError | OSError):
            raise error
        self._workspace.notify(str(error), "error")

    def _show(self, everybody: tuple[Answers, ...]) -> None:
        self._everybody = everybody
        if not everybody and self._workspace.opened_file is None:
            self._known_of = None
        self._panel.show_answers(everybody, NOTHING)

    def _follow(self, status: RunStatus) -> None:
        if status.complete:
            self.look()

    def _place(self, name: str) -> Path:
        folder = self._files.record_folder()
        folder.mkdir(parents=True, exist_ok=True)
        return free_path(folder / name)

    def _tell(self, path: Path) -> None:
        self._workspace.offer(f"Saved {path.name}", "Show in folder", lambda: show_in_folder(path))


def _report(run: OpenedFile, who: Answers, path: Path, style: SceneStyle, cancelled: threading.Event) -> Path | None:
    edited = EditedSession(run.session)
    edited.refresh(cancelled=cancelled.is_set)

    def tick(_done: int) -> None:
        if cancelled.is_set():
            raise ExportCancelled

    try:
        return write_report(report_page(edited, who, tick, style=style, video=run.video, near=run.nearby()), path)
    except ExportCancelled:
        return None
