"""Answers: looked for when their page comes into view and whenever results or edits have changed; saved."""

from pathlib import Path

from app.engine.run_status import RunStatus
from app.gui.commands.base import Commands, WindowParts
from app.gui.commands.file import SO_FAR, FileCommands
from app.gui.commands.playback import PlaybackCommands
from app.gui.panels.answers import HINT, HINT_PART, NOTHING, AnswersPanel
from app.workspace.background_work import BackgroundWork, Progress
from app.workspace.opened_file import OpenedFile
from ppnet.errors import UserError
from tracking.answers.answers import Answers, answers_of
from tracking.answers.report import report_page, write_report
from tracking.answers.table import write_answers_csv
from tracking.drawing.style import SceneStyle
from tracking.session.edited_session import EditedSession

MORE = 1.25  # so many times the frames looked at are looked at again while the tracking runs
LEAST = 30
NOBODY = "Nobody was found in this video."
LOOKING = "Looking for steps, jumps and repetitions…"


class AnswersCommands(Commands):
    """One piece of work at a time, in a thread of its own."""

    def __init__(
        self, parts: WindowParts, panel: AnswersPanel, files: FileCommands, playback: PlaybackCommands
    ) -> None:
        super().__init__(parts)
        self._panel = panel
        self._files = files
        post = self._workspace.post
        self._search = BackgroundWork[tuple[Answers, ...]](
            "answers", post=post, done=self._found, failed=self._say_why_not
        )
        self._report = BackgroundWork[Path](
            "report", post=post, done=lambda path: files.tell_saved(path, self._so_far), failed=self._say_why_not
        )
        files.finishing.add(self._report, lambda: "Making the report…")
        self._everybody: tuple[Answers, ...] = ()
        self._known_of: object = None  # what the answers depend on
        self._frames, self._is_partial = 0, False  # how much was looked at
        self._so_far = ""
        panel.shown.connect(self.look)
        panel.timeWanted.connect(playback.seek)
        panel.saveTable.connect(self.save_table)
        panel.saveReport.connect(self.save_report)
        self._workspace.edited.connect(self.look)
        self._workspace.status_updated.connect(self._follow)
        self._workspace.closing.connect(self.shut_down)
        self._workspace.opened.connect(lambda _run: self._forget())
        self._workspace.closed.connect(self._forget)

    def look(self) -> None:
        """Looks for answers where the page is seen and what it shows is not of today."""
        run = self._workspace.opened_file
        if run is None or self._search.is_busy or not self._panel.isVisible():
            return
        session, is_partial = run.session, run.lacks(run.edited.plan.span)
        known_of = session.path, is_partial, session.frame_count, session.edits()
        if known_of == self._known_of:
            return

        def work(progress: Progress) -> tuple[Answers, ...]:
            edited = EditedSession(session)
            edited.refresh(cancelled=progress.cancelled)
            return answers_of(edited, tick=lambda _done: progress.tell(0.0))

        self._known_of = known_of
        self._frames, self._is_partial = session.frame_count, is_partial
        if not self._everybody:
            self._panel.show_answers((), LOOKING if session.frame_count else self._why_nothing())
        self._search.start(work)

    def save_table(self) -> None:
        """Every number as CSV."""
        run = self._workspace.opened_file
        if run is not None and self._is_known():
            path = self._files.new_file(f"{run.video.stem}_answers.csv")
            try:
                write_answers_csv(self._everybody, path)
            except UserError as error:
                self._workspace.notify(str(error), "error")
            else:
                self._files.tell_saved(path, SO_FAR if self._is_partial else "")

    def save_report(self, ending: str) -> None:
        """One page about the selected person, or about who did most."""
        run, chosen = self._workspace.opened_file, self._workspace.people.chosen
        found = [answers for answers in self._everybody if not answers.is_empty]
        if run is None or not found or not self._is_known():
            return
        if self._report.is_busy:
            self._workspace.notify("The previous report is still being made; try again in a moment.", "warning")
            return
        who = next((answers for answers in found if answers.person == chosen), max(found, key=lambda one: one.activity))
        path = self._files.new_file(f"{run.video.stem}_{who.person}_report{ending}")
        style = self._workspace.style
        self._so_far = SO_FAR if self._is_partial else ""
        self._report.start(lambda progress: _written_report(run, who, path, style, progress))

    def shut_down(self) -> None:
        """Gives up the search."""
        self._search.cancel(wait_s=3.0)

    def _is_known(self) -> bool:
        """Whether what the page shows is of today; says so when it isn't yet."""
        if self._search.is_busy:
            self._workspace.notify("Still looking for steps, jumps and repetitions; try again in a moment.", "warning")
        return not self._search.is_busy

    def _found(self, everybody: tuple[Answers, ...] | None) -> None:
        if everybody is not None and self._workspace.opened_file is not None:
            self._show(everybody)
            self.look()  # more may have come meanwhile

    def _say_why_not(self, why: str) -> None:
        self._workspace.notify(why, "error")

    def _forget(self) -> None:
        self._known_of = None
        self._frames, self._is_partial = 0, False
        self._show(())

    def _show(self, everybody: tuple[Answers, ...]) -> None:
        self._everybody = everybody
        run = self._workspace.opened_file
        hint = HINT if run is None or run.edited.plan.span.is_unlimited else HINT_PART
        hint = f"Only what has been tracked so far. {hint}" if self._is_partial else hint
        self._panel.show_answers(everybody, self._why_nothing(), hint=hint)

    def _why_nothing(self) -> str:
        """What the page says where there are no answers."""
        run = self._workspace.run
        if run is not None and run.is_live:
            return "Steps, jumps and repetitions are found in files only. Close the camera, then open its session."
        if run is not None and not run.session.frame_count:
            return "Nothing has been tracked yet."
        file = self._workspace.opened_file
        if file is None or self._known_of is None or self._is_outdated(file):
            return LOOKING
        if self._is_partial:
            return f"{NOTHING[:-1]} so far. Tracking is not finished."
        return NOTHING if file.session.last_track_id else NOBODY

    def _follow(self, status: RunStatus) -> None:
        run = self._workspace.opened_file
        if run is None:
            return
        if status.complete or self._is_outdated(run) or run.session.frame_count > MORE * self._frames + LEAST:
            self.look()

    def _is_outdated(self, run: OpenedFile) -> bool:
        """Whether what was missing when it was looked at is tracked by now."""
        return self._is_partial and not run.lacks(run.edited.plan.span)


def _written_report(run: OpenedFile, who: Answers, path: Path, style: SceneStyle, progress: Progress) -> Path:
    edited = EditedSession(run.session)
    edited.refresh(cancelled=progress.cancelled)

    def tick(_done: int) -> None:
        progress.tell(0.0)

    return write_report([report_page(edited, who, tick, style=style, video=run.video)], path)
