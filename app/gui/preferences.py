"""What the window remembers between runs: recent files, changed keys, look, layers, angles. One versioned file."""

import json
import os
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

import msgspec

from app.workspace.signal import Signal
from ppnet.errors import UserError
from ppnet.skeleton import COCO_17
from ppnet.user_folders import user_folder
from tracking.angles import ANGLES
from tracking.run_settings import RunSettings

VERSION = 1
RECENT_LIMIT = 12
OF_ONE_VIDEO = ("adaptation.", "region", "only", "start_s", "end_s")
MAX_BYTES = 1_000_000


@dataclass(frozen=True)
class Preferences:
    """Values that differ from these defaults are written; `keys` holds only changed shortcuts."""

    look: str = "system"
    recent: tuple[str, ...] = ()
    keys: dict[str, tuple[str, ...]] = field(default_factory=dict)
    layers: dict[str, bool] = field(default_factory=dict)
    angles: tuple[str, ...] = ("left_knee", "right_knee")
    record_folder: str = ""
    joints: dict[str, str] = field(default_factory=dict)
    """Names of joints in files of other programs -> our keypoint, empty: left out."""
    settings: dict[str, Any] = field(default_factory=dict)
    """Settings of a run that differ from the defaults, by dotted name."""

    def __post_init__(self) -> None:
        if self.look not in ("system", "light", "dark"):
            raise ValueError(f"look must be system, light or dark, got {self.look!r}")
        object.__setattr__(self, "recent", tuple(path for path in self.recent if _is_path(path))[:RECENT_LIMIT])
        object.__setattr__(self, "keys", {name: tuple(keys) for name, keys in self.keys.items()})
        object.__setattr__(self, "angles", tuple(name for name in self.angles if name in ANGLES))
        if not _is_path(self.record_folder):
            raise ValueError("record_folder is not a path")
        known = ("", *COCO_17.keypoints)
        object.__setattr__(self, "joints", {name: ours for name, ours in self.joints.items() if ours in known})
        object.__setattr__(self, "layers", {name: bool(on) for name, on in self.layers.items()})

    def with_recent(self, path: str) -> "Preferences":
        """`path` put first in the list of recent files."""
        return replace(self, recent=(path, *(old for old in self.recent if old != path))[:RECENT_LIMIT])


def kept_settings(settings: RunSettings) -> dict[str, Any]:
    """What is to be remembered of them: not what is about one video."""
    usual = RunSettings().to_plain()
    changed = {name: value for name, value in settings.to_plain().items() if value != usual[name]}
    return {name: value for name, value in changed.items() if not name.startswith(OF_ONE_VIDEO)}


def _is_path(text: str) -> bool:
    """Whether it may be the name of a file; asking the system about others is an error."""
    try:
        name = os.fsencode(text)
    except UnicodeEncodeError:
        return False
    return b"\0" not in name and len(name) < 4096 and all(len(part) <= 255 for part in name.split(b"/"))


class PreferencesStore:
    """Reads and writes the preferences file. news: a sentence for the user when a broken one was set aside, or it can't
    be written; `failed` tells the latter, once."""

    def __init__(self) -> None:
        self.failed: Signal[str] = Signal()
        self.path = user_folder("config") / "window.json"
        self.news = ""
        self.value = self._load()

    @property
    def settings(self) -> RunSettings:
        """The settings that were in use when the window was last closed."""
        return RunSettings.from_plain(self.value.settings)

    def update(self, **changes: Any) -> None:
        """Replaces fields and writes the file (to a temporary name first, then renamed)."""
        self.value = replace(self.value, **changes)
        self.save()

    def save(self) -> None:
        """Writes what differs from the defaults. Where that is not possible, the run goes on."""
        default = asdict(Preferences())
        changed = {name: entry for name, entry in asdict(self.value).items() if entry != default[name]}
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            fresh = self.path.with_suffix(".tmp")
            fresh.write_text(json.dumps({"version": VERSION, **changed}, indent=2), encoding="utf-8")
            fresh.replace(self.path)
        except OSError as error:
            words = f"Settings could not be saved to {self.path}: {error.strerror}."
            if words != self.news:
                self.news = words
                self.failed.emit(words)

    def _load(self) -> Preferences:
        if not self.path.is_file():
            return Preferences()
        try:
            return parse(self.path.read_bytes()[:MAX_BYTES])
        except (ValueError, OSError, RecursionError, UserError) as error:
            self.news = self._set_aside(error)
            return Preferences()

    def _set_aside(self, error: Exception) -> str:
        aside = self.path.with_suffix(".broken.json")
        number = 2
        while aside.exists():
            aside = self.path.with_suffix(f".broken-{number}.json")
            number += 1
        try:
            self.path.rename(aside)
        except OSError:
            return f"The settings file {self.path} can't be read ({error}); defaults are used."
        return f"The settings file was damaged ({error}). It is kept as {aside}; defaults are used."


def parse(data: bytes) -> Preferences:
    """The content of a preferences file. ValueError, UserError or RecursionError when it is none."""
    content = msgspec.json.decode(data, type=dict[str, Any])
    if (version := content.pop("version", None)) != VERSION:
        raise ValueError(f"written by another version: {str(version)[:20]}")
    known = {entry.name for entry in fields(Preferences)}
    if unknown := sorted(set(content) - known):
        raise ValueError(f"unknown setting {unknown[0][:40]!r}")
    kept = msgspec.convert(content, Preferences)
    RunSettings.from_plain(kept.settings)
    return kept
