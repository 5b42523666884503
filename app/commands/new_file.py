"""Files that a command writes: those that are there stay unless their user says otherwise."""

from pathlib import Path

from ppnet.errors import UserError
from ppnet.output_files import refuse_existing


def new_file(path: Path, *, overwrite: bool) -> Path:
    """The path. UserError when it is a folder, or something is there and must not be replaced."""
    if path.is_dir():
        raise UserError(f"{path} is a folder; add the name of the file to write in it.")
    refuse_existing(path, overwrite=overwrite)
    return path
