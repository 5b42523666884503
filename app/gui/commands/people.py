"""What the commands on people do: choose, name, hide, swap, merge, split, delete, correct joints, undo."""

from collections.abc import Callable

from app.gui.commands.base import Commands, WindowParts
from app.gui.dialogs.move_joint import MoveJointDialog
from app.gui.dialogs.place import show_below
from app.gui.edit_words import as_menu_text, edit_words
from app.gui.panels.people import PeoplePanel
from tracking.session.edits import (
    Anchor,
    DeletePerson,
    Edit,
    FillKeypoint,
    HidePerson,
    MergeIds,
    MoveKeypoint,
    RenamePerson,
    SplitId,
    SwapIds,
)

NEED_SESSION = (
    "undo",
    "redo",
    "swap",
    "merge",
    "split",
    "rename",
    "hide",
    "delete",
    "delete-all",
    "fill",
    "move-joint",
)


class PeopleCommands(Commands):
    """Turns commands into edits of the session. Files can be edited at all times, live runs only named and hidden."""

    def __init__(self, parts: WindowParts, panel: PeoplePanel) -> None:
        super().__init__(parts)
        self._panel = panel
        self._joint = 0  # that was moved by keys last
        self._actions.connect(
            {
                "undo": self._workspace.undo,
                "redo": self._workspace.redo,
                "swap": self.swap,
                "merge": self.merge,
                "split": self.split,
                "rename": lambda: self._with_one(panel.begin_rename),
                "hide": lambda: self._with_one(self.toggle_hidden),
                "delete": lambda: self._with_one(self.delete),
                "delete-all": lambda: self._with_one(lambda person: self._workspace.edit(DeletePerson(person))),
                "fill": self.fill,
                "move-joint": lambda: self._with_one(self.ask_joint),
                "unselect": self.unselect,
            }
        )
        panel.chosenChanged.connect(self._workspace.choose)
        panel.renamed.connect(lambda person, name: self._workspace.edit(RenamePerson(person, name)))
        self._view.personClicked.connect(self._workspace.choose)
        self._view.jointMoved.connect(self.move_joint)
        self._workspace.people_changed.connect(self._view.set_people)
        self._workspace.opened.connect(lambda _run: self._enable())
        self._workspace.closed.connect(self._enable)
        self._workspace.edited.connect(self._enable)
        self._enable()

    def unselect(self) -> None:
        """Puts a tool away, or else chooses no drawing, or else nobody."""
        if self._view.tool != "look":
            self._view.take_tool("look")
        elif self._hand.chosen is not None:
            self._hand.choose(None)
        else:
            self._workspace.choose(None)

    def swap(self) -> None:
        """Exchanges two people from the shown frame on."""
        pair = self._pair()
        if pair is not None:
            self._workspace.edit(SwapIds(*pair, from_frame=self._frame()))
            self._workspace.notify(f"People {pair[0]} and {pair[1]} are swapped from here on. Ctrl+Z undoes it.")

    def merge(self) -> None:
        """Makes two people one; the lower number stays."""
        pair = self._pair()
        if pair is not None:
            keep, other = sorted(pair)
            both_s = self._panel.seen_together_s(keep, other)
            self._workspace.edit(MergeIds(keep, other))
            self._workspace.choose(keep)
            words = f"Person {other} is now person {keep}, everywhere."
            if both_s:
                words += f" Both were seen at once for {both_s:.1f} s; there, the former person {other} is left out."
            self._workspace.notify(f"{words} Ctrl+Z undoes it.", "warning" if both_s else "info")

    def split(self) -> None:
        """From the shown frame on the selected person is somebody else."""
        self._with_one(self._split)

    def _split(self, person: int) -> None:
        run = self._workspace.run
        if run is not None:
            fresh = run.edited.next_id
            self._workspace.edit(SplitId(person, self._frame(), fresh))
            self._workspace.notify(f"From here on, person {person} is person {fresh}. Ctrl+Z undoes it.")

    def delete(self, person: int) -> None:
        """Takes a person out from the shown frame on."""
        self._workspace.edit(DeletePerson(person, from_frame=self._frame()))

    def toggle_hidden(self, person: int) -> None:
        """Hides a person from picture and exports, or shows them again."""
        self._workspace.edit(HidePerson(person, hidden=person not in self._workspace.people.hidden))

    def move_joint(self, person: int, joint: int, x: float, y: float) -> None:
        """A joint was dragged to (x, y) image pixels on the shown frame."""
        self._workspace.edit(MoveKeypoint(person, joint, self._frame(), x, y))

    def ask_joint(self, person: int) -> None:
        """Asks which joint goes where, and shows it there meanwhile."""
        run, picture = self._workspace.opened_file, self._view.picture
        if run is None or picture is None or picture.result is None or person not in picture.result.tracks.ids:
            self._workspace.notify("The selected person is not in this frame.", "warning")
            return
        run.player.pause()
        name = self._workspace.people.names.get(person, f"person {person}")
        dialog = MoveJointDialog(picture.result, person, name, self._joint, parent=self._view)

        def move(joint: int, x: float, y: float) -> None:
            self._joint = joint
            self._workspace.edit(MoveKeypoint(person, joint, picture.frame.index, x, y))

        dialog.previewed.connect(lambda joint, x, y: self._view.show_joint(person, joint, x, y))
        dialog.rejected.connect(lambda: self._view.show_picture(picture))
        dialog.joint.currentIndexChanged.connect(lambda _index: self._view.show_picture(picture))
        dialog.moved.connect(move)
        show_below(dialog, self._view)

    def fill(self) -> None:
        """Fills in the span between the two frames where the same joint was moved last."""
        run = self._workspace.opened_file
        if run is None:
            return
        times = dict(zip(run.session.frame_indices().tolist(), run.session.frame_times().tolist(), strict=True))
        edits = run.session.edits()
        moves = [edit for edit in edits if isinstance(edit, MoveKeypoint) and edit.frame_index in times]
        last = moves[-1] if moves else None
        before = [
            move
            for move in moves
            if last is not None
            and (move.track_id, move.keypoint) == (last.track_id, last.keypoint)
            and move.frame_index != last.frame_index
        ]
        if last is None or not before:
            self._workspace.notify(
                "First move the same joint by hand on two frames; the frames between them can then be filled in.",
                "warning",
            )
            return
        first, second = sorted((before[-1], last), key=lambda move: move.frame_index)
        start, end = (Anchor(m.frame_index, times[m.frame_index], m.x, m.y) for m in (first, second))
        self._workspace.edit(FillKeypoint(last.track_id, last.keypoint, start, end))
        self._workspace.notify(
            f"Filled in from frame {first.frame_index} to {second.frame_index}; marked as edited in every export.",
        )

    def _with_one(self, action: Callable[[int], object]) -> None:
        person = self._workspace.people.chosen
        if person is None:
            words = "Select a person first: click them in the picture or in the list, or press their number."
            self._workspace.notify(words, "warning")
        else:
            action(person)

    def _pair(self) -> tuple[int, int] | None:
        """The two people meant: marked in the list, or the only two in the picture."""
        picked = self._panel.picked()
        picture = self._view.picture
        if len(picked) != 2 and picture is not None and picture.result is not None:
            shown = [int(person) for person in picture.result.tracks.ids]
            picked = shown if len(shown) == 2 else picked
        if len(picked) != 2:
            self._workspace.notify("Select two people in the list: click one, then Ctrl+click the other.", "warning")
            return None
        return picked[0], picked[1]

    def _frame(self) -> int:
        picture = self._view.picture
        return picture.frame.index if picture is not None else 0

    def _enable(self) -> None:
        run = self._workspace.run
        self._actions.enable(NEED_SESSION, run is not None and not run.is_live)
        self._actions.enable(("rename", "hide"), run is not None)
        self._view.can_edit = run is not None and not run.is_live
        if run is not None:
            self._name("undo", "Undo", run.session.newest_edit)
            self._name("redo", "Redo", run.session.undone_edit)

    def _name(self, command: str, words: str, edit: Edit | None) -> None:
        self._actions[command].setEnabled(edit is not None)
        self._actions[command].setText(words if edit is None else f"{words}: {as_menu_text(edit_words(edit))}")
