"""Which files belong to a session: what is written out of it is called after it, and its video lies beside it."""

import os
from pathlib import Path
from typing import overload

from ppnet.errors import UserError
from tracking.session.format import SUFFIX, SessionInUseError
from tracking.session.session import Session, session_path
from tracking.video.container import is_address
from tracking.video.source import VideoInfo


def named_after(session: Path, ending: str, folder: Path | None = None) -> Path:
    """Where an output of a session goes: beside it or in `folder`, called after it without the usual suffix."""
    stem = session.name.removesuffix(SUFFIX) if session.name.endswith(SUFFIX) else session.stem
    return (folder or session.parent) / f"{stem}{ending}"


@overload
def find_video(session: Session, given: Path | None = None, *, option: str = "--video") -> Path: ...
@overload
def find_video(session: Session, given: str | Path | None, *, option: str = "--video") -> str | Path: ...
def find_video(session: Session, given: str | Path | None = None, *, option: str = "--video") -> str | Path:
    """Where the video of a session is: where it was, beside the session, or only where it is said to be (`given`, which
    may be an address). UserError when it isn't there, or there never was one. option: that says it on the command
    line."""
    if given is not None and is_address(str(given)):
        return given
    source, path = session.header.source, session.path
    if source.is_live:
        raise UserError(
            f"{path.name} is a live session and has no video to show; `ppnet-live export {path.name}` writes "
            "tables from it."
        )
    beside = path.parent / source.file_name
    for place in (source.path or beside, beside) if given is None else (Path(given),):
        if os.path.exists(place):  # a path in a session may be any
            return place
    if given is not None:
        raise UserError(f"The video {given} is missing.", option=f"say where it is now with {option}")
    raise UserError(
        f"The video {source.name} of this session is missing; put it beside {path.name}.",
        option=f"or say where it is now with {option}",
    )


def refuse_another(place: str | Path, found: VideoInfo, known: VideoInfo) -> None:
    """UserError when the video that was found at a place can't be the one that a session knows."""
    if found.size_wh != known.size_wh:
        raise UserError(f"{place} is another video: its frames are {found.size_wh}, not {known.size_wh}.")


def is_of_another(session: Path, video: Path, *, own: Session | None = None) -> bool:
    """Whether a session is that of another video beside this one, after which it is called.

    own: the session that is open in this program, for which nobody has to wait."""
    name = _video_name(session, own) if session.exists() else None
    if name is None:
        return False
    theirs = video.parent / name
    if not os.path.exists(theirs) or (os.path.exists(video) and os.path.samefile(theirs, video)):
        return False
    return session_path(theirs).name == session.name


def _video_name(session: Path, own: Session | None) -> str | None:
    """File name of its video; None when it can't be used, which is said by whoever opens it."""
    try:
        if own is not None and own.path.resolve() == session.resolve():
            return own.header.source.file_name
        with Session.open(session) as opened:
            return opened.header.source.file_name
    except SessionInUseError as error:
        return error.source or None
    except UserError:
        return None
