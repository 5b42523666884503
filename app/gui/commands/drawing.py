"""Lines, angles and distances drawn over the picture: the tools, and what is done to the selected drawing."""

from collections.abc import Callable

import msgspec
import numpy as np
from PySide6.QtWidgets import QInputDialog

from app.gui.commands.base import Commands, WindowParts
from app.gui.commands.playback import PlaybackCommands
from app.gui.dialogs.buttons import open_once
from app.gui.dialogs.drawing import DrawingDialog, JointSpot
from app.gui.dialogs.place import show_below, upright_line
from app.gui.panels.person_curves import PersonCurves
from app.gui.picture.drawing_hand import TOOLS
from ppnet.skeleton import Skeleton
from tracking.measurements import name_of, title_of
from tracking.number_words import listed
from tracking.session.edits import MAX_NAME, POINTS, DrawnPoint, RemoveDrawing, SetDrawing

OF_ONE = ("extend", "change-drawing", "name-drawing", "delete-drawing")


class DrawingCommands(Commands):
    """Every drawing is an edit of the session; a camera's can be drawn on as well."""

    def __init__(self, parts: WindowParts, playback: PlaybackCommands, curves: PersonCurves) -> None:
        super().__init__(parts)
        self._playback = playback
        self._curves = curves
        self._actions.connect({tool: lambda tool=tool: self.take(tool) for tool in TOOLS})  # type: ignore[misc]
        self._actions.connect(
            {
                "type-drawing": self.type,
                "next-drawing": self.choose_next,
                "change-drawing": self.change,
                "extend": self.extend,
                "name-drawing": self.ask_name,
                "delete-drawing": self.delete,
            }
        )
        self._hand.finished.connect(self.add)
        self._hand.changed.connect(self._workspace.edit)
        self._hand.chosenChanged.connect(self._enable)
        self._hand.nameWanted.connect(self.ask_name)
        for event in (self._workspace.edited, self._workspace.closed):
            event.connect(self._show)
        self._workspace.opened.connect(lambda _run: self._show())
        self._workspace.people_changed.connect(lambda _people: self._show())
        self._show()

    def take(self, tool: str) -> None:
        """The next clicks in the picture draw; a film stands still for it."""
        if self._get_ready():
            self._hand.choose(None)
            self._view.take_tool(tool)

    def _get_ready(self) -> bool:
        """The film stands still and its drawings are shown; False when there is no picture."""
        if self._view.picture is None:
            self._workspace.notify("Open a video or a camera first.", "warning")
            return False
        if self._workspace.opened_file is not None:
            self._playback.pause()
        self._actions["drawings"].setChecked(True)
        return True

    def type(self) -> None:
        """Asks for a drawing in numbers and joints, first an angle over the selected person, and shows it meanwhile."""
        run, picture = self._workspace.run, self._view.picture
        if self._get_ready() and run is not None and picture is not None:
            x, top, _, bottom = upright_line(picture, self._workspace.people.chosen)
            middle, side = (top + bottom) / 2, (bottom - top) / 4
            points = (DrawnPoint(x, top), DrawnPoint(x, middle), DrawnPoint(x + side, bottom))
            begun = SetDrawing(run.edited.plan.next_drawing, "angle", points)
            self._ask(begun, tuple(POINTS), ("Draw", "Draw"), self.add)

    def change(self) -> None:
        """Asks where the points of the selected drawing are to be."""
        chosen = self._hand.chosen_drawing
        if chosen is not None and self._get_ready():
            words = f"Change {name_of(chosen)}", "Change"
            self._ask(chosen, (chosen.kind,), words, self._workspace.edit)

    def _ask(
        self, begun: SetDrawing, kinds: tuple[str, ...], words: tuple[str, str], agreed: Callable[[SetDrawing], object]
    ) -> None:
        picture = self._view.picture
        if picture is None:
            return
        spots, size_wh = self._joint_spots(begun), picture.frame.size_wh
        dialog = DrawingDialog(begun, spots, size_wh, kinds=kinds, words=words, parent=self._view)
        dialog.previewed.connect(self._hand.preview)
        dialog.finished.connect(lambda _code: self._hand.preview(None))
        dialog.agreed.connect(agreed)
        self._hand.preview(dialog.drawing)
        show_below(dialog, self._view)

    def _joint_spots(self, begun: SetDrawing) -> list[JointSpot]:
        """The joints of the selected person, or else of everybody, and those to which it is tied already."""
        joints, people, run = self._hand.joints(), self._workspace.people, self._workspace.run
        those = [people.chosen] if people.chosen is not None and people.chosen in joints else sorted(joints)
        found = {
            (person, number): DrawnPoint(float(spot[0]), float(spot[1]), person, number)
            for person in those
            for number, spot in enumerate(joints[person])
            if np.isfinite(spot).all()
        }
        for point in begun.points:
            if point.track_id is not None and point.keypoint is not None:
                found.setdefault((point.track_id, point.keypoint), point)
        names = run.edited.skeleton.keypoints if run is not None else ()
        return [
            JointSpot(f"{people.names.get(person, f'Person {person}')}, {names[number].replace('_', ' ')}", point)
            for (person, number), point in found.items()
        ]

    def choose_next(self) -> None:
        """Chooses one drawing after the other."""
        numbers = [drawing.number for drawing in self._hand.drawn.drawings]
        if numbers:
            self._actions["drawings"].setChecked(True)
            later = [number for number in numbers if self._hand.chosen is not None and number > self._hand.chosen]
            self._hand.choose(min(later or numbers))

    def add(self, drawing: SetDrawing) -> None:
        """Keeps what was drawn, and chooses it."""
        run = self._workspace.run
        if run is None:
            return
        drawing = msgspec.structs.replace(drawing, number=run.edited.plan.next_drawing)
        self._workspace.edit(drawing)
        self._hand.choose(drawing.number)
        tied = _joints_words(drawing, run.edited.skeleton)
        follows = f" follows {tied}" if tied else " is fixed in the picture"
        how = "Drag a point to move it, or press Ctrl+Alt+D; Delete removes it."
        self._workspace.notify(f"{title_of(drawing)}{follows}. {how}")

    def extend(self) -> None:
        """The chosen line goes on to the edges of the picture, or ends at its points again."""
        chosen = self._hand.chosen_drawing
        if chosen is not None and chosen.kind == "line":
            self._workspace.edit(msgspec.structs.replace(chosen, extended=not chosen.extended))

    def ask_name(self) -> None:
        """Asks what the selected drawing is called."""
        drawing = self._hand.chosen_drawing
        if drawing is None:
            return
        dialog = QInputDialog(self._view)
        dialog.setWindowTitle("Name the drawing")
        dialog.setLabelText(f"Name of {drawing.kind} {drawing.number} in curves and tables:")
        dialog.setTextValue(drawing.name)
        dialog.textValueSelected.connect(lambda words: self.name(drawing.number, words))
        open_once(dialog)

    def name(self, number: int, words: str) -> None:
        """Gives a drawing its name; none: it is called by its kind and number."""
        run, name = self._workspace.run, words.strip()[:MAX_NAME]
        drawings = run.edited.drawings if run is not None else ()
        for drawing in drawings:
            if drawing.number == number and drawing.name != name:
                self._workspace.edit(msgspec.structs.replace(drawing, name=name))

    def delete(self) -> None:
        """Removes the selected drawing."""
        if self._hand.chosen is not None:
            self._workspace.edit(RemoveDrawing(self._hand.chosen))

    def _show(self) -> None:
        drawn, chosen = self._workspace.style.drawn, self._workspace.people.chosen
        self._hand.show(drawn)
        self._curves.offer_drawings([one for one in drawn.drawings if one.people == {chosen}])
        self._enable()

    def _enable(self) -> None:
        self._actions.enable((*TOOLS, "type-drawing"), self._workspace.run is not None)
        self._actions.enable(("next-drawing",), bool(self._hand.drawn.drawings))
        chosen = self._hand.chosen_drawing
        self._actions.enable(OF_ONE, chosen is not None)
        self._actions.enable(("extend",), chosen is not None and chosen.kind == "line")


def _joints_words(drawing: SetDrawing, skeleton: Skeleton) -> str:
    """The joints that a drawing is tied to: the left hip and left knee of person 1."""
    joints: dict[int, list[str]] = {}
    for point in drawing.points:
        if point.track_id is not None and point.keypoint is not None:
            joints.setdefault(point.track_id, []).append(skeleton.keypoints[point.keypoint].replace("_", " "))
    return " and ".join(f"the {listed(names)} of person {who}" for who, names in joints.items())
