"""Files written for users: what the system refuses is said in one sentence."""

import errno
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ppnet.errors import UserError

_CAUSES = {
    errno.ENOSPC: "the disk is full; free some space or choose another folder",
    errno.EDQUOT: "your disk quota is used up; choose another folder",
    errno.EFBIG: "the file system or a limit does not allow a larger file; choose another folder",
    errno.EROFS: "the folder is read-only; choose another one",
    errno.ENOENT: "the folder does not exist",
}


@contextmanager
def writing(place: object) -> Iterator[None]:
    """UserError when the system does not let the block write. place: what is written, as the sentence calls it."""
    try:
        yield
    except OSError as error:
        raise UserError(f"{place} could not be written: {why_not_written(error)}.") from error


def why_not_written(error: OSError) -> str:
    """What stood in the way, and what to do about it, for the end of a sentence."""
    if isinstance(error, PermissionError):
        return f"{error.strerror or error}; choose another place, or check its permissions"
    return _CAUSES.get(error.errno or 0) or error.strerror or str(error)


def make_folder(folder: Path) -> None:
    """Makes the folder for outputs and sees that it can be written to. UserError when it cannot."""
    probe = folder / f".ppnet-live-{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"")
        probe.unlink()
    except FileExistsError as error:
        what = "a broken link" if folder.is_symlink() and not folder.exists() else "a file"
        raise UserError(f"{folder} is {what}; choose a folder.") from error
    except OSError as error:
        raise UserError(f"Nothing can be written to {folder} ({error.strerror}); choose another folder.") from error


def refuse_existing(*paths: Path, overwrite: bool) -> None:
    """UserError naming the first path that is there, unless it may be replaced."""
    taken = next((path for path in paths if path.exists()), None)
    if taken is not None and not overwrite:
        raise UserError(f"{taken} already exists.", option="choose another --out, or add --overwrite to replace it")


def write_json(path: Path, content: Any, *, allow_nan: bool = True) -> None:
    """Plain values, indented. UserError when the place cannot be written; ValueError for a number that JSON does not
    know, where it is not allowed."""
    with writing(path):
        path.write_text(json.dumps(content, indent=1, allow_nan=allow_nan) + "\n", encoding="utf-8")


def write_png(picture: npt.NDArray[np.uint8], path: Path) -> Path:
    """(H, W, 3) RGB; makes the folder. UserError when it can't be written."""
    return _write_picture(picture, path, ".png")


def write_picture(picture: npt.NDArray[np.uint8], path: Path) -> Path:
    """(H, W, 3) RGB as PNG or JPEG, by the file's ending; makes the folder. UserError for another ending, and when it
    can't be written."""
    kind = path.suffix.lower()
    if kind not in (".png", ".jpg", ".jpeg"):
        raise UserError(f"A picture is a .png or a .jpg, not {path.suffix or path.name}.")
    return _write_picture(picture, path, kind)


def _write_picture(picture: npt.NDArray[np.uint8], path: Path, kind: str) -> Path:
    import cv2

    content = cv2.imencode(kind, picture[..., ::-1])[1]  # cv2.imwrite fails unheard, and at some non-ASCII paths
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.tobytes())
    return path


def save_figure(figure: Any, path: Path, *, dpi: int) -> None:
    """A figure of matplotlib, type by the file's ending. UserError when there is no such type, or the place cannot be
    written."""
    try:
        with writing(path):
            figure.savefig(path, dpi=dpi)
    except ValueError as error:
        raise UserError(f"{path} could not be written: {error}.") from error
