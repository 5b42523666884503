"""What a run writes while it goes on: each sink takes every finished frame, in order, once the session has it."""

import contextlib
import time
from pathlib import Path
from typing import Protocol

from tracking.drawing.overlay import OverlaySettings, draw

from ppnet.errors import UserError
from ppnet.skeleton import Skeleton
from tracking.export.keypoint_csv import KeypointTable
from tracking.time_span import ALL_TIME, TimeSpan
from tracking.types import Frame, FrameResult
from tracking.video.source import VideoInfo
from tracking.video.writer import VideoWriter


class Sink(Protocol):
    """Takes the frames of a run. Used by one thread; every method but `abandon` may raise UserError."""

    def write(self, frame: Frame, result: FrameResult) -> None:
        """The next frame and what is known of it."""
        ...

    def close(self, *, complete: bool) -> None:
        """No more frames; complete: the source has come to its own end."""
        ...

    def abandon(self) -> None:
        """After an error: lets go, and leaves on the disk what can be read."""
        ...


class TableSink:
    """The keypoint table."""

    def __init__(self, path: Path, skeleton: Skeleton) -> None:
        self._table = KeypointTable(path, skeleton=skeleton)

    def write(self, frame: Frame, result: FrameResult) -> None:
        """Adds the frame's rows."""
        self._table.write(result)

    def close(self, *, complete: bool) -> None:
        """Writes what is left."""
        self._table.close()

    def abandon(self) -> None:
        """Lets go of the file."""
        with contextlib.suppress(UserError, OSError):
            self._table.close()


class VideoSink:
    """The annotated video. draw_s, encode_s: seconds spent so far."""

    def __init__(
        self,
        path: Path,
        info: VideoInfo,
        *,
        sound_span: TimeSpan = ALL_TIME,
        look: OverlaySettings | None = None,
    ) -> None:
        """The video of a file keeps the file's times, that of a live source begins at 0."""
        self.draw_s = self.encode_s = 0.0
        self._look = look or OverlaySettings()
        self._origin_s = None if info.is_live else 0.0
        self._last_s = 0.0
        self._writer = VideoWriter(
            path,
            info.size_wh,
            frame_rate=info.frame_rate,
            time_base=info.time_base,
            pixel_aspect=info.pixel_aspect,
            audio_from=info.path if info.has_audio else None,
            audio_span=sound_span,
        )

    @property
    def notices(self) -> tuple[str, ...]:
        """What differs from the source."""
        padded = "The annotated video is a pixel wider or higher: H.264 needs even sizes."
        return tuple(notice for notice in (padded if self._writer.padded else None, self._writer.notice) if notice)

    def write(self, frame: Frame, result: FrameResult) -> None:
        """Draws the people and adds the picture."""
        started_s = time.perf_counter()
        picture = draw(frame.image, result, self._look)
        drawn_s = time.perf_counter()
        self._origin_s = frame.time_s if self._origin_s is None else self._origin_s
        self._writer.write(picture, frame.time_s - self._origin_s)
        self._last_s = frame.time_s
        self.draw_s += drawn_s - started_s
        self.encode_s += time.perf_counter() - drawn_s

    def close(self, *, complete: bool) -> None:
        """Finishes the video, with its sound up to the last picture when it is not complete; without a picture there
        is no video."""
        if self._writer.frame_count:
            self._writer.close(sound_until_s=None if complete else self._last_s)
        else:
            self._writer.discard()

    def abandon(self) -> None:
        """Leaves what was written under its partial name."""
        self._writer.abandon()
