"""Where pictures come from: what every source tells and does, and which source a name stands for."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from ppnet.errors import UserError
from tracking.types import Frame

IMAGE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff"})
URL_SCHEMES = ("rtsp://", "rtsps://", "rtmp://", "http://", "https://", "udp://", "srt://")


class VideoError(UserError):
    """A video, picture or folder that cannot be read or written."""


class CameraError(UserError):
    """A camera that is not there, is in use or went away."""


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """What is known of a source before it is read.

    path: absolute, as it is kept with results that are opened from other folders; None when there is none.
    size_wh: upright pictures, pixels. frame_count: what the file claims; None when unknown.
    frame_rate: average pictures per second. rotation_deg, mirrored: how stored pictures are turned
    (clockwise) to be upright. time_base: unit of the file's own time stamps, in seconds.
    pixel_aspect: width over height of one upright pixel.
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

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class ClosingSource:
    """What all sources share: leaving a `with` block closes the source."""

    @property
    def ended_early(self) -> bool:
        """True when the source has been read to its end and more should have come."""
        return False

    def close(self) -> None:
        """Give the file or device back; closing twice is fine."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def check_range(start_s: float | None, end_s: float | None) -> None:
    """UserError unless `start_s` comes before `end_s` (either may be None)."""
    if start_s is not None and end_s is not None and not start_s < end_s:
        raise UserError(f"The start ({start_s:g} s) must come before the end ({end_s:g} s).")


def camera_name(spec: str) -> str | None:
    """The camera that a source's name asks for (`0`, `camera:0`, `camera:Name`, `/dev/video0`), else None."""
    if spec.startswith("camera:"):
        return spec.removeprefix("camera:")
    if spec == "camera":
        return "0"
    if spec.startswith("/dev/video") or (spec.isdecimal() and not Path(spec).exists()):
        return spec.removeprefix("/dev/video")
    return None


def open_source(spec: str | Path, *, start_s: float | None = None, end_s: float | None = None) -> VideoSource:
    """Open a video file, a picture, a folder of pictures, a camera or a network address.

    Only pictures with start_s <= time_s < end_s are given. UserError when there is nothing to read, or a camera is
    asked for a part. A network address is opened only when it is spelled out (rtsp://, http://, ...).
    """
    check_range(start_s, end_s)
    text = str(spec)
    name = camera_name(text)
    if name is not None:
        if start_s is not None or end_s is not None:
            raise UserError("A camera has no start and no end; leave out --start and --end, and end it with Ctrl+C.")
        from tracking.video.camera import Camera

        return Camera(name)
    if text.lower().startswith(URL_SCHEMES):
        from tracking.video.file import VideoFile

        return VideoFile(text, start_s=start_s, end_s=end_s)
    path = Path(spec)
    if path.is_dir() or path.suffix.lower() in IMAGE_SUFFIXES:
        from tracking.video.images import ImageFolder

        return ImageFolder(path, start_s=start_s, end_s=end_s)
    from tracking.video.file import VideoFile

    return VideoFile(path, start_s=start_s, end_s=end_s)
