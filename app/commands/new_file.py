"""Files that a command writes: those that are there stay unless their user says otherwise."""

from pathlib import Path

from ppnet.errors import UserError


def new_file(path: Path, *, overwrite: bool) -> Path:
    """The path. UserError when it is a folder, or something is there and must not be replaced."""
    if path.is_dir():
        raise UserError(f"{path} is a folder; say what the file in it is to be called, too.")
    if path.exists() and not overwrite:
        raise UserError(f"{path} exists already; choose another --out, or add --overwrite to replace it.")
    return path
