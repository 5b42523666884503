"""A part of a file written as a video of its own, with everything that is drawn over it. No Qt."""

from collections.abc import Callable, Iterator
from pathlib import Path

from app.workspace.background_work import Progress
from tracking.drawing.annotated_video import AnnotatedVideo, Near, write_frames
from tracking.drawing.style import SceneStyle
from tracking.progress import Cancelled
from tracking.time_span import TimeSpan
from tracking.types import Frame, FrameResult
from tracking.video.source import VideoSource, seekable


def write_span(
    source: VideoSource,
    out: Path,
    *,
    span: TimeSpan,
    style: SceneStyle,
    result_of: Callable[[int], FrameResult | None],
    near: Near | None = None,
    progress: Progress | None = None,
) -> Path | None:
    """Writes the pictures of `source` within `span` to `out`, with the sound of that span.

    result_of(frame_index): None where nothing is tracked. near: who is near in time, for hidden faces.
    The start of the span is time 0 of the new video, for pictures and sound alike; without an end it is that of the
    source, and then there is no progress. None when it was cancelled, and then nothing is left. UserError when it can't
    be written or there is no picture.
    """
    start_s = span.start_s or 0.0

    def frames() -> Iterator[tuple[Frame, FrameResult | None]]:
        file = seekable(source)
        if file is not None and start_s > 0:
            file.seek(start_s)
        for frame in source:
            if span.is_over(frame.time_s):
                return
            yield frame, result_of(frame.index)
            if progress is not None:
                progress.tell(0.0 if span.end_s is None else (frame.time_s - start_s) / (span.end_s - start_s))

    def tick(_done: int) -> None:
        if progress is not None:
            progress.tell(progress.share)

    video = AnnotatedVideo(out, source.info, style, sound_span=span, start_s=start_s, near=near)
    try:
        return write_frames(video, frames(), tick=tick, sound_until_s=span.end_s)
    except Cancelled:
        return None
