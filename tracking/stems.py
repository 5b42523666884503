"""What output files are called after: a stem for each input."""

import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

from tracking.video.address import redacted
from tracking.video.container import is_address

LONGEST_BYTES = 180
"""Names of files have at most 255 bytes; endings, those of unfinished files too, need the rest."""
RESERVED = frozenset('<>:"/\\|?*')


def stem_of(name: str | Path) -> str:
    """What the outputs of one input are called: a folder's whole name (it has no suffix), a file's without its suffix,
    of an address the last part of its path or the host, never who logs in. It is valid text, and short enough for
    every file system."""
    text = str(name)
    if is_address(text):
        address = urlsplit(redacted(text).replace("…", ""))
        stem = Path(address.path).stem or address.hostname or ""
    else:
        path = _path(text)
        stem = path.name if os.path.isdir(path) else path.stem
    return _valid(stem)


def whole_stem_of(name: str | Path) -> str:
    """What they are called where another input has that stem already: a file's whole name, `walk.mov`, or
    `walk_folder`."""
    text = str(name)
    if is_address(text):
        return stem_of(text)
    path = _path(text)
    return _valid(path.name if path.suffix and not os.path.isdir(path) else f"{path.name}_folder")


def _path(text: str) -> Path:
    return Path(text.rstrip("/\\"))


def _valid(stem: str) -> str:
    text = os.fsencode(stem).decode("utf-8", "replace").replace("\N{REPLACEMENT CHARACTER}", "_")
    system = sys.getfilesystemencoding()  # may be ASCII
    text = text.encode(system, "replace").decode(system)
    text = "".join("_" if letter in RESERVED or not letter.isprintable() else letter for letter in text)
    short = text.encode()[:LONGEST_BYTES].decode("utf-8", "ignore")
    return short.rstrip(" .") or "video"
