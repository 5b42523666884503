"""One person chosen by a click: nobody else is read, shown or exported; how it stands with them is always in view."""

from dataclasses import replace

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from app.engine.run_status import RunStatus
from app.gui.actions import Actions
from app.gui.controls_panel import ControlsPanel
from app.gui.hit_test import hit_test
from app.gui.video_view import VideoView
from app.gui.workspace import Place, Workspace
from app.runs.opened import Run
from tracking.focus_person import SOON_S, PersonAt, who_is_at
from tracking.session.edits import MergeIds, OnlyPerson
from tracking.types import FrameResult


class OnePersonCommands(QObject):
    """Two halves that go together: an edit of the session (what is shown and exported) and the setting of the run
    (what is still to be read). The edit leads; undo takes both back."""

    def __init__(
        self, workspace: Workspace, actions: Actions, view: VideoView, *, controls: ControlsPanel, window: QWidget
    ) -> None:
        super().__init__(window)
        self._workspace = workspace
        self._actions = actions
        self._view = view
        self._controls = controls
        self._shown: int | None = None  # whom the session is about, as far as this object has followed
        self._awaited: PersonAt | None = None  # a place at which somebody is still to be found
        self._looked_to = 0
        self.badge = QPushButton()
        self.badge.setProperty("primary", True)
        self.badge.setCursor(Qt.CursorShape.PointingHandCursor)
        self.badge.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.badge.clicked.connect(self.follow_everybody)
        corner = QVBoxLayout(view)
        corner.setContentsMargins(12, 10, 12, 10)
        corner.addWidget(self.badge, 0, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignRight)
        actions.connect({"only-person": self.arm, "everybody": self.follow_everybody})
        controls.oneWanted.connect(self.arm)
        controls.everybodyWanted.connect(self.follow_everybody)
        view.placeClicked.connect(self.choose_at)
        workspace.opened.connect(self._opened)
        workspace.closed.connect(self._closed)
        workspace.edited.connect(self._follow_edits)
        workspace.peopleChanged.connect(lambda _style: self._tell())
        workspace.bridge.statusUpdated.connect(self._look)
        self._tell()

    def arm(self) -> None:
        """The next click in the picture chooses."""
        if self._view.picture is None:
            self._workspace.notify("Open a video or a camera first.", "warning")
        else:
            self._view.take_tool("person")

    def choose_at(self, x: float, y: float, person: int | None) -> None:
        """Follows the person who was clicked, or whoever is found at (x, y) image pixels of the shown picture."""
        run, picture = self._workspace.run, self._view.picture
        if run is None or picture is None:
            return
        tracked = None if run.is_live else everybody_in(run, picture.frame.index)
        if person is None and tracked is not None and (hit := hit_test(tracked, (x, y), reach_px=6.0)) is not None:
            person = hit.person_id
        place = (x, y, picture.frame.time_s)
        if person is not None:
            self._follow(person)
        elif tracked is None:
            self._await(place)
            self._workspace.notify("Whoever is found at that place is followed alone.", "info")
        else:
            self._workspace.offer(
                "Nobody was tracked at that place. Track the video again for the one person there? (edits are lost)",
                "Track again",
                lambda: self._workspace.track_again(only=place),
            )

    def follow_everybody(self) -> None:
        """Takes the choice back; who was not read meanwhile can only be tracked again."""
        run = self._workspace.run
        if run is None:
            return
        restricted = self._workspace.settings.only is not None
        self._awaited = None
        if run.replay.plan.only is not None:
            self._workspace.edit(OnlyPerson(None))
        self._restrict(None)
        if restricted and not run.is_live:
            self._workspace.offer(
                "Everybody is followed from here on. Others were not read while one person was followed.",
                "Track again",
                self._workspace.track_again,
            )

    # What the edit says, the run does

    def _follow(self, person: int) -> None:
        run = self._workspace.run
        if run is None:
            return
        if run.replay.plan.only != person:
            self._workspace.edit(OnlyPerson(person))
        self._workspace.choose(person)
        self._workspace.notify(
            f"Only {self._name(person)} is followed. Should they be lost, nobody takes their place. "
            "Ctrl+Z takes it back.",
            "info",
        )

    def _follow_edits(self) -> None:
        """The person of the session has changed, by a choice, an undo or a redo."""
        run = self._workspace.run
        only = run.replay.plan.only if run is not None else None
        if run is not None and only != self._shown:
            self._shown = only
            if only is None:
                self._awaited = None
                self._restrict(None)
            elif self._awaited is None:
                self._restrict(self._place_of(run, only))
        self._tell()

    def _restrict(self, only: Place | None) -> None:
        """What is still to be tracked is about this place's person."""
        self._workspace.follow_only(only)
        self._tell()

    def _place_of(self, run: Run, person: int) -> Place | None:
        """Where the tracking sees the person now; None when it has lost them or has nothing left to do."""
        if not run.is_live and run.session.complete:
            return None
        result = run.newest_result()
        rows = [] if result is None else [row for row, i in enumerate(result.tracks.ids.tolist()) if i == person]
        if result is None or not rows:
            return None
        x1, y1, x2, y2 = result.tracks.boxes[rows[0]].tolist()
        return (x1 + x2) / 2, (y1 + y2) / 2, result.time_s

    # A place at which somebody is to be found

    def _await(self, place: Place) -> None:
        run = self._workspace.run
        self._awaited = PersonAt(*place)
        self._looked_to = max(run.session.last_frame_index - 60, 0) if run is not None and run.is_live else 0
        self._restrict(place)

    def _look(self, _status: RunStatus) -> None:
        """Has somebody been found at the awaited place?"""
        run, wanted = self._workspace.run, self._awaited
        if run is not None and wanted is not None:
            self._look_through(run, wanted)
        self._tell()

    def _look_through(self, run: Run, wanted: PersonAt) -> None:
        for result in run.session.results(self._looked_to):
            self._looked_to = result.frame_index + 1
            if result.time_s >= wanted.time_s - 1e-6 and self._settled(run, result, wanted):
                return

    def _settled(self, run: Run, result: FrameResult, wanted: PersonAt) -> bool:
        found = who_is_at(identified(run, result).tracks, wanted)
        if found is None and result.time_s <= wanted.time_s + SOON_S:
            return False
        if found is None:
            self._awaited = None
            self._restrict(None)
            self._workspace.notify("Nobody was found at that place, so everybody is followed.", "warning")
            return True
        if self._workspace.settings.only is None:
            self._awaited = None  # the run is not about them yet, and follows
        before = run.replay.plan.only
        if before is not None and before != found:  # lost, and chosen again: the same person under a new number
            self._workspace.edit(MergeIds(before, found))
        else:
            self._follow(found)
        self._awaited = None
        return True

    # Opening, closing, telling

    def _opened(self, run: Run) -> None:
        self._shown, self._awaited = run.replay.plan.only, None
        noted = run.session.header.settings.get("only")
        if self._shown is not None:
            self._restrict(self._place_of(run, self._shown))
        elif noted is not None and not run.is_live:
            span, place = run.session.time_span, (float(noted[0]), float(noted[1]), float(noted[2]))
            if span is None or place[2] > span[1]:
                self._await(place)
            else:  # in what is tracked already
                self._awaited, self._looked_to = PersonAt(*place), 0
        self._tell()

    def _closed(self) -> None:
        self._shown = self._awaited = None
        self._tell()

    def _tell(self) -> None:
        run, picture = self._workspace.run, self._view.picture
        on = run is not None and (self._shown is not None or self._awaited is not None)
        self._actions.enable(("only-person",), run is not None)
        self._actions.enable(("everybody",), on)
        self.badge.setVisible(on)
        self._controls.show_one_person(on)
        if self._view.layers.alone != on:
            self._view.set_layers(replace(self._view.layers, alone=on))
        if self._shown is None:
            words, tip = "Waiting for one person", "Whoever is found at the place that you clicked is followed alone."
        else:
            words, tip = f"Only {self._name(self._shown)}", "Nobody else is read, shown or exported."
            if picture is not None and picture.result is not None and self._shown not in picture.result.tracks.ids:
                words += ", not in sight"
                tip = "Nobody takes their place. When they are back under another number, choose them again (Shift+H)."
        self.badge.setText(f"{words}   ✕")
        self.badge.setToolTip(f"{tip}\nClick: everybody again ({self._actions['everybody'].shortcut().toString()})")

    def _name(self, person: int) -> str:
        return self._workspace.people.names.get(person, f"person {person}")


def identified(run: Run, result: FrameResult) -> FrameResult:
    """Everybody of a frame under the numbers that they have now, those who are left out too."""
    return run.replay.plan.identified(result)[0].result


def everybody_in(run: Run, frame_index: int) -> FrameResult | None:
    """The same, of a frame by its index; None where nothing was tracked."""
    result = run.session.result(frame_index)
    return None if result is None else identified(run, result)
