"""One person chosen by a click: nobody else is read, shown or exported; how it stands with them is always in view."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QVBoxLayout

from app.gui.commands.base import Commands, WindowParts
from app.gui.panels.controls import ControlsPanel
from app.gui.picture.hit_test import hit_test
from app.workspace.picture_feed import Picture
from tracking.focus_person import PersonAt


class FocusCommands(Commands):
    """The click that chooses, the badge in the picture that says who is followed, and the way back to everybody."""

    def __init__(self, parts: WindowParts, controls: ControlsPanel) -> None:
        super().__init__(parts)
        self._controls = controls
        self._in_sight = True
        self.badge = QPushButton()
        self.badge.setProperty("primary", True)
        self.badge.setCursor(Qt.CursorShape.PointingHandCursor)
        self.badge.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.badge.clicked.connect(self._workspace.follow_everyone)
        corner = QVBoxLayout(self._view)
        corner.setContentsMargins(12, 10, 12, 10)
        corner.addWidget(self.badge, 0, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignRight)
        self._actions.connect({"only-person": self.arm, "everybody": self._workspace.follow_everyone})
        controls.oneWanted.connect(self.arm)
        controls.everybodyWanted.connect(self._workspace.follow_everyone)
        self._view.placeClicked.connect(self.choose_at)
        self._workspace.focus_changed.connect(lambda _focus: self._show())
        self._workspace.people_changed.connect(lambda _people: self._show())
        self._workspace.picture_arrived.connect(self._show_sight)
        self._show()

    def arm(self) -> None:
        """The next click in the picture chooses."""
        if self._view.picture is None:
            self._workspace.notify("Open a video or a camera first.", "warning")
        else:
            self._view.take_tool("person")

    def choose_keyed(self, person: int) -> None:
        """Follows the person whose number is pressed instead of the click."""
        if self._view.tool == "person":
            self._view.take_tool("look")
            self._workspace.follow(person)

    def choose_at(self, x: float, y: float, person: int | None) -> None:
        """Follows the person who was clicked, or whoever is found at (x, y) image pixels of the shown picture."""
        run, picture = self._workspace.run, self._view.picture
        if run is None or picture is None:
            return
        tracked = None if run.is_live else run.everybody_in(picture.frame.index)
        if person is None and tracked is not None and (hit := hit_test(tracked, (x, y), reach_px=6.0)) is not None:
            person = hit.person_id
        place = PersonAt(x, y, picture.frame.time_s)
        if person is not None:
            self._workspace.follow(person)
        elif tracked is None:
            self._workspace.follow_at(place)
        else:
            self._workspace.offer(
                "Nobody was tracked there. Track the video again for that person only? The old session is kept.",
                "Track again",
                lambda: self._workspace.track_again(only=place),
            )

    def _show_sight(self, picture: Picture) -> None:
        person = self._workspace.focus.track_id
        in_sight = person is None or picture.result is None or person in picture.result.tracks.ids
        if in_sight != self._in_sight:
            self._in_sight = in_sight
            self._show()

    def _show(self) -> None:
        focus = self._workspace.focus
        person, on = focus.track_id, not focus.is_everyone
        self._actions.enable(("only-person",), self._workspace.run is not None)
        self._actions.enable(("everybody",), on)
        self.badge.setVisible(on)
        self._controls.show_one_person(on)
        if person is None:
            words, tip = "Waiting for one person", "Whoever appears where you clicked will be the only person followed."
        else:
            name = self._workspace.people.names.get(person, f"person {person}")
            words, tip = f"Only {name}", "Nobody else is tracked, shown or exported."
            if not self._in_sight:
                words += ", out of sight"
                tip = "Nobody takes their place. If they come back under another number, select them again (Shift+H)."
        self.badge.setText(f"{words}   ✕")
        self.badge.setToolTip(
            f"{tip}\nClick to follow everyone again ({self._actions['everybody'].shortcut().toString()})"
        )
