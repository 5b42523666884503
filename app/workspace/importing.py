"""Tracks of another program become a session over their video. No Qt."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ppnet.output_files import refuse_existing, writing
from tracking.importing.choice import read_tracks
from tracking.importing.session import write_session
from tracking.importing.track_table import TrackTable, listed_names
from tracking.session.opening import put_in_place
from tracking.session.session import session_path
from tracking.session.writer_lock import WriterLock
from tracking.video.factory import open_source
from tracking.video.source import VideoError, seekable


@dataclass(frozen=True)
class Imported:
    """A session made of a file; notice: what of the file is not in it."""

    path: Path
    frames: int
    people: int
    notice: str = ""


def import_tracks(
    file: Path,
    video: Path,
    out: Path | None = None,
    *,
    overwrite: bool = False,
    chosen: Mapping[str, str] | None = None,
    read: tuple[str, TrackTable] | None = None,
) -> Imported:
    """out: the session; beside the video without. It appears under its name only when it is whole.

    chosen: the file's name of a joint -> our keypoint, where the names do not say it themselves. read: what is in the
    file (see `read_tracks`), where that is known already.

    UserError when the file can't be read or is of another video, or the place is taken, in use, or cannot be written.
    """
    place = out or session_path(video)
    refuse_existing(place, overwrite=overwrite)
    words, tracks = read or read_tracks(file)
    table, skeleton, left_out = tracks.on_skeleton(chosen)
    with open_source(video) as source:
        if (seen := seekable(source)) is None:
            raise VideoError(f"{source.info.name} is live; tracks are imported over a file.")
        times_s, info = seen.frame_times(), source.info
    fresh = place.with_name(f"{place.stem}.importing{place.suffix}")
    made_from = file.name, words
    try:
        with writing(place):
            place.parent.mkdir(parents=True, exist_ok=True)
            with WriterLock(place, info.file_name):
                write_session(table, skeleton, fresh, source=info, times_s=times_s, made_from=made_from, overwrite=True)
                put_in_place(fresh, place)
    finally:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
    notice = f"Left out, because this program has no such joints: {listed_names(left_out)}." if left_out else ""
    return Imported(place, len(times_s), len(set(table.ids.tolist())), notice)
