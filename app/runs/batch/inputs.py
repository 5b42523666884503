"""What a batch has to do: the videos of a folder, and which of them an earlier run has done already."""

import json
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from app.runs.meta import is_done, is_moved, read_meta
from app.runs.outputs import OutputPaths
from app.runs.track_job import RunReport
from ppnet.errors import UserError
from tracking.run_settings import RunSettings
from tracking.session.edits import Edit, OnlyPerson
from tracking.session.session import Session
from tracking.video.container import VIDEO_SUFFIXES, is_address
from tracking.video.images import IMAGE_SUFFIXES
from tracking.video.source import bytes_of

CUT_OFF_AND_DONE = "It is cut off or damaged; all that can be read of it was already done."


def videos_in(specs: Iterable[str]) -> list[str]:
    """The inputs, each once, where a folder that holds videos and no pictures stands for its videos, by name."""
    found: list[str] = []
    for spec in specs:
        inside = _inside(spec)
        suffixes = {path.suffix.lower() for path in inside}
        videos = [str(path) for path in inside if path.suffix.lower() in VIDEO_SUFFIXES and path.is_file()]
        found += videos if videos and not suffixes & IMAGE_SUFFIXES else [spec]
    once: dict[str, str] = {}
    for spec in found:
        once.setdefault(spec if is_address(spec) else os.path.abspath(spec), spec)
    return list(once.values())


def _inside(spec: str) -> list[Path]:
    """What a folder holds, by name; nothing where it is none, or may not be read: that is said when it is opened."""
    with suppress(OSError):
        return sorted(Path(spec).iterdir()) if os.path.isdir(spec) else []
    return []


def earlier_report(paths: OutputPaths, spec: str, settings: RunSettings) -> RunReport | None:
    """What an earlier run of this input with these settings reported; None when it has to be done, from its start.

    UserError when there are results of another kind, of a stream, or ones that were edited.
    """
    existing = paths.existing()
    if not existing.meta.exists() and len(existing.named()) == 1:
        return None
    if is_address(spec):
        raise UserError(
            f"{paths.stem}_... are from an earlier run, and a stream can't be continued; add --overwrite to replace "
            "them, or choose another --out."
        )
    meta = read_meta(paths.meta)
    if meta is None or not _is_of(meta, spec, settings):
        raise UserError(
            f"{paths.stem}_... are results of another input or other settings; add --overwrite to replace them, or "
            "choose another --out."
        )
    cut_off = meta.get("input_cut_off") is True
    if is_done(meta) and existing == paths:
        return RunReport(
            paths=paths,
            frames=meta["frames"],
            people=meta["persons"],
            fps=meta["fps"],
            device=str(meta.get("device")),
            complete=not cut_off,
            notices=(CUT_OFF_AND_DONE,) if cut_off else ("It was already done.",),
            cut_off=cut_off,
        )
    _refuse_edited(existing.session)
    return None


def _is_of(meta: dict[str, Any], spec: str, settings: RunSettings) -> bool:
    """Whether it is of this input, as it is now, with these settings."""
    path, source = Path(spec).absolute(), meta["input"]
    was, now = source.get("size_bytes"), bytes_of(path)
    is_here = source.get("path") == str(path)
    is_same = was == now or None in (was, now) if is_here else is_moved(meta, now)  # it may be moved once it is done
    wanted = json.loads(json.dumps(settings.to_plain(), default=str))
    return is_same and bool(meta.get("settings") == wanted)


def _refuse_edited(path: Path | None) -> None:
    edits: tuple[Edit, ...] = ()
    if path is not None:
        with suppress(UserError), Session.open(path) as session:  # a damaged one holds nothing to lose
            edits = tuple(edit for edit in session.edits() if not isinstance(edit, OnlyPerson))
    if edits:
        raise UserError(f"{path} was cut short and then edited; move it elsewhere, or choose another --out.")
