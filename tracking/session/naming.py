"""What is written out of a session is called after it."""

from pathlib import Path

from tracking.session.format import SUFFIX


def named_after(session: Path, ending: str, folder: Path | None = None) -> Path:
    """Where an output of a session goes: beside it or in `folder`, called after it without the usual suffix."""
    stem = session.name.removesuffix(SUFFIX) if session.name.endswith(SUFFIX) else session.stem
    return (folder or session.parent) / f"{stem}{ending}"
