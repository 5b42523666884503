"""Where sessions and other results go, so that nothing is ever overwritten."""

import hashlib
import os
from pathlib import Path

from ppnet.assets import ASSETS
from ppnet.output_files import make_folder
from ppnet.user_folders import user_folder
from tracking.session.format import SUFFIX
from tracking.session.session import session_path
from tracking.stems import stem_of


def sessions_folder() -> Path:
    """Where sessions go that cannot lie beside their video."""
    return user_folder("data") / "sessions"


def place_for_session(video: Path, *, anew: bool = False) -> Path:
    """Beside the video; in the user's data folder for the demo, and where that cannot be written: there one beside it
    counts until the video is tracked `anew`. UserError when that folder cannot be."""
    folder = video.parent.resolve()
    beside = session_path(video)
    if folder != ASSETS.resolve() and os.access(folder, os.W_OK):
        return beside
    mark = hashlib.sha256(str(video.resolve()).encode()).hexdigest()[:8]
    place = sessions_folder() / f"{stem_of(video)}-{mark}{SUFFIX}"
    if folder != ASSETS.resolve() and beside.exists() and not anew and not place.exists():
        return beside
    make_folder(place.parent)
    return place


def free_path(path: Path) -> Path:
    """The path, or the same with _2, _3, ... where it is taken: nothing is ever overwritten."""
    number, free = 2, path
    while free.exists():
        free = path.with_stem(f"{path.stem}_{number}")
        number += 1
    return free
