"""Further formats of each input of a batch, made from its session as soon as that is tracked."""

from collections.abc import Callable, Iterable
from pathlib import Path

from app.runs.result_paths import free_path
from ppnet.errors import UserError
from tracking.export.formats import EXPORTS, export
from tracking.export.progress import ExportCancelled
from tracking.session.edited_session import EditedSession
from tracking.session.naming import named_after
from tracking.session.session import Session

BY_HAND = ("drawings", "marks", "elan", "boris")
FORMATS = tuple(
    name for name, form in EXPORTS.items() if not form.pictures and not form.as_tracked and name not in BY_HAND
)
"""Those that a run does not leave anyway, without pictures, and about what nobody has drawn or marked yet."""


def export_formats(
    path: Path, names: Iterable[str], cancelled: Callable[[], bool]
) -> tuple[tuple[Path, ...], UserError | None]:
    """Writes formats of a session beside it, in their usual units: the files written, fewer when it is cancelled, and
    why others can't be written. UserError when the session can't be read."""

    def tick(_done: int) -> None:
        if cancelled():
            raise ExportCancelled

    written: list[Path] = []
    failures: dict[str, None] = {}  # formats of one extra package say the same
    with Session.open(path) as session:
        edited = EditedSession(session)
        try:
            edited.refresh(cancelled=cancelled)
            for name in names:
                place = free_path(named_after(path, EXPORTS[name].suffix))
                try:
                    written.append(export(edited, name, place, tick=tick))
                except UserError as error:
                    failures[str(error)] = None
        except ExportCancelled:
            pass
    return tuple(written), UserError(" ".join(failures)) if failures else None
