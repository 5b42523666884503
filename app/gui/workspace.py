"""`Workspace`: the one object that knows what is open. It holds the run, the chosen person and the settings."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.engine.run_status import Notice, RunStatus
from app.gui.bridge import EngineBridge
from app.gui.jobs import Job
from app.gui.picture_painter import PeopleStyle
from app.runs.continued_settings import changes_between
from app.runs.opened import OpenedCamera, OpenedFile, Parts, Run, open_camera, open_file, open_session
from app.settings import TrackSettings
from ppnet.errors import UserError
from tracking.session.edited_session import EditedSession
from tracking.session.edits import ChooseSmoothing, Edit
from tracking.session.session import SUFFIX

Place = tuple[float, float, float]
CLOSING_S = 30.0  # longer than any network takes to load


class Workspace(QObject):
    """Opens and closes runs and tells the panels. Panels never talk to each other, only through this."""

    opened = Signal(object)  # Run
    closed = Signal()
    busyChanged = Signal(str)  # what is being waited for; empty when nothing
    notified = Signal(str, str)  # a sentence for the user, its kind (info, warning, error)
    withdrawn = Signal(str)  # a sentence that does not hold any more
    actionOffered = Signal(str, str, object)  # a sentence, words on a button, what the button does
    peopleChanged = Signal(object)  # PeopleStyle: who is chosen, hidden, named
    edited = Signal()  # edits were made or taken back
    settingsChanged = Signal(object)

    def __init__(self, parts: Parts, settings: TrackSettings, *, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.parts = parts
        self.settings = settings
        """Those of the run that is open, else those with which the next one begins."""
        self._own = settings
        self.run: Run | None = None
        self.people = PeopleStyle()
        self.bridge = EngineBridge(self)
        self.bridge.statusUpdated.connect(self._follow)
        self._notices: dict[str, Notice] = {}  # those that were told, by id
        self._holding: frozenset[str] = frozenset()  # ids of those that held when last looked
        self._job: Job | None = None
        self._abandoned = threading.Event()
        self._closing: threading.Event | None = None  # of a run whose network was still being loaded
        self._smoothing_job: Job | None = None
        self._smoothing_due = False
        self._smoothed_frames = -1  # how many the session held when it was last looked at whole
        self._cancel_smoothing = threading.Event()

    # Opening and closing

    def open_path(self, path: Path) -> None:
        """A video, image, folder or session file."""
        if path.name.endswith(SUFFIX):
            self._keep_only(None)
            self._open(lambda: open_session(path, self.settings, parts=self.parts), f"Opening {path.name}…")
        else:
            self.open_video(path)

    def open_video(self, path: Path, *, again: bool = False, only: Place | None = None) -> None:
        """A video or folder of images; `again` tracks it anew although a session of it is there, perhaps for the one
        person who is at a place (see `TrackSettings.only`)."""
        self._keep_only(only)
        self._open(lambda: open_file(path, self.settings, parts=self.parts, again=again), f"Opening {path.name}…")

    def open_live(self, spec: str, *, folder: Path, name: str = "", wish: Mapping[str, object] | None = None) -> None:
        """A camera or a network address; `wish` names what is asked of a camera (`size_wh`, `frame_rate`)."""
        self._keep_only(None)
        self._open(
            lambda: open_camera(spec, self.settings, parts=self.parts, folder=folder, name=name, wish=wish),
            f"Opening {name or spec}…",
        )

    def _keep_only(self, only: Place | None) -> None:
        """One person is chosen in one video; the next begins with everybody."""
        self._own = replace(self._own, only=only)
        self._show_settings(self._own)

    def _open(self, work: Callable[[], Run], words: str) -> None:
        if self._job is not None:
            return
        self.close_run()
        self._abandoned = abandoned = threading.Event()
        closing, self._closing = self._closing, None

        def open_run() -> Run:
            if closing is not None:
                closing.wait(CLOSING_S)  # perhaps the same session
            run = work()
            if abandoned.is_set():
                run.close()
            return run

        self._job = Job(open_run, name="open", parent=self)
        self._job.done.connect(self._ready)
        self._job.failed.connect(self._failed)
        self.busyChanged.emit(words)
        self._job.start()

    def _ready(self, run: Run) -> None:
        self._end_job()
        if self._abandoned.is_set():
            run.close()
            return
        self.run = run
        run.start()
        self.bridge.watch(run.feed)
        self._notices, self._holding = {}, frozenset()
        self._read_people(chosen=None)
        self._show_settings(run.settings)
        self.opened.emit(run)
        self._smoothed_frames = -1
        self.smooth_when_complete()

    def _follow(self, status: RunStatus) -> None:
        """Takes over what the run says of itself."""
        if self.opened_camera is not None:
            self.opened_camera.learn_source()
        self._tell_once(status.notices)
        if status.state.is_active and status.settings is not None:
            self._show_settings(status.settings)  # others where those that were asked for were refused

    def _tell_once(self, notices: Sequence[Notice]) -> None:
        """Tells what was not told before; takes back what does not hold any more."""
        for notice in notices:
            if notice.id not in self._notices:
                self._notices[notice.id] = notice
                self.notified.emit(notice.words, notice.kind)
        holding = frozenset(notice.id for notice in notices)
        for gone in self._holding - holding:
            self.withdrawn.emit(self._notices[gone].words)
        self._holding = holding

    def _failed(self, error: Exception) -> None:
        self._end_job()
        if not isinstance(error, UserError):
            raise error
        self.notified.emit(str(error), "error")

    def _end_job(self) -> None:
        self._job = None
        self.busyChanged.emit("")

    def close_run(self) -> bool:
        """Closes what is open; True when every thread has ended."""
        run, self.run = self.run, None
        self.bridge.watch(None)
        self._smoothing_due = False
        self._cancel_smoothing.set()
        if self._smoothing_job is not None:
            self._smoothing_job.wait(1.0)
            self._smoothing_job = None
        if run is None:
            return True
        ended = run.close()
        if isinstance(run, OpenedFile) and not run.closed.is_set():
            self._closing = run.closed
        self.people = PeopleStyle()
        self._show_settings(self._own)
        self.closed.emit()
        return ended

    def shut_down(self) -> bool:
        """Closes what is open or about to open; for the end of the program."""
        self._abandoned.set()
        if self._job is not None and self._job.wait(1.0) and isinstance(self._job.answer, OpenedFile | OpenedCamera):
            self._job.answer.close()
        return self.close_run()

    def notify(self, words: str, kind: str = "info") -> None:
        """Tells the user a sentence; kind: info, warning or error."""
        self.notified.emit(words, kind)

    def offer(self, words: str, button: str, deed: Callable[[], object]) -> None:
        """Tells the user a sentence, and what can be done at the click of a button."""
        self.actionOffered.emit(words, button, deed)

    # Settings and people

    def _show_settings(self, settings: TrackSettings) -> None:
        """The settings are these now, whoever changed them."""
        if settings != self.settings:
            self.settings = settings
            self.settingsChanged.emit(settings)

    def apply(self, settings: TrackSettings) -> None:
        """Uses these settings from the next frame on; steadiness also for what is tracked already."""
        if settings == self.settings:
            return
        before, self.settings = self.settings, settings
        changed = {change.name: change.after for change in changes_between(before, settings, 0.0)}
        self._own = replace(self._own, **changed)
        if self.run is not None:
            self.run.apply(settings)
        self._offer_to_track_again(before, settings)
        if smoothing_of(settings) != smoothing_of(before) and self.opened_file is not None:
            self._smoothing_due = True
            self.smooth_when_complete()
        self.settingsChanged.emit(settings)

    def follow_only(self, only: Place | None) -> None:
        """What is still to be tracked is about the one person at a place (see `TrackSettings.only`), or everybody."""
        if only == self.settings.only:
            return
        self.apply(replace(self.settings, only=only))
        if self.run is not None:
            try:
                header = self.run.session.header
                self.run.session.set_header(replace(header, settings={**header.settings, "only": only}))
            except UserError as error:
                self.notified.emit(str(error), "error")

    def track_again(self, *, only: Place | None = None) -> None:
        """Opens what is open anew, with the settings as they are; a file loses its edits. `only`: for one person."""
        file, live = self.opened_file, self.opened_camera
        if file is not None:
            self.open_video(file.video, again=True, only=only)
        elif live is not None:
            self.open_live(live.spec, folder=live.session.path.parent, name=live.name, wish=live.wish)

    def _offer_to_track_again(self, before: TrackSettings, after: TrackSettings) -> None:
        run = self.run
        if run is None:
            return
        if replace(before, only=after.only) == after:
            return  # choosing one person says for itself what it means
        turned = before.adaptation != after.adaptation
        done = not run.is_live and run.session.complete and smoothing_free(before) != smoothing_free(after)
        if turned or done:
            words = "This counts from the next start on." if turned else "All frames are tracked already."
            lost = "" if run.is_live or not run.session.edits() else " (edits are lost)"
            self.actionOffered.emit(f"{words} Track again with these settings?{lost}", "Track again", self.track_again)

    def smooth_when_complete(self) -> None:
        """Makes the steadiness that was asked for, now or when the run was begun, once everything is tracked; until
        then it would be half of it."""
        run = self.opened_file
        if run is None or not run.session.complete:
            return
        if self._smoothing_due:
            self._smoothing_due = False
            self.edit(smoothing_of(self.settings))
        elif run.session.frame_count != self._smoothed_frames:
            run.refresh()
            self._smooth_if_needed(run)
        self._smoothed_frames = run.session.frame_count

    def choose(self, person: int | None) -> None:
        """Makes a person the chosen one; None for nobody."""
        if person != self.people.chosen:
            self.people = replace(self.people, chosen=person)
            self.peopleChanged.emit(self.people)

    def edit(self, edit: Edit) -> None:
        """Puts an edit on the session; everything shown and exported follows."""
        self._change(lambda run: run.session.add_edit(edit))

    def undo(self) -> None:
        """Takes the newest edit back."""
        self._change(lambda run: run.session.undo())

    def redo(self) -> None:
        """Puts back what was undone last."""
        self._change(lambda run: run.session.redo())

    def _change(self, deed: Callable[[Run], object]) -> None:
        if self.run is None:
            return
        try:
            deed(self.run)
        except UserError as error:
            self.notified.emit(str(error), "error")
            return
        self.run.refresh()
        self._read_people(chosen=self.people.chosen)
        self.edited.emit()
        self._smooth_if_needed(self.run)

    def _smooth_if_needed(self, run: Run) -> None:
        if run.replay.needs_smoothing:
            self._smooth_again(run)

    def _smooth_again(self, run: Run) -> None:
        """Smooths all that was tracked anew, in a thread of its own; the old curves stay until it is done."""
        self._cancel_smoothing.set()
        self._cancel_smoothing = cancelled = threading.Event()
        fresh = EditedSession(run.session)

        def work() -> None:
            fresh.refresh(cancelled=cancelled.is_set)

        def done(_answer: object) -> None:
            if self.run is run and not cancelled.is_set():
                run.replay = fresh
                run.refresh()
                self.edited.emit()

        job = Job(work, name="smooth", parent=self)
        job.done.connect(done)
        job.failed.connect(lambda error: self.notified.emit(f"The smoothing could not be made: {error}", "error"))
        job.start()
        self._smoothing_job = job

    def _read_people(self, *, chosen: int | None) -> None:
        if self.run is None:
            return
        plan = self.run.replay.plan
        self.people = PeopleStyle(chosen, frozenset(plan.hidden), dict(plan.names))
        self.peopleChanged.emit(self.people)

    @property
    def opened_file(self) -> OpenedFile | None:
        """The open file; None when live or nothing is open."""
        return self.run if isinstance(self.run, OpenedFile) else None

    @property
    def opened_camera(self) -> OpenedCamera | None:
        """The open live run; None when there is none."""
        return self.run if isinstance(self.run, OpenedCamera) else None


def smoothing_of(settings: TrackSettings) -> ChooseSmoothing:
    """The part of the settings that can be made anew without the network."""
    return ChooseSmoothing(settings.smooth, settings.strength, settings.min_conf)


def smoothing_free(settings: TrackSettings) -> TrackSettings:
    """The settings without what can be made anew without the network."""
    plain = TrackSettings()
    return replace(settings, smooth=plain.smooth, strength=plain.strength, min_conf=plain.min_conf)
