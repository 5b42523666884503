"""Further formats of each input of a batch, made from its session as soon as that is tracked."""

from collections.abc import Callable, Iterable
from pathlib import Path

from ppnet.errors import UserError
from tracking.export.formats import EXPORTS, export
from tracking.progress import Cancelled
from tracking.session.edited_session import EditedSession
from tracking.session.naming import named_after
from tracking.session.session import Session

BY_HAND = ("drawings", "marks", "elan", "boris")
FORMATS = tuple(
    name for name, form in EXPORTS.items() if not form.pictures and not form.as_tracked and name not in BY_HAND
)
"""Those that a run does not leave anyway, without pictures, and about what nobody has drawn or marked yet."""


def export_places(session: Path, names: Iterable[str]) -> dict[str, Path]:
    """Where formats of a session go: beside it."""
    return {name: named_after(session, EXPORTS[name].suffix) for name in names}


def export_formats(
    path: Path, names: Iterable[str], cancelled: Callable[[], bool], *, overwrite: bool = False, goes_on: bool = False
) -> tuple[tuple[Path, ...], UserError | None]:
    """Writes formats of a session beside it, in their usual units: the files that are there then, fewer when it is
    cancelled, and why others can't be written. goes_on: those that an earlier run has written are left as they are.
    UserError when the session can't be read."""

    def tick(_done: int) -> None:
        if cancelled():
            raise Cancelled

    places = export_places(path, names)
    written = {name: place for name, place in places.items() if goes_on and place.exists()}
    failures: dict[str, None] = {}  # formats of one extra package say the same
    if len(written) == len(places):
        return tuple(written.values()), None
    with Session.open(path) as session:
        edited = EditedSession(session)
        try:
            edited.refresh(cancelled=cancelled)
            for name in [name for name in places if name not in written]:
                try:
                    written[name] = export(edited, name, places[name], overwrite=overwrite, tick=tick)
                except UserError as error:
                    failures[str(error)] = None
        except Cancelled:
            pass
    return tuple(written[name] for name in places if name in written), _all_of(failures)


def _all_of(failures: Iterable[str]) -> UserError | None:
    words = " ".join(failures)
    return UserError(words) if words else None
