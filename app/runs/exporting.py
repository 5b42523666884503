"""Exports as the window makes them: all formats of `tracking.export`; the video as it looks on the screen. No Qt."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from app.runs.nearby import Nearby
from tracking.drawing.style import PeopleStyle, PictureLayers, SceneStyle
from tracking.export.formats import EXPORTS, export
from tracking.export.progress import ExportCancelled
from tracking.session.edited_session import EditedSession
from tracking.session.session import Session


@dataclass(frozen=True)
class Work:
    """What an export needs. video: of a file, where it lies. progress: takes 0 to 1. unit: see `export`.

    nearby: of a file, who is near in time, for blurred faces.
    """

    session: Session
    layers: PictureLayers
    people: PeopleStyle
    video: Path | None
    progress: Callable[[float], None]
    cancelled: Callable[[], bool]
    unit: str | None = None
    nearby: Nearby | None = None


def export_work(name: str, path: Path, work: Work) -> tuple[Path, ...]:
    """Writes one format with all edits in it; the path written, none when it was cancelled. UserError when it can't."""
    edited = EditedSession(work.session)
    edited.refresh(cancelled=work.cancelled)
    total = max(work.session.frame_count, 1)

    def tick(done: int) -> None:
        work.progress(done / total)
        if work.cancelled():
            raise ExportCancelled

    style = SceneStyle(work.layers, work.people)
    write = partial(EXPORTS[name].write, video=work.video) if EXPORTS[name].pictures else None
    if name == "video":
        write = partial(EXPORTS[name].write, video=work.video, style=style, near=work.nearby)
    try:
        return (export(edited, name, path, tick=tick, write=write, unit=work.unit),)
    except ExportCancelled:
        return ()
