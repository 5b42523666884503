"""The annotated picture of recordings and exports: the same layers as on the screen. No Qt."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ppnet.errors import UserError
from tracking.drawing.overlay import OverlaySettings, draw
from tracking.drawing.privacy import RecentResults, blur_faces, plain_ground
from tracking.drawing.style import PeopleStyle, SceneStyle
from tracking.time_span import TimeSpan
from tracking.types import Frame, FrameResult
from tracking.video.source import VideoSource
from tracking.video.writer import VideoWriter

Image = npt.NDArray[np.uint8]
Look = Callable[[Frame, FrameResult | None], Image]
Near = Callable[[Frame, FrameResult], Sequence[FrameResult]]
"""near(frame, result): the results that count for hiding people in the picture (see `tracking.drawing.privacy`)."""


def overlay_settings(layers: SceneStyle, people: PeopleStyle) -> OverlaySettings:
    """The recorder's overlay for what is switched on in the window."""
    return OverlaySettings(
        skeletons=layers.skeleton,
        joints=layers.joints,
        boxes=layers.boxes,
        labels=layers.labels,
        min_score=layers.min_score,
        names=dict(people.names),
        hidden=people.hidden,
    )


def drawer(layers: Callable[[], SceneStyle], people: Callable[[], PeopleStyle], *, near: Near) -> Look:
    """draw(frame, result) with the layers of the moment, privacy included."""

    def drawn(frame: Frame, result: FrameResult | None) -> Image:
        now = layers()
        image = private(frame, result, now, near=near)
        return image if result is None else draw(image, result, overlay_settings(now, people()))

    return drawn


def private(frame: Frame, result: FrameResult | None, layers: SceneStyle, *, near: Near) -> Image:
    """The picture as it may leave the program; where nobody was looked for yet, nobody may be seen."""
    if layers.plain_ground or (layers.blur_faces and result is None):
        return plain_ground(frame.image)
    if not layers.blur_faces or result is None:
        return frame.image
    return blur_faces(frame.image, near(frame, result), result.time_s, alone=layers.alone)


def near_live() -> Near:
    """Of a live run: the results that came before."""
    recent = RecentResults()
    return lambda _frame, result: recent.add(result)


def hides_people(layers: SceneStyle) -> bool:
    """Whether people must not be recognised."""
    return layers.blur_faces or layers.plain_ground


def write_span(
    source: VideoSource,
    out: Path,
    *,
    span: TimeSpan,
    pictures: Callable[[Frame], Image],
    progress: Callable[[float], Any] = lambda _share: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Path | None:
    """Writes the pictures of `source` within `span` to `out`, with the sound of that span.

    The start of the span is time 0 of the new video, for pictures and sound alike; without an end it is that of the
    source, and then there is no progress. None when it was cancelled, and then nothing is left. UserError when it can't
    be written or there is no picture.
    """
    info, start_s = source.info, span.start_s or 0.0
    writer = VideoWriter(
        out,
        info.size_wh,
        frame_rate=info.frame_rate,
        time_base=info.time_base,
        pixel_aspect=info.pixel_aspect,
        audio_from=info.path if info.has_audio else None,
        audio_span=span,
        origin_s=max(start_s, info.start_s),
    )
    count = 0
    try:
        seek = getattr(source, "seek", None)
        if seek is not None and start_s > 0:
            seek(start_s)
        for frame in source:
            if cancelled():
                writer.discard()
                return None
            if span.is_over(frame.time_s):
                break
            writer.write(pictures(frame), frame.time_s)
            count += 1
            if span.end_s is not None:
                progress((frame.time_s - start_s) / (span.end_s - start_s))
        if count == 0:
            raise UserError("There was no picture between the start and the end of the recording.")
        return writer.close(sound_until_s=span.end_s)
    except BaseException:
        writer.discard()
        raise
