"""Compare: opens the window that lays two people, attempts or files on each other, and writes its video."""

from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QFileDialog

from app.gui.commands.base import Commands, WindowParts
from app.gui.commands.file import FileCommands, show_in_folder
from app.gui.dialogs.buttons import open_once
from app.gui.dialogs.compare import Choice, CompareWindow
from app.workspace.background_work import BackgroundWork, Progress
from ppnet.errors import UserError
from tracking.comparison import Comparison, picture_count, write_comparison
from tracking.session.edited_session import EditedSession
from tracking.session.naming import find_video
from tracking.session.person_tracks import exported_people
from tracking.session.session import Session


class CompareCommands(Commands):
    """One comparison at a time; it is closed with its file."""

    def __init__(self, parts: WindowParts, files: FileCommands) -> None:
        super().__init__(parts)
        workspace, actions = parts.workspace, parts.actions
        self._files = files
        self._opened: list[Session] = []  # other files
        self.shown: CompareWindow | None = None
        self._so_far = ""
        self._writing = BackgroundWork[Path]("compare", post=workspace.post, done=self._written, failed=self._failed)
        files.finishing.add(self._writing, lambda: "Saving the comparison…")
        self._ticker = QTimer(self, interval=200)
        self._ticker.timeout.connect(self._tick)
        actions.connect({"compare": self.compare})
        workspace.opened.connect(lambda run: actions.enable(("compare",), not run.is_live))
        workspace.layers_changed.connect(lambda layers: self.shown.set_layers(layers) if self.shown else None)
        workspace.edited.connect(self._follow_edits)
        workspace.closing.connect(self.shut_down)
        workspace.closed.connect(lambda: actions.enable(("compare",), False))
        actions.enable(("compare",), False)

    def compare(self) -> None:
        """Opens the window with what is open on both sides."""
        run = self._workspace.opened_file
        if run is None:
            return
        if self.shown is not None:
            self.shown.raise_()
            return
        try:
            choice = _choice(EditedSession(run.session), run.video)
        except UserError as error:
            self._workspace.notify(str(error), "warning")
            return
        shown = CompareWindow(choice, choice, layers=self._workspace.layers, parent=self._window)
        shown.saveWanted.connect(self.save)
        shown.otherFileWanted.connect(self.ask_other)
        shown.finished.connect(lambda _code: self._forget())
        shown.destroyed.connect(self._forget)
        self.shown = shown
        shown.show()

    def ask_other(self) -> None:
        """Asks for a session to compare with."""
        run = self._workspace.opened_file
        dialog = QFileDialog(self.shown, "Compare with", str(run.session.path.parent) if run is not None else "")
        dialog.setNameFilter("Sessions (*.ppnet)")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda path: self.take_other(Path(path)))
        open_once(dialog)

    def take_other(self, path: Path) -> None:
        """Compares with the people in another session."""
        if self.shown is None:
            return
        try:
            session = Session.open(path)
            self._opened.append(session)
            find_video(session)  # says so when it is gone
            self.shown.set_second(_choice(EditedSession(session), None))
        except UserError as error:
            self._say(str(error), "error")

    def save(self, comparison: Comparison, speed: float = 1.0) -> None:
        """Writes the video, `speed` times as fast as life."""
        run = self._workspace.opened_file
        if run is None or self._writing.is_busy:
            return
        path, count = self._files.new_file(f"{run.video.stem}_compared.mp4"), picture_count(comparison, speed)

        def work(progress: Progress) -> Path:
            return write_comparison(comparison, path, lambda done: progress.tell(done / count), speed=speed)

        self._so_far = self._files.so_far()
        self._ticker.start()
        self._writing.start(work)

    def shut_down(self) -> None:
        """Closes the window."""
        if self.shown is not None:
            self.shown.close()
        self._forget()

    def _follow_edits(self) -> None:
        """Compares people as they are now; nobody is left to compare: no window."""
        run = self._workspace.opened_file
        if run is None or self.shown is None:
            return
        try:
            self.shown.renew(_choice(EditedSession(run.session), run.video))
        except UserError as error:
            self._workspace.notify(str(error), "warning")
            self.shown.close()

    def _tick(self) -> None:
        if self.shown is not None and self._writing.is_busy:
            self.shown.show_progress(self._writing.share)

    def _written(self, path: Path | None) -> None:
        self._end()
        if self.shown is None or path is None:
            self._files.tell_saved(path, self._so_far)
        else:
            words = f"Saved {path.name}{self._so_far}"
            self.shown.banner.say(words, button="Show in folder", action=lambda: show_in_folder(path))

    def _failed(self, words: str) -> None:
        self._end()
        self._say(words, "error")

    def _say(self, words: str, kind: str) -> None:
        """In the window of the comparison where it is open: it may hide the other one."""
        if self.shown is not None:
            self.shown.banner.tell(words, kind)
        else:
            self._workspace.notify(words, kind)

    def _end(self) -> None:
        self._ticker.stop()
        if self.shown is not None:
            self.shown.show_progress(None)
        else:
            self._forget()

    def _forget(self) -> None:
        self.shown = None
        if not self._writing.is_busy:
            for session in self._opened:
                session.close()
            self._opened.clear()


def _choice(edited: EditedSession, video: Path | None) -> Choice:
    """Everybody in a session who is shown. UserError when there is nobody."""
    people = tuple((person, edited.name(person)) for person in exported_people(edited))
    if not people:
        raise UserError(f"Nobody has been seen in {edited.stored.path.name} yet; there is nobody to compare.")
    return Choice(edited, video, people)
