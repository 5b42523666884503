"""`Workspace`: the one object that knows what is open, with which settings, about whom, and how people are shown."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from app.engine.life_cycle import EngineState
from app.engine.player import PlayerPosition
from app.engine.run_status import RunStatus, ToldNotices
from app.workspace import opening
from app.workspace.background_call import Post
from app.workspace.continued_settings import changes_between, smoothing_of, with_smoothing
from app.workspace.opened import Factories, Opened
from app.workspace.opened_camera import OpenedCamera
from app.workspace.opened_file import OpenedFile
from app.workspace.opening_job import OpeningJob
from app.workspace.picture_feed import Picture
from app.workspace.signal import Signal
from app.workspace.smoothing_again import SmoothingAgain
from ppnet.errors import UserError
from tracking.drawing.style import Drawn, PeopleStyle, PictureLayers, SceneStyle
from tracking.focus_person import EVERYONE, FocusPerson, PersonAt
from tracking.run_settings import RunSettings
from tracking.session.edited_session import EditedSession
from tracking.session.edits import Edit, MergeIds, OnlyPerson
from tracking.session.format import SUFFIX
from tracking.video.address import redacted


class Workspace:
    """Opens and closes runs and tells whoever shows them. Panels never talk to each other, only through this.

    Used by one thread, in which all signals come. settings: those of the run that is open, else those with which the
    next one begins. layers, people: how people are shown, in the window and in all that leaves it.
    """

    def __init__(self, factories: Factories, settings: RunSettings, *, post: Post) -> None:
        """post(call): has a call of another thread made in this one."""
        self.opened: Signal[Opened] = Signal()
        self.closing: Signal[()] = Signal()  # what is open is about to be closed, and still there
        self.closed: Signal[()] = Signal()
        self.busy_changed: Signal[str] = Signal()  # what is being waited for; empty when nothing
        self.notified: Signal[str, str, bool] = Signal()  # a sentence for the user, its kind, whether it lasts
        self.withdrawn: Signal[str] = Signal()  # a sentence that does not hold any more
        self.action_offered: Signal[str, str, str, Callable[[], object], bool] = Signal()  # also button and action
        self.edited: Signal[()] = Signal()  # edits were made or taken back
        self.settings_changed: Signal[RunSettings] = Signal()
        self.focus_changed: Signal[FocusPerson] = Signal()
        self.people_changed: Signal[PeopleStyle] = Signal()
        self.layers_changed: Signal[PictureLayers] = Signal()
        self.picture_arrived: Signal[Picture] = Signal()
        self.position_changed: Signal[PlayerPosition] = Signal()
        self.status_updated: Signal[RunStatus] = Signal()
        self.factories, self.post = factories, post
        self.settings = settings
        self.layers = PictureLayers(min_score=settings.smoothing.min_score)
        self.people = PeopleStyle()
        self.run: Opened | None = None
        self.next_settings = settings  # those with which the next video begins
        self._position: PlayerPosition | None = None
        self._notices = ToldNotices()
        self._opening = OpeningJob(post=post, ready=self._ready, failed=self._failed)
        self._closing: threading.Event | None = None  # of a run whose network was still being loaded
        self._smoother = SmoothingAgain(self._show_smoothed, self.notify, post=post)
        self._smoothing_due = False
        self._smoothed_frames = -1  # how many the session held when it was last looked at whole

    # Opening and closing

    def open_path(self, path: Path) -> None:
        """A video, image, folder or session file."""
        if path.suffix == Path(SUFFIX).suffix:
            self._open(
                lambda found: opening.open_session(path, self.next_settings, self.factories, self.post, found=found),
                f"Opening {path.name}…",
                look=lambda own: opening.look_at_session(path, self.next_settings, self.factories, own=own),
            )
        else:
            self.open_video(path)

    def open_video(self, path: Path, *, again: bool = False, only: PersonAt | None = None) -> None:
        """A video or folder of images with its session; `again` tracks it although there is one, with the settings as
        they are, perhaps for the one person who is at a place."""
        settings = replace(self.settings if again else self.next_settings, only=only)
        self._open(
            lambda found: opening.open_file(path, settings, self.factories, self.post, again=again, found=found),
            f"Opening {path.name}…",
            look=lambda own: opening.look_at_file(path, settings, self.factories, again=again, own=own),
        )

    def open_camera(self, spec: str, *, folder: Path, name: str = "", wish: Mapping[str, object] | None = None) -> None:
        """A camera or a network address; `wish` names what is asked of a camera (`size_wh`, `frame_rate`)."""
        settings, factories = self.next_settings, self.factories
        self._open(
            lambda _: opening.open_camera(spec, settings, factories, self.post, folder=folder, name=name, wish=wish),
            f"Opening {name or redacted(spec)}…",
            look=lambda _: opening.look_at_camera(spec, settings, factories, folder=folder, name=name),
        )

    def track_again(self, *, only: PersonAt | None = None) -> None:
        """Opens what is open again, with the settings as they are, perhaps for one person; a file's session is kept."""
        file, camera = self.opened_file, self.opened_camera
        if file is not None:
            self.open_video(file.video, again=True, only=only)
        elif camera is not None:
            self.open_camera(camera.spec, folder=camera.session.path.parent, name=camera.name, wish=camera.wish)

    def _open(self, work: Callable[..., Opened], words: str, *, look: Callable[..., object]) -> None:
        """look(own): whether it can be opened before what is open (session `own`) is closed; `work` gets its answer."""

        def open_now(found: object = None) -> None:
            self.close_run()
            closing, self._closing = self._closing, None
            self.busy_changed.emit(words)
            self._opening.open(lambda: work(found), after=closing)

        if self._opening.is_busy:
            return
        if (run := self.run) is None:
            open_now()
        else:
            self._opening.look(lambda: look(run.session), open_now)

    def _ready(self, run: Opened) -> None:
        self.busy_changed.emit("")
        self.run = run
        run.feed.hides_faces = self.layers.blur_faces
        run.focus_settled.connect(lambda waited, after: self._settle_focus(run, waited, after))
        run.joined.connect(lambda: self._change(lambda _run: None))
        run.start()
        self._notices = ToldNotices()
        self._read_people(chosen=None)
        self._show_settings(run.settings)
        self._show_focus()
        self.opened.emit(run)
        if isinstance(run, OpenedFile) and (kept := run.kept) is not None:
            words = f"Tracking again. The old session, with all its edits, is kept as {kept.name}."
            self.offer(words, "Open it", lambda: self.open_path(kept))
        self._smoothed_frames = -1
        self._smooth_when_complete()

    def _failed(self, error: Exception) -> None:
        self.busy_changed.emit("")
        if not isinstance(error, UserError):
            raise error
        if isinstance(error, opening.UnusableSessionError):
            self.offer(str(error), "Track again", lambda: self.open_video(error.video, again=True), kind="error")
        else:
            self.notify(str(error), "error")

    def close_run(self) -> bool:
        """Closes what is open; True when every thread has ended."""
        if self.run is not None:
            self.closing.emit()
        run, self.run = self.run, None
        self._position, self._smoothing_due = None, False
        self._smoother.cancel()
        if run is None:
            return True
        ended = run.close()
        if isinstance(run, OpenedFile) and not run.closed.is_set():
            self._closing = run.closed
        self.people = PeopleStyle()
        self._show_settings(self.next_settings)
        self._show_focus()
        self.closed.emit()
        return ended

    def shut_down(self) -> bool:
        """Closes what is open or about to open; for the end of the program."""
        self._opening.shut_down()
        return self.close_run()

    @property
    def opened_file(self) -> OpenedFile | None:
        """The open file; None when a camera or nothing is open."""
        return self.run if isinstance(self.run, OpenedFile) else None

    @property
    def opened_camera(self) -> OpenedCamera | None:
        """The open camera; None when there is none."""
        return self.run if isinstance(self.run, OpenedCamera) else None

    # Following the run; called by timers

    def poll_picture(self) -> None:
        """Tells of a new picture and a new position of the player, if there are any."""
        if self.run is not None and (picture := self.run.feed.picture()) is not None:
            self.picture_arrived.emit(picture)
        position = self.run.feed.position() if self.run is not None else None
        if position is not None and position != self._position:
            self._position = position
            self.position_changed.emit(position)

    def poll_status(self) -> None:
        """Takes over what the run says of itself, and tells it."""
        if self.run is None:
            return
        status = self.run.feed.status()
        self._try(lambda: self.run is None or self.run.follow(status))
        fresh, gone = self._notices.changes(status.notices)
        for notice in fresh:
            if status.is_live and status.state is EngineState.FAULTED:
                self.offer(notice.words, "Try again", self.track_again, kind=notice.kind)
            else:
                self.notify(notice.words, notice.kind)
        for notice in gone:
            self.withdrawn.emit(notice.words)
        refused = any(notice.is_refusal for notice in fresh)  # by a run that may be over meanwhile
        if (status.state.is_active or refused) and status.settings is not None:
            self.run.settings = replace(status.settings, only=None)
            self._show_settings(self.run.settings)
        if status.complete:
            self._smooth_when_complete()
        self.status_updated.emit(status)

    def notify(self, words: str, kind: str = "info", *, lasting: bool = False) -> None:
        """Tells the user a sentence; kind: info, warning or error; lasting: it still holds when this run is closed."""
        self.notified.emit(words, kind, lasting)

    def offer(
        self, words: str, button: str, action: Callable[[], object], *, kind: str = "info", lasting: bool = False
    ) -> None:
        """Tells the user a sentence (see `notify`), and what can be done at the click of a button."""
        self.action_offered.emit(words, kind, button, action, lasting)

    def _try(self, action: Callable[[], object]) -> bool:
        """Does it, or says why that is not possible; whether it was done."""
        try:
            action()
            return True
        except UserError as error:
            self.notify(str(error), "error")
            return False

    # Settings

    def apply(self, settings: RunSettings) -> None:
        """Uses these settings from the next frame on; smoothing also for what is tracked already."""
        if settings == self.settings:
            return
        before = self.settings
        changed = {change.name: change.after for change in changes_between(before, settings, 0.0)}
        changed.pop("region", None)  # a place in one video says nothing about the next
        self.next_settings = self.next_settings.changed(changed)
        if self.run is not None:
            self.run.apply(settings)
        self._offer_to_track_again(before, settings)
        if smoothing_of(settings) != smoothing_of(before) and self.opened_file is not None:
            self._smoothing_due = True
        self._show_settings(settings)
        self._smooth_when_complete()

    def _show_settings(self, settings: RunSettings) -> None:
        """The settings are these now, whoever changed them."""
        if settings != self.settings:
            self.settings = settings
            self.settings_changed.emit(settings)

    def _offer_to_track_again(self, before: RunSettings, after: RunSettings) -> None:
        if (run := self.run) is None:
            return
        turned = before.adaptation != after.adaptation
        done = not run.is_live and run.session.complete and with_smoothing(before, smoothing_of(after)) != after
        if turned or done:
            words = "This applies the next time the video is opened." if turned else "All frames are tracked already."
            self.offer(f"{words} Track again with these settings?", "Track again", self.track_again)

    # How people are shown

    def set_layers(self, layers: PictureLayers) -> None:
        """What lies over pictures from now on. Whether one person is shown alone follows from the focus."""
        layers = replace(layers, alone=not self.focus.is_everyone)
        if layers == self.layers:
            return
        self.layers = layers
        if self.run is not None and self.run.feed.hides_faces != layers.blur_faces:
            self.run.feed.hides_faces = layers.blur_faces
            self.run.feed.refresh()
        self.layers_changed.emit(layers)

    @property
    def style(self) -> SceneStyle:
        """How pictures look, in the window and in all that leaves it."""
        return SceneStyle(self.layers, self.people, Drawn() if self.run is None else Drawn.on(self.run.edited))

    def choose(self, person: int | None) -> None:
        """Makes a person the chosen one; None for nobody."""
        if person != self.people.chosen:
            self.people = replace(self.people, chosen=person)
            self.people_changed.emit(self.people)

    def _read_people(self, *, chosen: int | None) -> None:
        if self.run is not None:
            plan = self.run.edited.plan
            self.people = PeopleStyle(chosen, frozenset(plan.hidden), dict(plan.names))
            self.people_changed.emit(self.people)

    # One person followed alone

    @property
    def focus(self) -> FocusPerson:
        """Whom everything is about."""
        return EVERYONE if self.run is None else self.run.focus

    def follow(self, person: int) -> None:
        """Nobody else is read, shown or exported: an edit, which can be undone, and what the run does follows."""
        if self.run is None:
            return
        if self.run.edited.plan.only != person:
            self.edit(OnlyPerson(person))
        self.choose(person)
        name = self.people.names.get(person, f"person {person}")
        self.notify(f"Only {name} is followed now. If they are lost, nobody takes their place. Ctrl+Z undoes it.")

    def follow_at(self, place: PersonAt) -> None:
        """Whoever is found at a place that is not tracked yet is followed; who is followed already, is that person."""
        run = self.run
        if run is not None and self._try(lambda: run.aim(FocusPerson.waiting(place, known_as=run.edited.plan.only))):
            self._show_focus()
            self.notify("Whoever appears there will be the only person followed.")

    def follow_everyone(self) -> None:
        """Takes the choice back; who was not read meanwhile can only be tracked again."""
        if (run := self.run) is None:
            return
        restricted = run.focus.place is not None
        if run.edited.plan.only is not None:
            self.edit(OnlyPerson(None))
        self._try(lambda: run.aim(EVERYONE))
        self._show_focus()
        if restricted and not run.is_live:
            words = "Everyone is followed from here on. Others were not tracked while only one person was followed."
            self.offer(words, "Track again", self.track_again)

    def _settle_focus(self, run: Opened, waited: FocusPerson, after: FocusPerson) -> None:
        """Somebody was found at the place, or nobody in time."""
        known, found = waited.track_id, after.track_id
        if run is not self.run:
            return
        if found is None or after.place is None:
            self._try(lambda: run.aim(FocusPerson(track_id=known)))
            self._show_focus()
            self.notify("Nobody was found there, so everyone is followed.", "warning")
        elif known is not None and known != found:  # lost, and chosen again: the same person under a new number
            run.focus = replace(after, track_id=known)
            self.edit(MergeIds(known, found))
        else:
            run.focus = after
            self.follow(found)
            self._show_focus()

    def _show_focus(self) -> None:
        self.set_layers(self.layers)
        self.focus_changed.emit(self.focus)

    # Edits and the smoothing that they ask for

    def edit(self, edit: Edit) -> None:
        """Puts an edit on the session; everything shown and exported follows."""
        self._change(lambda run: run.session.add_edit(edit))

    def undo(self) -> None:
        """Takes the newest edit back."""
        self._change(lambda run: run.session.undo())

    def redo(self) -> None:
        """Puts back what was undone last."""
        self._change(lambda run: run.session.redo())

    def _change(self, action: Callable[[Opened], object]) -> None:
        run = self.run
        if run is None or not self._try(lambda: action(run)):
            return
        run.refresh()
        self._try(run.follow_edits)
        self._read_people(chosen=self.people.chosen)
        self._show_focus()
        self.edited.emit()
        self._smoother.smooth_if_needed(run)

    def _smooth_when_complete(self) -> None:
        """Makes the smoothing that was asked for once everything is tracked; until then it would be half of it."""
        run = self.opened_file
        if run is None or not run.session.complete:
            return
        if self._smoothing_due:
            self._smoothing_due = False
            self.edit(smoothing_of(self.settings))
        elif run.session.frame_count != self._smoothed_frames:
            run.refresh()
            self._smoother.smooth_if_needed(run)
        self._smoothed_frames = run.session.frame_count

    def _show_smoothed(self, run: Opened, smoothed: EditedSession) -> None:
        if self.run is run:
            run.edited = smoothed
            run.refresh()
            self.edited.emit()
