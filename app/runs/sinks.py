"""What a run writes while it goes on: each sink takes every finished frame, in order, once the session has it."""

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from ppnet.errors import UserError
from ppnet.skeleton import Skeleton
from tracking.drawing.annotated_video import AnnotatedVideo
from tracking.drawing.style import PictureLayers, SceneStyle
from tracking.export.keypoint_csv import KeypointTable
from tracking.time_span import ALL_TIME, TimeSpan
from tracking.types import Frame, FrameResult
from tracking.video.source import VideoInfo


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


def sink_closing(sink: Sink, *, complete: bool) -> Callable[[], None]:
    """Closes a sink; where that fails, what it has written so far is left."""

    def close() -> None:
        try:
            sink.close(complete=complete)
        except BaseException:
            sink.abandon()
            raise

    return close


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
    """The annotated video. That of a file keeps the file's times, that of a live source begins at 0."""

    def __init__(
        self,
        path: Path,
        info: VideoInfo,
        layers: PictureLayers = PictureLayers(),
        *,
        sound_span: TimeSpan = ALL_TIME,
    ) -> None:
        self.video = AnnotatedVideo(path, info, SceneStyle(layers), sound_span=sound_span)
        self._last_s = 0.0

    def write(self, frame: Frame, result: FrameResult) -> None:
        """Draws the people and adds the picture."""
        self.video.write(frame, result)
        self._last_s = frame.time_s

    def close(self, *, complete: bool) -> None:
        """Finishes the video, with its sound up to the last picture when it is not complete; without a picture there
        is no video."""
        if self.video.frame_count:
            self.video.close(sound_until_s=None if complete else self._last_s)
        else:
            self.video.discard()

    def abandon(self) -> None:
        """Leaves what was written under its partial name."""
        self.video.abandon()
