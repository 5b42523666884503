"""Files that a command writes: those that are there stay unless their user says otherwise."""

from pathlib import Path

from ppnet.errors import UserError


def new_file(path: Path, *, overwrite: bool) -> Path:
    """The path. UserError when something is there and must not be replaced."""
    if path.exists() and not overwrite:
        raise UserError(f"{path} exists already; choose another --out or allow --overwrite.")
    return path
