"""People as faces: thumbnails for the list, a jump to somebody's best view, and people who may be one."""

import time

from app.engine.run_status import RunStatus
from app.gui.commands.base import Commands, WindowParts
from app.gui.commands.playback import PlaybackCommands
from app.gui.panels.people import PeoplePanel
from app.workspace.background_work import BackgroundWork, Progress
from app.workspace.faces import Faces, SamePerson, faces_of
from tracking.session.edited_session import EditedSession
from tracking.session.edits import MergeIds

LOOK_EVERY_S, REST = 10.0, 20.0
"""While a file is being tracked: not more often, and so many times as long a rest as the last look took."""


class FacesFollower(Commands):
    """Looks again, in a thread, when somebody has come, when all is tracked, and after edits; nobody is shown whose
    face is to be hidden."""

    def __init__(self, parts: WindowParts, panel: PeoplePanel, playback: PlaybackCommands) -> None:
        super().__init__(parts)
        self._panel = panel
        self._playback = playback
        # A file that can't be read has been told of already.
        self._search = BackgroundWork[Faces](
            "faces", post=self._workspace.post, done=self._found, failed=lambda _why: None
        )
        self._faces = Faces()
        self._known_of: object = None  # what the faces depend on
        self._next_look_s = 0.0  # of the monotonic clock
        self._refused: set[tuple[int, int]] = set()  # pairs of whom the user has said that they are two
        panel.bestViewWanted.connect(self.go_to_best_view)
        panel.mergeWanted.connect(self.merge)
        panel.suggestionRefused.connect(self.refuse)
        self._workspace.status_updated.connect(self._follow)  # soon after edits, too: the lanes come first
        self._workspace.edited.connect(self._ask)
        self._workspace.people_changed.connect(lambda _people: self._ask())
        self._workspace.layers_changed.connect(lambda _layers: self._show())
        self._workspace.closing.connect(self.shut_down)
        self._workspace.closed.connect(self._forget)

    def look(self) -> None:
        """Looks for faces where people are not those of the last time."""
        run = self._workspace.opened_file
        if run is None or self._search.is_busy:
            return
        session = run.session
        known_of = session.path, session.complete, session.last_track_id, run.edited.plan.of_results
        if known_of == self._known_of or not session.last_track_id:
            return
        begun_s = time.monotonic()
        if not session.complete and begun_s < self._next_look_s:
            return  # in a crowd somebody new comes all the time
        self._known_of, self._next_look_s = known_of, begun_s + LOOK_EVERY_S

        before = self._faces

        def work(progress: Progress) -> Faces:
            faces = faces_of(EditedSession(session), run.opened, before=before, cancelled=progress.cancelled)
            progress.tell(1.0)
            self._next_look_s = time.monotonic() + max(LOOK_EVERY_S, REST * (time.monotonic() - begun_s))
            return faces

        self._search.start(work)

    def go_to_best_view(self, person: int) -> None:
        """To the frame in which somebody is seen best."""
        view = self._faces.views.get(person)
        if view is not None:
            self._playback.pause()
            self._playback.seek_frame(view.frame_index)

    def merge(self, one: SamePerson) -> None:
        """They are the same person."""
        self._workspace.edit(MergeIds(one.lost, one.new))
        self._workspace.choose(one.lost)
        self._workspace.notify(f"Person {one.new} is now person {one.lost}, everywhere. Ctrl+Z undoes it.")

    def refuse(self, one: SamePerson) -> None:
        """They are two; this is not asked again."""
        self._refused.add((one.lost, one.new))
        self._ask()

    def shut_down(self) -> None:
        """Gives up what is under way."""
        self._search.cancel(wait_s=3.0)

    def _found(self, faces: Faces | None) -> None:
        if faces is not None and self._workspace.opened_file is not None:
            self._faces = faces
            self._show()

    def _show(self) -> None:
        hidden = self._workspace.layers.hides_people
        self._panel.show_faces({} if hidden else self._faces.pictures)
        self._ask()

    def _ask(self) -> None:
        """The likeliest question that was not answered yet; none about people who are hidden, or one already."""
        people, run = self._workspace.people, self._workspace.run
        asked = [
            one
            for one in self._faces.suggestions
            if (one.lost, one.new) not in self._refused
            and people.hidden.isdisjoint((one.lost, one.new))
            and run is not None
            and one.new not in run.edited.plan.tracked_as(one.lost)
        ]
        self._panel.show_suggestion(asked[0] if asked else None, people.names)

    def _follow(self, _status: RunStatus) -> None:
        self.look()

    def _forget(self) -> None:
        self._faces, self._known_of = Faces(), None
        self._refused.clear()
        self._show()
