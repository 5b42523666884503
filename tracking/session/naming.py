"""Which files belong to a session: what is written out of it is called after it, and its video lies beside it."""

import os
from pathlib import Path

from ppnet.errors import UserError
from tracking.session.format import SUFFIX, SessionInUseError
from tracking.session.session import Session, session_path
from tracking.video.source import VideoInfo


def named_after(session: Path, ending: str, folder: Path | None = None) -> Path:
    """Where an output of a session goes: beside it or in `folder`, called after it without the usual suffix."""
    stem = session.name.removesuffix(SUFFIX) if session.name.endswith(SUFFIX) else session.stem
    return (folder or session.parent) / f"{stem}{ending}"


def places_of_video(session: Path, source: VideoInfo) -> tuple[Path, ...]:
    """Where the video of a session may be: where it was, and beside the session."""
    beside = session.parent / source.file_name
    return (beside,) if source.path is None else (source.path, beside)


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
