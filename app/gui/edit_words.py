"""What an edit does, in a few words for the menu: Undo: swap people 1 and 2."""

from collections.abc import Callable
from typing import Any

from tracking.measurements import name_of
from tracking.session import edits
from tracking.session.edits import Edit

MENU_LETTERS = 60

WORDS: dict[type, Callable[[Any], str]] = {
    edits.SwapIds: lambda edit: f"swap people {edit.first} and {edit.second}",
    edits.MergeIds: lambda edit: f"merge person {edit.other} into {edit.keep}",
    edits.SplitId: lambda edit: f"split person {edit.track_id}",
    edits.DeletePerson: lambda edit: f"delete person {edit.track_id}",
    edits.HidePerson: lambda edit: f"{'hide' if edit.hidden else 'show'} person {edit.track_id}",
    edits.RenamePerson: lambda edit: f"name person {edit.track_id}",
    edits.MoveKeypoint: lambda edit: f"move a joint of person {edit.track_id}",
    edits.FillKeypoint: lambda edit: f"fill in a joint of person {edit.track_id}",
    edits.ChooseSmoothing: lambda _edit: "change smoothing",
    edits.OnlyPerson: lambda edit: (
        "follow everybody" if edit.track_id is None else f"follow only person {edit.track_id}"
    ),
    edits.SetMark: lambda edit: f"mark {edit.name}",
    edits.RemoveMark: lambda _edit: "remove a mark",
    edits.SetSpan: lambda _edit: "set in and out points",
    edits.SetScale: lambda _edit: "set the scale",
    edits.SetDrawing: lambda edit: f"draw {name_of(edit)}",
    edits.RemoveDrawing: lambda edit: f"delete drawing {edit.number}",
}


def edit_words(edit: Edit) -> str:
    """What it does, as somebody would say it."""
    return WORDS[type(edit)](edit)


def as_menu_text(words: str) -> str:
    """Words with names that somebody gave, for a menu: an `&` is one and no key, and long ones are shortened in
    their middle."""
    shown = words if len(words) <= MENU_LETTERS else f"{words[: MENU_LETTERS - 20]}…{words[-19:]}"
    return shown.replace("&", "&&")
