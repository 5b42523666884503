"""Where the files that ship with the program lie (a checkout and an installed wheel alike)."""

from pathlib import Path

from ppnet.errors import UserError

ASSETS = Path(__file__).resolve().parent.parent / "assets"


def asset(name: str) -> Path:
    """Path of a shipped file, e.g. `asset("demo.mp4")`. UserError when the installation lacks it."""
    path = ASSETS / name
    if not path.exists():
        raise UserError(f"The file {path} is missing from this installation; install PPNet Live again.")
    return path
