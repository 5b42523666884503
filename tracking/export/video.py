"""The annotated video drawn again, with the edits in it, over the pictures of the source."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from ppnet.errors import UserError
from tracking.drawing.annotated_video import AnnotatedVideo, write_frames
from tracking.drawing.results_nearby import ResultsNearby
from tracking.drawing.style import SceneStyle
from tracking.progress import Tick, no_tick
from tracking.session.edited_session import EditedSession
from tracking.session.naming import find_video, refuse_another
from tracking.time_span import ALL_TIME, TimeSpan
from tracking.types import Frame, FrameResult
from tracking.video.factory import open_adapted
from tracking.video.source import VideoInfo, VideoSource


def write_annotated_video(
    session: EditedSession,
    path: Path,
    tick: Tick,
    *,
    video: str | Path | None = None,
    style: SceneStyle | None = None,
) -> None:
    """Every frame of the session, at its own time, sound kept. `video`: where the source lies now, or its address.

    style: by default everything, with the names of people.
    """
    style = style or SceneStyle.of(session)
    span, asked = session.exported_span, session.header.settings
    with filmed(session, video) as (info, frames):
        annotated = AnnotatedVideo(
            path,
            info,
            style,
            sound_span=span.or_else(TimeSpan(asked.get("start_s"), asked.get("end_s"))),
            start_s=span.start_s or 0.0,
            near=ResultsNearby.of(session.stored),
        )
        write_frames(annotated, frames, tick=tick, sound_until_s=span.end_s)


@contextmanager
def filmed(
    session: EditedSession,
    video: str | Path | None = None,
    *,
    only: Iterable[int] | None = None,
    tick: Tick = no_tick,
) -> Iterator[tuple[VideoInfo, Iterator[tuple[Frame, FrameResult]]]]:
    """The source's facts, and each frame that is exported with its picture. video: where the source lies now. only:
    only these frames is read of the session, by their rising index. tick(done): told how many pictures have been
    read after each.

    UserError when it is not there or another one; the latter may come while the frames are read.
    """
    info, place = session.header.source, find_video(session.stored, video)
    with _opened(session, place) as source:
        refuse_another(place, source.info, info)
        results = session.exported() if only is None else filter(None, map(session.edited, only))
        frames = _frames((edited.result for edited in results), source, tick)
        yield replace(info, path=place if isinstance(place, Path) else None), frames


def _frames(results: Iterable[FrameResult], source: VideoSource, tick: Tick) -> Iterator[tuple[Frame, FrameResult]]:
    """The frames with these results. UserError when the video has others."""
    frames = _told(source, tick)
    for result in results:
        frame = next((frame for frame in frames if frame.index >= result.frame_index), None)
        if frame is None or frame.index != result.frame_index or abs(frame.time_s - result.time_s) > 1e-3:
            raise UserError(
                f"{source.info.name} is not the video that was tracked: frame {result.frame_index} differs."
            )
        yield frame, result


def _told(source: VideoSource, tick: Tick) -> Iterator[Frame]:
    for done, frame in enumerate(source):
        tick(done)
        yield frame


def _opened(session: EditedSession, place: str | Path) -> VideoSource:
    """The source as it was when it was tracked, from the first frame of the session on."""
    adaptation = session.header.run_settings.adaptation
    times = session.stored.frame_times()
    begun = TimeSpan(session.exported_span.clip(float(times[0]))) if len(times) else ALL_TIME
    return open_adapted(place, adaptation, span=begun)
