"""What a session file looks like inside: tables, header, and how rows become results (docs/session.md)."""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from fractions import Fraction
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote, unquote_to_bytes

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec import Meta

import ppnet
from ppnet.errors import UserError
from ppnet.poses import Floats, Poses
from ppnet.skeleton import COCO_17, SKELETONS, Skeleton
from tracking.run_settings import RunSettings
from tracking.sightings import LOW_SCORE, Sightings
from tracking.types import FrameResult, KeypointState, StageTimes, Tracks, TrackState, unread_people
from tracking.video.source import VideoInfo

SUFFIX = "_session.ppnet"
FORMAT_VERSION = 1
LIMIT = 1 << 62  # of ids and frame indices: SQLite stores 64 bits
APPLICATION_ID = 0x50504E4C  # "PPNL"
MAX_META_CHARACTERS = 1_000_000
MAX_SIDE_PX = 65_535
MAX_TEXT = 4096
MAX_DEPTH = 16
ESCAPED = "bytes:"  # before a path that is not UTF-8, written like an address
MAX_NUMBER = 1e12  # of frames, seconds, ticks: far beyond any video
MAX_PIXEL = 1e7  # how far from the picture a box or keypoint may lie
MAX_PEOPLE = 10_000  # in one frame

States = np.ndarray[Any, np.dtype[np.uint8]]
Text = Annotated[str, Meta(max_length=MAX_TEXT)]

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

IMPORT_NOTES = ("imported_from", "imported_as")
"""Keys of the notes: the file that keypoints of another program are from, and what it is."""

FRAME_COLUMNS = "frame_index, time_s, width, height, detect_s, track_s, pose_s, smooth_s"
SIGHTED_FRAME_COLUMNS = "frame_index, time_s, width, height"
SIGHTED_COLUMNS = "frame_index, track_id, state, x1, y1, x2, y2, raw"
PEOPLE_COLUMNS = "frame_index, row, track_id, state, score, x1, y1, x2, y2, raw, smoothed, states"


class SessionError(UserError):
    """A session file that is missing, in use, damaged, hostile or of a newer format."""


class SessionInUseError(SessionError):
    """A session that another program, or another window, writes."""

    def __init__(self, path: Path, owner: str = "another program", source: str = "") -> None:
        """owner: who writes it, in words. source: file name of its video, where that is known."""
        super().__init__(f"{path} is in use by {owner}; close it there first.")
        self.owner, self.source = owner, source


def utc_now() -> str:
    """The present moment as ISO 8601 in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


@dataclass(frozen=True)
class SessionHeader:
    """How the results came to be.

    source: facts of the video or camera. settings: all settings of the run, as plain values. network, weights_sha256:
    what estimated the keypoints. skeleton: names of the keypoints. versions: program and packages. notes: anything
    else.
    """

    source: VideoInfo
    settings: Mapping[str, Any] = field(default_factory=dict)
    network: str = ""
    weights_sha256: str = ""
    skeleton: Skeleton = COCO_17
    created_utc: str = field(default_factory=utc_now)
    versions: Mapping[str, str] = field(default_factory=lambda: {"ppnet-live": ppnet.__version__})
    notes: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def run_settings(self) -> RunSettings:
        """The settings as such. UserError when they make no sense."""
        return RunSettings.from_plain(self.settings)

    @property
    def imported_from(self) -> str:
        """The file that the keypoints are from, and what it is: tracks.slp (SLEAP labels). Empty where our network
        estimated them."""
        file, kind = (self.notes.get(name) for name in IMPORT_NOTES)
        return f"{file} ({kind})" if file else ""

    @property
    def estimated_by(self) -> str:
        """Where the keypoints come from, in words."""
        return self.imported_from or f"network {self.network}"


class _StoredHeader(msgspec.Struct, frozen=True):
    """The header as JSON has it."""

    source: VideoInfo
    settings: dict[str, Any]
    network: Text
    weights_sha256: Text
    skeleton: Text
    created_utc: Text
    versions: dict[str, str]
    notes: dict[str, Any]


def header_to_json(header: SessionHeader) -> str:
    """The header as JSON text; TypeError when the settings hold something that JSON does not know."""
    values = {name: getattr(header, name) for name in _StoredHeader.__struct_fields__}
    source = replace(header.source, name=_utf8(header.source.name))
    stored = {**values, "source": source, "skeleton": header.skeleton.name}
    return msgspec.json.encode(stored, enc_hook=_to_text).decode()


def header_from_json(text: str) -> SessionHeader:
    """The header of a file; ValueError when it is not one."""
    stored = msgspec.json.decode(text, type=_StoredHeader, dec_hook=_from_text)
    if stored.skeleton not in SKELETONS:
        raise ValueError(f"unknown joint set {stored.skeleton!r}")
    _check_plain(stored.settings)
    _check_plain(stored.notes)
    _check_source(stored.source)
    values = msgspec.structs.asdict(stored)
    return SessionHeader(**{**values, "skeleton": SKELETONS[stored.skeleton]})


def _utf8(text: str) -> str:
    """The text with a question mark for what UTF-8 cannot say: names of files may be any bytes."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _to_text(value: Any) -> str:
    if isinstance(value, Fraction):
        return f"{value.numerator}/{value.denominator}"
    if isinstance(value, Path):
        return str(value) if str(value) == _utf8(str(value)) else f"{ESCAPED}{quote(os.fsencode(value))}"
    raise TypeError(f"{type(value).__name__} cannot be kept in a session header")


