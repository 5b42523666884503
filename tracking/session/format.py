"""What a session file looks like inside: tables, header, and how rows become results (docs/session.md)."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

import ppnet
from ppnet.errors import UserError
from ppnet.poses import Floats, Poses
from ppnet.skeleton import COCO_17, SKELETONS, Skeleton
from tracking.types import FrameResult, KeypointState, StageTimes, Tracks, TrackState
from tracking.video.source import VideoInfo

FORMAT_VERSION = 1
APPLICATION_ID = 0x50504E4C  # "PPNL"
MAX_HEADER_CHARACTERS = 1_000_000
MAX_SIDE_PX = 65_535

SCHEMA = {
    "meta": "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    "frames": (
        "CREATE TABLE frames (frame_index INTEGER PRIMARY KEY, time_s REAL NOT NULL, width INTEGER NOT NULL, "
        "height INTEGER NOT NULL, detect_s REAL, track_s REAL, pose_s REAL, smooth_s REAL)"
    ),
    "people": (
        "CREATE TABLE people (frame_index INTEGER NOT NULL, row INTEGER NOT NULL, track_id INTEGER NOT NULL, "
        "state INTEGER NOT NULL, score REAL, x1 REAL, y1 REAL, x2 REAL, y2 REAL, raw BLOB NOT NULL, "
        "smoothed BLOB NOT NULL, states BLOB NOT NULL, PRIMARY KEY (frame_index, row)) WITHOUT ROWID"
    ),
    "edits": (
        "CREATE TABLE edits (edit_id INTEGER PRIMARY KEY, parent INTEGER NOT NULL, kind TEXT NOT NULL, "
        "data TEXT NOT NULL, created_utc TEXT NOT NULL)"
    ),
}

FRAME_COLUMNS = "frame_index, time_s, width, height, detect_s, track_s, pose_s, smooth_s"
PEOPLE_COLUMNS = "frame_index, row, track_id, state, score, x1, y1, x2, y2, raw, smoothed, states"


class SessionError(UserError):
    """A session file that is missing, in use, damaged, hostile or of a newer format."""


class SessionInUseError(SessionError):
    """A session that another program, or another window, writes."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} is in use by another program; close it there first.")


