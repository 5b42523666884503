"""Further formats of each input of a batch, made from its session as soon as that is tracked."""

from collections.abc import Callable, Iterable
from pathlib import Path

from app.runs.result_paths import free_path
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


def export_formats(path: Path, names: Iterable[str], cancelled: Callable[[], bool]) -> tuple[Path, ...]:
    """Writes formats of a session beside it, in their usual units; the files written, fewer when it is cancelled.
    UserError when one can't be written."""

    def tick(_done: int) -> None:
        if cancelled():
            raise ExportCancelled

    written: list[Path] = []
    with Session.open(path) as session:
        edited = EditedSession(session)
        try:
            edited.refresh(cancelled=cancelled)
            for name in names:
                place = free_path(named_after(path, EXPORTS[name].suffix))
                written.append(export(edited, name, place, tick=tick))
        except ExportCancelled:
            pass
    return tuple(written)