def _from_text(kind: type, text: Any) -> Any:
    if not isinstance(text, str) or len(text) > MAX_TEXT or "\0" in text:
        raise ValueError("text of reasonable length wanted")
    if kind is Fraction and re.fullmatch(r"[0-9]{1,18}/[1-9][0-9]{0,17}", text) is None:
        raise ValueError(f"{text[:40]!r} is no ratio such as 30000/1001")
    if kind is Path and text.startswith(ESCAPED):
        return Path(os.fsdecode(unquote_to_bytes(text.removeprefix(ESCAPED))))
    return kind(text)


def _check_source(source: VideoInfo) -> None:
    if not all(0 < side <= MAX_SIDE_PX for side in source.size_wh):
        raise ValueError("size_wh must be two positive numbers")
    if len(source.name) > MAX_TEXT or len(source.codec) > MAX_TEXT or "\0" in source.name:
        raise ValueError("the source has no name of reasonable length")
    numbers = (
        source.frame_count,
        source.duration_s,
        source.frame_rate,
        source.time_base,
        source.rotation_deg,
        source.size_bytes,
    )
    if not all(abs(float(number or 0)) <= MAX_NUMBER for number in numbers) or not source.pixel_aspect:
        raise ValueError("the numbers of the source are out of range")


def _check_plain(value: Any, depth: int = 0) -> None:
    """ValueError when settings or notes are nested deeper than any of ours."""
    if depth > MAX_DEPTH:
        raise ValueError("the header is nested too deeply")
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _check_plain(inner, depth + 1)


class SettingChange(msgspec.Struct, frozen=True):
    """A setting that was changed during a run: time_s (seconds of the run), its name, and its values (plain JSON)."""

    time_s: Annotated[float, Meta(ge=-MAX_NUMBER, le=MAX_NUMBER)]
    name: Text
    before: Any = msgspec.field(name="from")
    after: Any = msgspec.field(name="to")


def to_json(values: Sequence[Any]) -> str:
    """The log of changes, or frames, as JSON text."""
    return msgspec.json.encode(values).decode()


def setting_changes_from_json(text: str) -> tuple[SettingChange, ...]:
    """The log of changes; ValueError when it is not one."""
    return msgspec.json.decode(text, type=tuple[SettingChange, ...])


def open_parts_from_json(text: str) -> tuple[int, ...]:
    """The first frames of the parts in front of which something is missing; ValueError when it is no list of frames."""
    return msgspec.json.decode(text, type=tuple[Annotated[int, Meta(ge=1, lt=LIMIT)], ...])


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


def sightings_from_rows(frames: Sequence[Sequence[Any]], people: Sequence[Sequence[Any]], keypoints: int) -> Sightings:
    """Who is where, of rows SIGHTED_FRAME_COLUMNS and SIGHTED_COLUMNS; ValueError when damaged."""
    indices, times = np.array([row[0] for row in frames], np.int64), np.array([row[1] for row in frames], np.float64)
    sizes_wh = np.array([row[2:] for row in frames], np.int32).reshape(len(frames), 2)
    numbers = np.fromiter(chain.from_iterable(row[:7] for row in people), np.float64, 7 * len(people))
    columns = numbers.reshape(len(people), 7)
    raw = np.frombuffer(_joined([row[7] for row in people], 12 * keypoints), "<f4")
    at = np.searchsorted(indices, columns[:, 0])
    if (np.diff(indices) <= 0).any() or (at >= len(indices)).any() or (indices[at] != columns[:, 0]).any():
        raise ValueError("frames and the people in them do not belong together")
    ids = columns[:, 1].astype(np.int64)
    if (ids < 1).any() or not np.isfinite(times).all() or (sizes_wh < 1).any():
        raise ValueError("a person has no number, or a frame no time or no size")
    refuse_repeated(at, ids)
    joints, states = raw.reshape(len(people), keypoints, 3), columns[:, 2].astype(np.uint8)
    seen, scores = states == TrackState.TRACKED, joints[..., 2].mean(axis=1)
    certain = unread_people(states, joints) | (scores >= LOW_SCORE)  # nobody doubts those who hold still
    boxes = columns[:, 3:].astype(np.float32)
    return Sightings(indices, times, sizes_wh, at, ids, seen, certain, scores, boxes)


