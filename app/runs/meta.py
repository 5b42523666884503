"""The meta file of a run: what it was made from and with, what was counted, whether it is complete."""

import contextlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path
from typing import Any

from ppnet.checkpoint_info import CheckpointInfo
from ppnet.errors import UserError
from ppnet.output_files import why_not_written
from tracking.types import Frame, FrameResult
from tracking.video.source import VideoInfo, bytes_of, is_at

MAX_META_BYTES = 64 * 2**20
MAX_METAS = 200  # looked at


class Tally:
    """Counts the frames and people of a run (a `Sink`)."""

    def __init__(self) -> None:
        self.frames = 0
        self.people: dict[int, dict[str, Any]] = {}
        self.seconds = dict.fromkeys(("detect", "track", "pose", "smooth"), 0.0)
        self.first_s: float | None = None
        self.last_s: float | None = None
        self.shortest_s: float | None = None
        self.longest_s: float | None = None

    def write(self, frame: Frame, result: FrameResult) -> None:
        """Counts one frame."""
        self.frames += 1
        if self.last_s is not None:
            step_s = result.time_s - self.last_s
            self.shortest_s = min(step_s, step_s if self.shortest_s is None else self.shortest_s)
            self.longest_s = max(step_s, step_s if self.longest_s is None else self.longest_s)
        self.first_s = result.time_s if self.first_s is None else self.first_s
        self.last_s = result.time_s
        for stage in self.seconds:
            self.seconds[stage] += getattr(result.times, f"{stage}_s")
        for track_id in result.tracks.ids.tolist():
            person = self.people.setdefault(track_id, {"id": track_id, "frames": 0, "first_time_s": result.time_s})
            person["frames"] += 1
            person["last_time_s"] = result.time_s

    def keep_only(self, track_id: int) -> None:
        """Forgets everybody else."""
        self.people = {i: person for i, person in self.people.items() if i == track_id}

    def close(self, *, complete: bool) -> None:
        """Nothing to close."""

    def abandon(self) -> None:
        """Nothing to let go of."""

    def facts(self) -> dict[str, Any]:
        """What was counted, as the meta file says it."""
        return {
            "frames": self.frames,
            "persons": len(self.people),
            "first_time_s": self.first_s,
            "last_time_s": self.last_s,
            "shortest_interval_s": self.shortest_s,
            "longest_interval_s": self.longest_s,
            "people": sorted(self.people.values(), key=lambda person: int(person["id"])),
        }


def source_facts(info: VideoInfo) -> dict[str, Any]:
    """What is known of the input, in plain values."""
    return {name: _plain(value) for name, value in asdict(info).items()}


def network_facts(info: CheckpointInfo | None) -> dict[str, Any] | None:
    """Which network it was; None when there is none that could be named."""
    if info is None:
        return None
    return {
        "network": info.network,
        "input_wh": list(info.input_wh),
        "joints": info.skeleton,
        "decoding": info.codec_kind,
        "decoding_tolerances": list(info.tolerances),
        "sha256": info.sha256,
        "source": info.source,
    }


def write_meta(path: Path, facts: Mapping[str, Any]) -> None:
    """The meta file in one step: there is never half of one. UserError when it cannot be written."""
    fresh = path.with_name(path.name + ".partial")
    try:
        text = json.dumps(facts, indent=2, ensure_ascii=False, default=str) + "\n"
        fresh.write_text(text, encoding="utf-8", errors="backslashreplace")  # names of files may be no text
        os.replace(fresh, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            fresh.unlink()
        raise UserError(f"{path} could not be written: {why_not_written(error)}.") from error


def read_meta(path: Path) -> dict[str, Any] | None:
    """What a meta file says; None when it is missing, damaged or not ours."""
    with contextlib.suppress(OSError, ValueError, TypeError, RecursionError):
        if path.stat().st_size <= MAX_META_BYTES:
            meta = dict(json.loads(path.read_text(encoding="utf-8")))
            numbers = (meta.get(name) for name in ("frames", "persons", "fps"))
            is_ours = isinstance(meta.get("input"), dict) and all(isinstance(each, int | float) for each in numbers)
            return meta if is_ours else None
    return None


def is_moved(meta: Mapping[str, Any], size_bytes: int | None) -> bool:
    """Whether a video of that size may be the one that a run was about, which is not where it was any more."""
    source = meta["input"]
    is_same = size_bytes is not None and source.get("size_bytes") == size_bytes
    return is_same and not is_at(str(source.get("path")), size_bytes)


def is_done(meta: Mapping[str, Any]) -> bool:
    """Whether a run left nothing to go on with: it reached the end of its input, or where that is cut off."""
    return meta.get("complete") is True or meta.get("input_cut_off") is True


def done_runs(folder: Path) -> dict[Path, dict[str, Any]]:
    """The meta files of the folder whose runs are done, with what they say, the newest first; of the newest
    `MAX_METAS`."""
    found: dict[Path, dict[str, Any]] = {}
    with contextlib.suppress(OSError):
        for path in sorted(folder.glob("*_meta.json"), key=lambda path: -path.stat().st_mtime)[:MAX_METAS]:
            meta = read_meta(path)
            if meta is not None and is_done(meta):
                found[path] = meta
    return found


def find_moved(runs: Mapping[Path, Mapping[str, Any]], video: Path) -> Path | None:
    """The first of `done_runs` of a video that has been moved or renamed since and seems to be this one; None when
    there is none."""
    with contextlib.suppress(OSError):
        size_bytes = bytes_of(video)
        return next((path for path, meta in runs.items() if size_bytes and is_moved(meta, size_bytes)), None)
    return None


def _plain(value: Any) -> Any:
    if isinstance(value, Fraction):
        return f"{value.numerator}/{value.denominator}"
    return str(value) if isinstance(value, Path) else value
