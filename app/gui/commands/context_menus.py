"""Right-click menus: what can be done to the person or joint under the mouse, in the picture and in the list."""

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QMenu

from app.gui.commands.base import Commands, WindowParts
from app.gui.edit_words import as_menu_text
from app.gui.panels.people import PeoplePanel
from app.gui.picture.hit_test import HitTarget, target_words

OF_A_PERSON = ("rename", "hide", "split", "delete", "delete-all")
OF_TWO = ("swap", "merge")
OF_A_DRAWING = ("extend", "change-drawing", "name-drawing", "delete-drawing")
OF_THE_PICTURE = (
    "play", "mark", "in-point", "out-point", "draw-line", "draw-angle", "draw-distance", "snapshot", "fit",
)  # fmt: skip


class ContextMenus(Commands):
    """The commands of the menus again, where they are about what lies under the mouse."""

    def __init__(self, parts: WindowParts, people: PeoplePanel) -> None:
        super().__init__(parts)
        self._people = people
        self._view.menuWanted.connect(lambda place, target: self.of_picture(target).popup(place))
        self._hand.menuWanted.connect(lambda place, words: self._menu(words, OF_A_DRAWING).popup(place))
        people.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        people.list.customContextMenuRequested.connect(self._show_in_list)

    def of_picture(self, target: HitTarget | None) -> QMenu:
        """For what lies under the mouse in the picture; a person is chosen by it."""
        if target is None:
            return self._menu("", OF_THE_PICTURE)
        picture = self._view.picture
        joint = target_words(picture.result, target) if picture is not None and picture.result is not None else ""
        menu = self.of_person(target.person_id, joint=joint)
        if target.keypoint is not None:
            menu.addSeparator()
            menu.addAction(self._actions["fill"])
        return menu

    def of_person(self, person: int, *, joint: str = "") -> QMenu:
        """For one person, who is chosen by it. joint: words about the joint under the mouse."""
        self._workspace.choose(person)
        name = self._workspace.people.names.get(person, f"Person {person}")
        menu = self._menu(f"{name}: {joint}" if joint else name, OF_A_PERSON)
        only = menu.addAction("Follow only this person")
        only.triggered.connect(lambda: self._workspace.follow(person))
        menu.insertAction(self._actions["split"], only)
        return menu

    def _show_in_list(self, spot: QPoint) -> None:
        picked = self._people.picked()
        if picked:
            menu = self._menu("Two people", OF_TWO) if len(picked) == 2 else self.of_person(picked[0])
            menu.popup(self._people.list.viewport().mapToGlobal(spot))

    def _menu(self, title: str, commands: tuple[str, ...]) -> QMenu:
        menu = QMenu(self._window)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if title:
            menu.addAction(as_menu_text(title)).setEnabled(False)
            menu.addSeparator()
        for name in commands:
            menu.addAction(self._actions[name])
        return menu