def refuse_repeated(frames: npt.NDArray[np.int64], ids: npt.NDArray[np.int64]) -> None:
    """ValueError when an id is twice in a frame; frames: (M,) of each row, in order."""
    order = np.lexsort((ids, frames))
    if ((np.diff(frames[order]) == 0) & (np.diff(ids[order]) == 0)).any():
        raise ValueError("somebody is twice in a frame")


def times_from(values: Sequence[Any]) -> npt.NDArray[np.float64]:
    """(F,) times in seconds; ValueError when one is none."""
    if not set(map(type, values)) <= {float} or not (np.abs(times := np.array(values, np.float64)) <= MAX_NUMBER).all():
        raise ValueError("a frame has no time")
    return times


def _packed(poses: Poses) -> Floats:
    """(N, K, 3) little-endian float32: x, y, score."""
    return np.concatenate([poses.keypoints, poses.scores[..., None]], axis=-1).astype("<f4")


def result_from_rows(frame: Sequence[Any], people: Sequence[Sequence[Any]], skeleton: Skeleton) -> FrameResult:
    """The result that `frame_row` and `people_rows` came from; ValueError when the rows are damaged."""
    index, time_s, width, height, *stages = frame
    if not (isinstance(time_s, float) and abs(time_s) <= MAX_NUMBER):
        raise ValueError(f"frame {index} has no time")
    if not all(isinstance(side, int) and 0 < side <= MAX_SIDE_PX for side in (width, height)):
        raise ValueError(f"frame {index} has no size")
    raw, smoothed = _poses(people, 9, skeleton), _poses(people, 10, skeleton)
    return FrameResult(
        frame_index=int(index),
        time_s=time_s,
        size_wh=(width, height),
        tracks=_tracks(people),
        raw=raw,
        smoothed=smoothed,
        states=_states(people, len(skeleton)),
        times=StageTimes(*(float(stage or 0.0) for stage in stages)),
    )


def stacked_from_rows(people: Sequence[Sequence[Any]], skeleton: Skeleton) -> tuple[Tracks, Poses, Poses, States]:
    """People of many frames, one under the other: tracks, raw, smoothed and states; ValueError when damaged."""
    raw, smoothed = _poses(people, 9, skeleton), _poses(people, 10, skeleton)
    return _tracks(people, are_distinct=False), raw, smoothed, _states(people, len(skeleton))


def _tracks(people: Sequence[Sequence[Any]], *, are_distinct: bool = True) -> Tracks:
    if not people:
        return Tracks.empty()
    ids = [row[2] for row in people]
    states = [row[3] for row in people]
    is_repeated = are_distinct and len(set(ids)) != len(ids)
    if not set(map(type, ids)) <= {int} or not 1 <= min(ids) <= max(ids) < LIMIT or is_repeated:
        raise ValueError(f"ids {ids[:9]} are not distinct numbers from 1")
    if not set(states) <= {int(state) for state in TrackState}:
        raise ValueError("unknown state of a person")
    numbers = np.array([row[4:9] for row in people], np.float64)
    if not (np.abs(numbers) <= MAX_PIXEL).all():
        raise ValueError("a box is out of range")
    boxes = numbers.astype(np.float32)
    return Tracks(np.array(ids, np.int64), boxes[:, 1:], boxes[:, 0], np.array(states, np.uint8))


def _poses(people: Sequence[Sequence[Any]], column: int, skeleton: Skeleton) -> Poses:
    blob = _joined([row[column] for row in people], len(skeleton) * 12)
    packed = np.frombuffer(blob, "<f4").reshape(len(people), len(skeleton), 3)
    if not ((np.abs(packed) <= MAX_PIXEL) | np.isnan(packed)).all():
        raise ValueError("a keypoint is out of range")
    return Poses(packed[..., :2], packed[..., 2], skeleton)


def _states(people: Sequence[Sequence[Any]], keypoints: int) -> States:
    blob = _joined([row[11] for row in people], keypoints)
    states = np.frombuffer(blob, np.uint8).reshape(len(people), keypoints)
    if states.size and states.max() > max(KeypointState):
        raise ValueError("unknown joint state")
    return states


def _joined(values: list[Any], size: int) -> bytes:
    """Blobs of one size as one."""
    if not set(map(type, values)) <= {bytes} or not set(map(len, values)) <= {size}:
        raise ValueError("a row of joints has the wrong length")
    return b"".join(values)
