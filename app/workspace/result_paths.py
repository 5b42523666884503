"""Where sessions and other results go, so that nothing is ever overwritten."""

import hashlib
import os
from pathlib import Path

from ppnet.assets import ASSETS
from ppnet.errors import UserError
from ppnet.output_files import make_folder
from ppnet.user_folders import user_folder
from tracking.session.format import SUFFIX
from tracking.session.naming import is_of_another
from tracking.session.session import Session, session_path
from tracking.stems import stem_of, whole_stem_of
from tracking.video.writer import partial_path


def sessions_folder() -> Path:
    """Where sessions go that cannot lie beside their video."""
    return user_folder("data") / "sessions"


def place_for_session(video: Path, *, anew: bool = False, own: Session | None = None) -> Path:
    """Beside the video; in the user's data folder for the demo, and where that cannot be written: there one beside it
    counts until the video is tracked `anew`. UserError when that folder cannot be.

    own: the session that is open in this program, which can't be opened to see whose it is.
    """
    folder = video.parent.resolve()
    beside = _beside(video, own)
    if folder != ASSETS.resolve() and os.access(folder, os.W_OK):
        return beside
    mark = hashlib.sha256(str(video.resolve()).encode()).hexdigest()[:8]
    place = sessions_folder() / f"{stem_of(video)}-{mark}{SUFFIX}"
    if folder != ASSETS.resolve() and beside.exists() and not anew and not place.exists():
        return beside
    try:
        make_folder(place.parent)
    except UserError as error:
        raise UserError(
            f"Results of {video.name} can be written neither beside it nor to {place.parent}; copy it to a folder that "
            "can be written to."
        ) from error
    return place


def _beside(video: Path, own: Session | None) -> Path:
    """`walk_session.ppnet`; where that belongs to another `walk.mp4`, the one of `walk.mov` has its whole name, and the
    one of a folder `walk` is `walk_folder_session.ppnet`."""
    usual, whole = session_path(video), video.with_name(whole_stem_of(video) + SUFFIX)
    is_taken = is_of_another(usual, video, own=own)
    return whole if is_taken or (whole.exists() and not is_of_another(whole, video, own=own)) else usual


def free_path(path: Path) -> Path:
    """The path, or the same with _2, _3, ... where it is taken, also by a video that is being written or was left by a
    crash: nothing is ever overwritten. One without a name (/) stays; whoever writes says that it can't be."""
    number, free = 2, path
    while path.name and _is_taken(free):
        free = path.with_stem(f"{path.stem}_{number}")
        number += 1
    return free


def _is_taken(path: Path) -> bool:
    is_video = path.suffix == partial_path(path).suffix
    return os.path.exists(path) or (is_video and os.path.exists(partial_path(path)))  # no name makes this fail
