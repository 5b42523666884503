"""Exports as the window makes them: all formats of `tracking.export`; the video as it looks on the screen. No Qt."""

import os
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from app.workspace.background_work import Progress
from app.workspace.result_paths import sessions_folder
from app.workspace.workspace import Workspace
from tracking.drawing.style import SceneStyle
from tracking.export.formats import EXPORTS, backward_words, export
from tracking.session.edited_session import EditedSession
from tracking.session.naming import named_after
from tracking.session.session import Session

AS_TRACKED = "Includes all edits; the table and video that a batch wrote beside the session do not."


@dataclass(frozen=True)
class ExportOffer:
    """What can be exported of what is open, and where to. note: what there is to know before."""

    formats: tuple[str, ...]
    folder: Path
    stem: str
    note: str
    has_scale: bool
    is_edited: bool

    @classmethod
    def of(cls, workspace: Workspace, other_folder: Path) -> "ExportOffer | None":
        """None when nothing is open. other_folder: for cameras, and for films whose session can't lie beside them.

        What comes of a session goes beside it, as on the command line: those of a batch all lie in its folder.
        """
        run, file = workspace.run, workspace.opened_file
        if run is None:
            return None
        beside = run.session.path.parent
        is_usual = file is not None and beside != sessions_folder() and os.access(beside, os.W_OK)
        is_edited = run.edited.is_edited
        notes = (
            "" if run.session.complete else "Tracking is not finished: only what has been tracked so far is exported.",
            AS_TRACKED if is_edited else "",
            backward_words(run.session),
        )
        return cls(
            formats=tuple(name for name, form in EXPORTS.items() if file is not None or not form.pictures),
            folder=beside if is_usual else other_folder,
            stem=named_after(run.session.path, "").name if file is None else file.video.stem,
            note=" ".join(note for note in notes if note),
            has_scale=run.edited.metres_per_pixel is not None,
            is_edited=is_edited,
        )


@dataclass(frozen=True)
class Work:
    """What an export needs. style: how pictures look; video: of a file, where it lies."""

    session: Session
    style: SceneStyle
    video: Path | None = None
    progress: Progress = field(default_factory=Progress)

    @classmethod
    def on(cls, workspace: Workspace) -> "Work | None":
        """With what is open, as it is shown; None when nothing is."""
        run, file = workspace.run, workspace.opened_file
        if run is None:
            return None
        style = workspace.style
        return cls(run.session, style, None if file is None else file.video)


def export_work(name: str, path: Path, work: Work, unit: str | None = None) -> tuple[Path, ...]:
    """Writes one format with all edits in it; the path written. Cancelled; UserError when it can't; unit: see
    `export`."""
    edited = EditedSession(work.session)
    edited.refresh(cancelled=work.progress.cancelled)
    total = max(work.session.frame_count, 1)
    write = partial(EXPORTS[name].write, video=work.video, style=work.style) if EXPORTS[name].pictures else None
    return (export(edited, name, path, tick=lambda done: work.progress.tell(done / total), write=write, unit=unit),)
