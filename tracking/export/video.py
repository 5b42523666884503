"""The annotated video drawn again, with the edits in it, over the pictures of the source."""

from pathlib import Path

from ppnet.errors import UserError
from tracking.drawing.overlay import OverlaySettings, draw
from tracking.export.progress import Tick
from tracking.session.edited_session import EditedSession
from tracking.time_span import ALL_TIME, TimeSpan
from tracking.video.factory import open_source
from tracking.video.source import VideoSource
from tracking.video.transformed import adapted
from tracking.video.writer import VideoWriter


def write_annotated_video(
    replay: EditedSession, path: Path, tick: Tick, *, video: Path | None = None, look: OverlaySettings | None = None
) -> None:
    """Every frame of the session, at its own time, sound kept. `video`: where the source lies now."""
    info = replay.header.source
    place = find_video(replay, video)
    look = look or OverlaySettings(names=dict(replay.names))
    span, asked = replay.exported_span, replay.header.settings
    with _opened(replay, place) as source:
        if source.info.size_wh != info.size_wh:
            raise UserError(f"{place} is another video: its pictures are {source.info.size_wh}, not {info.size_wh}.")
        writer = VideoWriter(
            path,
            info.size_wh,
            frame_rate=info.frame_rate,
            time_base=info.time_base,
            pixel_aspect=info.pixel_aspect,
            audio_from=place if info.has_audio else None,
            audio_span=span.or_else(TimeSpan(asked.get("start_s"), asked.get("end_s"))),
            origin_s=max(span.start_s or 0.0, info.start_s),
        )
        try:
            _draw_all(replay, source, writer, look, tick)
            writer.close(sound_until_s=span.end_s)
        except BaseException:
            writer.discard()
            raise


def _draw_all(
    replay: EditedSession, source: VideoSource, writer: VideoWriter, look: OverlaySettings, tick: Tick
) -> None:
    frames = iter(source)
    for done, edited in enumerate(replay.exported(), 1):
        result = edited.result
        frame = next((frame for frame in frames if frame.index >= result.frame_index), None)
        if frame is None or frame.index != result.frame_index or abs(frame.time_s - result.time_s) > 1e-3:
            raise UserError(
                f"{source.info.name} is not the video that was tracked: frame {result.frame_index} differs."
            )
        writer.write(draw(frame.image, result, look), result.time_s)
        tick(done)


def find_video(replay: EditedSession, given: Path | None = None) -> Path:
    """The source of a session: where it was, or beside the session. UserError when it is in neither place."""
    info = replay.header.source
    if info.is_live:
        raise UserError("A live run holds no pictures; its video is what was recorded.")
    beside = replay.stored.path.parent / info.name
    places = [given] if given is not None else [place for place in (info.path, beside) if place is not None]
    for place in places:
        if place.exists():
            return place
    raise UserError(f"The video {places[-1]} is not there; say where it lies now with --video.")


def _opened(replay: EditedSession, place: Path) -> VideoSource:
    """The source as it was when it was tracked, from the first frame of the session on."""
    adaptation = replay.header.run_settings.adaptation
    times = replay.stored.frame_times()
    begun = TimeSpan(replay.exported_span.clip(float(times[0]))) if len(times) else ALL_TIME
    return adapted(open_source(place, span=begun.scaled(adaptation.slow_motion)), adaptation)
