"""A session copied to where its video lies now: the demo's, or one from before the video was moved."""

import shutil
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from ppnet.errors import UserError
from ppnet.output_files import writing
from tracking.session.edits import Edit, MergeIds
from tracking.session.opening import find_moved, put_in_place
from tracking.session.session import Session
from tracking.session.writer_lock import WriterLock
from tracking.video.source import VideoInfo


def copy_session(session: Path, place: Path, source: VideoInfo) -> None:
    """The copy appears at `place` when it is whole, and names its video and place as `source` does. UserError when it
    can't be made."""
    copied = place.with_suffix(".copied")
    try:
        with writing(place):
            shutil.copyfile(session, copied)
            with Session.open(copied, writable=True) as opened:
                known = replace(opened.header.source, name=source.name, path=source.path)
                opened.set_header(replace(opened.header, source=known))
            with WriterLock(place, source.file_name):
                put_in_place(copied, place)
    finally:
        copied.unlink(missing_ok=True)


def bring_moved_session(place: Path, info: VideoInfo, folders: Iterable[Path]) -> Path | None:
    """Copies the session that a video had in one of the folders before it was moved or renamed to `place`; where that
    was, or None when there is none. Of several the newest is taken in which somebody has edited something."""
    found = max(find_moved(folders, info), key=_work_in, default=None)
    if found is not None:
        copy_session(found, place, info)
    return found


def _work_in(session: Path) -> tuple[bool, bool]:
    """How much of a person's work would be missed with it. Merging alone weighs less: where tracked parts meet, the
    program merges by itself."""
    edits: tuple[Edit, ...] = ()
    with suppress(UserError), Session.open(session) as opened:
        edits = opened.edits()
    return any(not isinstance(edit, MergeIds) for edit in edits), bool(edits)
