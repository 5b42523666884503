"""The last seconds of a camera as a video, with everything that is drawn over them. No Qt."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

from app.engine.replay_buffer import Moment, ReplayBuffer
from ppnet.errors import UserError
from tracking.drawing.annotated_video import AnnotatedVideo, write_frames
from tracking.drawing.style import SceneStyle
from tracking.types import Frame, FrameResult
from tracking.video.source import VideoInfo


def write_replay(
    replay: ReplayBuffer, path: Path, style: SceneStyle, *, last_s: float, progress: Callable[[float], object]
) -> Path:
    """Writes them; the video begins at 0 and keeps the true times between pictures. progress(share) may raise to stop.

    With blurred faces, pictures that were not read themselves are left out: blocks that lag would show faces.
    UserError when there is no picture yet or it can't be written.
    """
    moments = replay.moments(last_s, own_only=style.layers.blur_faces)
    if len(moments) < 2:
        raise UserError("The camera has not sent enough pictures yet; try again in a moment.")
    size_wh = moments[-1].frame().size_wh
    rate = Fraction((len(moments) - 1) / (moments[-1].time_s - moments[0].time_s)).limit_denominator(1001)
    video = AnnotatedVideo(path, VideoInfo(path.name, None, size_wh, frame_rate=rate, is_live=True), style)
    return write_frames(video, _frames(moments), tick=lambda done: progress(done / len(moments)))


def _frames(moments: list[Moment]) -> Iterator[tuple[Frame, FrameResult | None]]:
    for moment in moments:
        yield moment.frame(), moment.result
