"""What is known only at the end: table and video made again from all that was tracked, and put in place together."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

from app.runs.outputs import OutputPaths
from ppnet.output_files import writing
from tracking.drawing.style import SceneStyle
from tracking.export.formats import export
from tracking.export.keypoint_csv import KeypointTable
from tracking.export.video import write_annotated_video
from tracking.progress import Cancelled, Tick
from tracking.session.edited_session import EditedSession
from tracking.session.session import Session

NOT_MADE = "It was stopped before the table and video were rewritten from the finished tracks"


def write_again(
    session: Session, paths: OutputPaths, source: str | Path, watch: Callable[[int, int | None], bool]
) -> bool:
    """Replaces table and video by those that `export` makes; False when `watch` stopped it before, and both are as
    they were. source: the pictures. UserError when they can't be written."""
    edited, frames = EditedSession(session), session.frame_count

    def tick(done: int) -> None:
        if not watch(frames + done, 2 * frames):
            raise Cancelled

    if not edited.refresh(cancelled=lambda: not watch(frames, 2 * frames)):
        return False
    table = paths.table and paths.table.with_name(f"{paths.table.stem}.again.csv")
    try:
        if table:
            export(edited, "csv", table, overwrite=True, write=_write_table)
        if paths.video:
            draw = partial(write_annotated_video, video=source, style=SceneStyle.of(edited, paths.wanted.layers))
            export(edited, "video", paths.video, overwrite=True, tick=tick, write=draw)
        if table and paths.table:
            with writing(paths.table):
                os.replace(table, paths.table)
    except Cancelled:
        return False
    finally:
        if table:
            table.unlink(missing_ok=True)
    return True


def not_made(paths: OutputPaths, *, alone: bool, smoothed: bool) -> str:
    """Says what table and video are like when a run was stopped before they were made again."""
    lacks = ["show everybody"] * alone + ["are smoothed without looking ahead"] * smoothed
    made = f"; `export` writes the final ones from {paths.session.name}" if paths.session else ""
    return f"{NOT_MADE}: they {' and '.join(lacks)}{made}."


def _write_table(edited: EditedSession, path: Path, tick: Tick) -> None:
    """The table of `track` with all edits and smoothing in it."""
    with KeypointTable(path, skeleton=edited.skeleton) as table:
        for frame in edited.exported(tick):
            table.write(frame.result)