def utc_now() -> str:
    """The present moment as ISO 8601 in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


@dataclass(frozen=True)
class SessionHeader:
    """How the results came to be.

    source: facts of the video or camera. settings: all settings of the run. network, weights_sha256: what estimated
    the keypoints. skeleton: names of the keypoints. versions: program and packages. notes: anything else.
    """

    source: VideoInfo
    settings: Mapping[str, Any] = field(default_factory=dict)
    network: str = ""
    weights_sha256: str = ""
    skeleton: Skeleton = COCO_17
    created_utc: str = field(default_factory=utc_now)
    versions: Mapping[str, str] = field(default_factory=lambda: {"ppnet-live": ppnet.__version__})
    notes: Mapping[str, Any] = field(default_factory=dict)


def _plain(value: Any) -> Any:
    if isinstance(value, Fraction):
        return f"{value.numerator}/{value.denominator}"
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} cannot be kept in a session header")


def header_to_json(header: SessionHeader) -> str:
    """The header as JSON text; TypeError when the settings hold something that JSON does not know."""
    source = {f.name: getattr(header.source, f.name) for f in fields(header.source)}
    document = {
        "source": source,
        "settings": dict(header.settings),
        "network": header.network,
        "weights_sha256": header.weights_sha256,
        "skeleton": header.skeleton.name,
        "created_utc": header.created_utc,
        "versions": dict(header.versions),
        "notes": dict(header.notes),
    }
    return json.dumps(document, default=_plain, ensure_ascii=False, allow_nan=False)


def header_from_json(text: str) -> SessionHeader:
    """The header of a file; ValueError when it is not one."""
    document = _checked(json.loads(text), dict)
    name = _checked(document.get("skeleton"), str)
    if name not in SKELETONS:
        raise ValueError(f"unknown joint set {name!r}")
    return SessionHeader(
        source=_source_from(_checked(document.get("source"), dict)),
        settings=_checked(document.get("settings"), dict),
        network=_checked(document.get("network"), str),
        weights_sha256=_checked(document.get("weights_sha256"), str),
        skeleton=SKELETONS[name],
        created_utc=_checked(document.get("created_utc"), str),
        versions=_checked(document.get("versions"), dict),
        notes=_checked(document.get("notes"), dict),
    )


@dataclass(frozen=True, slots=True)
class SettingChange:
    """A setting that was changed during a run: time_s (seconds of the run), its name, and its values (plain JSON)."""

    time_s: float
    name: str
    before: Any
    after: Any


def setting_changes_to_json(changes: Sequence[SettingChange]) -> str:
    """The log of changes as JSON text."""
    rows = [{"time_s": c.time_s, "name": c.name, "from": c.before, "to": c.after} for c in changes]
    return json.dumps(rows, ensure_ascii=False, allow_nan=False)


def setting_changes_from_json(text: str) -> tuple[SettingChange, ...]:
    """The log of changes; ValueError when it is none."""
    rows = [_checked(row, dict) for row in _checked(json.loads(text), list)]
    return tuple(
        SettingChange(float(row.get("time_s", 0)), _checked(row.get("name"), str), row.get("from"), row.get("to"))
        for row in rows
    )


def _checked(value: Any, kind: type) -> Any:
    if not isinstance(value, kind):
        raise ValueError(f"{kind.__name__} wanted, got {type(value).__name__}")
    return value


def _fraction(value: Any) -> Fraction | None:
    return None if value is None else Fraction(_checked(value, str))


def _source_from(document: Mapping[str, Any]) -> VideoInfo:
    path, size = document.get("path"), _checked(document.get("size_wh"), list)
    if len(size) != 2 or not all(isinstance(n, int) and 0 < n <= MAX_SIDE_PX for n in size):
        raise ValueError("size_wh must be two positive numbers")
    count, duration = document.get("frame_count"), document.get("duration_s")
    return VideoInfo(
        name=_checked(document.get("name"), str),
        path=None if path is None else Path(_checked(path, str)),
        size_wh=(size[0], size[1]),
        frame_count=None if count is None else int(count),
        duration_s=None if duration is None else float(duration),
        frame_rate=_fraction(document.get("frame_rate")),
        rotation_deg=int(document.get("rotation_deg", 0)),
        mirrored=bool(document.get("mirrored", False)),
        has_audio=bool(document.get("has_audio", False)),
        codec=_checked(document.get("codec", ""), str),
        is_live=bool(document.get("is_live", False)),
        time_base=_fraction(document.get("time_base")),
        pixel_aspect=_fraction(document.get("pixel_aspect")) or Fraction(1),
    )


def frame_row(result: FrameResult) -> tuple[Any, ...]:
    """The row of table `frames`, in the order of FRAME_COLUMNS."""
    times = result.times
    width, height = result.size_wh
    return (
        int(result.frame_index), float(result.time_s), int(width), int(height),
        times.detect_s, times.track_s, times.pose_s, times.smooth_s,
    )  # fmt: skip


def people_rows(result: FrameResult) -> list[tuple[Any, ...]]:
    """The rows of table `people`, in the order of PEOPLE_COLUMNS."""
    tracks = result.tracks
    raw, smoothed = _packed(result.raw), _packed(result.smoothed)
    return [
        (
            int(result.frame_index), row, int(tracks.ids[row]), int(tracks.states[row]), float(tracks.scores[row]),
            *(float(side) for side in tracks.boxes[row]),
            raw[row].tobytes(), smoothed[row].tobytes(), result.states[row].tobytes(),
        )
        for row in range(len(tracks))
    ]  # fmt: skip


def _packed(poses: Poses) -> Floats:
    """(N, K, 3) little-endian float32: x, y, score."""
    return np.concatenate([poses.keypoints, poses.scores[..., None]], axis=-1).astype("<f4")


def result_from_rows(frame: Sequence[Any], people: Sequence[Sequence[Any]], keypoints: int) -> FrameResult:
    """The result that `frame_row` and `people_rows` came from; ValueError when the rows are damaged."""
    index, time_s, width, height, *stages = frame
    if not (isinstance(time_s, float) and math.isfinite(time_s)):
        raise ValueError(f"frame {index} has no time")
    if not all(isinstance(side, int) and 0 < side <= MAX_SIDE_PX for side in (width, height)):
        raise ValueError(f"frame {index} has no size")
    raw, smoothed = _poses(people, 9, keypoints), _poses(people, 10, keypoints)
    return FrameResult(
        frame_index=int(index),
        time_s=time_s,
        size_wh=(width, height),
        tracks=_tracks(people),
        raw=raw,
        smoothed=smoothed,
        states=_states(people, keypoints),
        times=StageTimes(*(float(stage or 0.0) for stage in stages)),
    )


def _tracks(people: Sequence[Sequence[Any]]) -> Tracks:
    if not people:
        return Tracks.empty()
    ids = [row[2] for row in people]
    states = [row[3] for row in people]
    if not all(isinstance(i, int) and i >= 1 for i in ids) or len(set(ids)) != len(ids):
        raise ValueError(f"ids {ids} are not distinct numbers from 1")
    if not set(states) <= {int(state) for state in TrackState}:
        raise ValueError(f"unknown state among {states}")
    numbers = np.array([[np.nan if v is None else float(v) for v in row[4:9]] for row in people], np.float32)
    return Tracks(np.array(ids, np.int64), numbers[:, 1:], numbers[:, 0], np.array(states, np.uint8))


def _poses(people: Sequence[Sequence[Any]], column: int, keypoints: int) -> Poses:
    if not people:
        return Poses.empty(0, keypoints)
    blob = b"".join(_blob(row[column], keypoints * 12) for row in people)
    packed = np.frombuffer(blob, "<f4").reshape(len(people), keypoints, 3)
    return Poses(packed[..., :2], packed[..., 2])


def _states(people: Sequence[Sequence[Any]], keypoints: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    blob = b"".join(_blob(row[11], keypoints) for row in people)
    states = np.frombuffer(blob, np.uint8).reshape(len(people), keypoints)
    if states.size and states.max() > max(KeypointState):
        raise ValueError("unknown joint state")
    return states


def _blob(value: Any, size: int) -> bytes:
    if not isinstance(value, bytes) or len(value) != size:
        raise ValueError("a row of joints has the wrong length")
    return value
