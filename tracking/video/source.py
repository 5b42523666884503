"""What every source of pictures tells and does."""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path, PureWindowsPath
from typing import Protocol, Self, runtime_checkable

from ppnet.errors import UserError
from tracking.types import Frame
from tracking.video.address import redacted


class VideoError(UserError):
    """A video, picture or folder that cannot be read or written."""


def nothing_within(name: str, first_s: float, last_s: float | None) -> VideoError:
    """Says that a span holds no picture, and between which times of the file they are, where that is known."""
    times = "" if last_s is None else f"; its times run from {first_s:.3f} to {last_s:.3f} s"
    return VideoError(f"{name} has no frame between the given start and end{times}.")


class CameraError(UserError):
    """A camera that is not there, is in use or went away."""


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """What is known of a source before it is read.

    path: absolute, as it is kept with results that are opened from other folders; None when there is none.
    size_wh: upright pictures, pixels. frame_count: what the file claims; None when unknown.
    frame_rate: average pictures per second. rotation_deg, mirrored: how stored pictures are turned
    (clockwise) to be upright. time_base: unit of the file's own time stamps, in seconds.
    pixel_aspect: width over height of one upright pixel. start_s: when the first picture of the source is shown.
    is_timed: whether the source itself says when its pictures are shown. size_bytes: of the file; None: it is none.
    """

    name: str
    path: Path | None
    size_wh: tuple[int, int]
    frame_count: int | None = None
    duration_s: float | None = None
    frame_rate: Fraction | None = None
    rotation_deg: int = 0
    mirrored: bool = False
    has_audio: bool = False
    codec: str = ""
    is_live: bool = False
    time_base: Fraction | None = None
    pixel_aspect: Fraction = Fraction(1)
    start_s: float = 0.0
    is_timed: bool = True
    size_bytes: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", redacted(self.name))  # what is shown, logged and stored

    @property
    def file_name(self) -> str:
        """What it is called in its folder, also where results come from Windows and are looked at elsewhere."""
        path = str(self.path or self.name)
        windows = PureWindowsPath(path)
        return windows.name if windows.drive else Path(path).name

    def is_same_file(self, other: "VideoInfo") -> bool:
        """Whether both are of the same content, wherever it lay and however it was turned: another file has another
        size as good as always."""
        if self.size_bytes is None:
            return False
        return (self.size_bytes, self.frame_count, sorted(self.size_wh)) == (
            other.size_bytes,
            other.frame_count,
            sorted(other.size_wh),
        )


class VideoSource(Protocol):
    """Pictures in order of their time. Iterating goes on from where the last iteration stopped.

    `notices` are sentences about what was wrong with the source so far (damage, an early end); a source
    that could be read in part gives what it has and says so here.
    """

    @property
    def info(self) -> VideoInfo: ...

    @property
    def notices(self) -> tuple[str, ...]: ...

    @property
    def ended_early(self) -> bool: ...

    def __iter__(self) -> Iterator[Frame]: ...

    def close(self) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_error: object) -> None: ...


@runtime_checkable
class SeekableSource(VideoSource, Protocol):
    """A file or folder: its times are known, and it can go to any of them and be read again."""

    def seek(self, time_s: float) -> None:
        """The next frame given is the first with a time at or after this one (to `SAME_TIME_S`)."""
        ...

    def frame_times(self) -> tuple[float, ...]:
        """All presentation times in seconds, ascending."""
        ...


def seekable(source: VideoSource) -> SeekableSource | None:
    """The source itself where it is a file or folder, None where it is a camera or stream."""
    return source if isinstance(source, SeekableSource) and not source.info.is_live else None


class ClosingSource:
    """What all sources share: leaving a `with` block closes the source. `_info` is set when it is made."""

    _info: VideoInfo
    _notices: tuple[str, ...] = ()

    @property
    def info(self) -> VideoInfo:
        """Facts of the source."""
        return self._info

    @property
    def notices(self) -> tuple[str, ...]:
        """What was wrong with it so far, one sentence each."""
        return self._notices

    def _notice(self, sentence: str) -> None:
        if sentence not in self._notices:
            self._notices = (*self._notices, sentence)

    @property
    def ended_early(self) -> bool:
        """True when the source has been read to its end and more should have come."""
        return False

    def close(self) -> None:
        """Give the file or device back; closing twice is fine."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


def bytes_of(path: Path | None) -> int | None:
    """How large a file is; None where there is none."""
    return path.stat().st_size if path is not None and path.is_file() else None


def is_at(place: Path | str, size_bytes: int | None) -> bool:
    """Whether a file of that size is at a place, which may be any text."""
    with suppress(OSError, ValueError):
        return os.stat(place).st_size == size_bytes
    return False
