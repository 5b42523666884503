"""A part of a video to show around: slow, with everything drawn, standing still at each mark; and single pictures."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from ppnet.errors import UserError
from tracking.drawing.annotated_video import Annotator
from tracking.drawing.colors import LIGHT_INK, OUTLINE
from tracking.drawing.cv_canvas import paint_scene
from tracking.drawing.results_nearby import ResultsNearby
from tracking.drawing.shapes import Label, Scene
from tracking.drawing.style import PictureLayers, SceneStyle
from tracking.export.video import filmed
from tracking.progress import Tick
from tracking.session.edited_session import EditedSession
from tracking.types import Frame
from tracking.video.writer import VideoWriter

Image = npt.NDArray[np.uint8]

SPEED, SPEEDS = 0.25, (0.05, 1.0)
PAUSE_S = 1.5
RATE = 30
"""Pictures a second, evenly: every phone and every messenger takes that."""
MAX_SIDE_PX = 1920
TRAIL_S = 2.0
NO_PICTURE = "No frame is tracked in that part; choose another one."


def layers_to_share(layers: PictureLayers) -> PictureLayers:
    """The layers with skeleton, names and trails, and without boxes; whoever is hidden stays hidden."""
    return replace(layers, skeleton=True, joints=True, labels=True, trails=True, boxes=False, joint_names=False)


def write_shared_clip(
    session: EditedSession,
    path: Path,
    tick: Tick,
    *,
    style: SceneStyle,
    speed: float = SPEED,
    pause_s: float = PAUSE_S,
    video: Path | None = None,
) -> Path:
    """The exported span as an H.264 clip without sound, `speed` times as fast as life, its true times drawn in it.

    It stands still for `pause_s` at each mark, with the mark's name beside the time. At most 1920 pixels a side, evenly
    30 pictures a second. video: where the source lies now. UserError when it can't be written or nothing is tracked in
    the span; then, and when `tick` stops it, nothing is left behind.
    """
    if not SPEEDS[0] <= speed <= SPEEDS[1]:
        raise UserError(f"The speed must be between {SPEEDS[0]:g} and {SPEEDS[1]:g}, not {speed:g}.")
    if not 0 <= pause_s <= 60:
        raise UserError(f"The pause must be between 0 and 60 s, not {pause_s:g}.")
    marks = {mark.frame_index: mark.name for mark in session.marks}
    annotator, paused_s, due_s, done = Annotator(style, near=ResultsNearby.of(session.stored)), 0.0, 0.0, 0
    begun_s: float | None = None
    picture: Image | None = None
    last: Frame | None = None
    with filmed(session, video) as (info, frames):
        size_wh, step = _fitting(info.size_wh), Fraction(1, RATE)
        writer = VideoWriter(path, size_wh, frame_rate=RATE, time_base=step, pixel_aspect=info.pixel_aspect)
        try:
            for frame, result in frames:
                last = frame
                begun_s = frame.time_s if begun_s is None else begun_s
                due_s = (frame.time_s - begun_s) / speed + paused_s
                if picture is not None:
                    _hold(writer, picture, due_s)
                drawn = annotator.picture(frame, result)
                picture = _with_words(drawn, size_wh, time_s=frame.time_s, words=f"{speed:g}×")
                if frame.index in marks and pause_s:
                    named = _with_words(drawn, size_wh, time_s=frame.time_s, words=marks[frame.index])
                    due_s, paused_s = due_s + pause_s, paused_s + pause_s
                    _hold(writer, named, due_s)
                done += 1
                tick(done)
            if picture is None or last is None:
                raise UserError(NO_PICTURE)
            stays_s = _end_s(session, last, float(1 / (info.frame_rate or RATE))) - last.time_s
            _hold(writer, picture, max(due_s + stays_s / speed, 1 / RATE))
            return writer.close(tick=lambda: tick(done))
        except BaseException:
            writer.discard()
            raise


def shared_picture(session: EditedSession, *, style: SceneStyle, video: Path | None = None) -> Image:
    """The last frame of the exported span as `write_shared_clip` draws it, at a mark with its name, (H, W, 3) RGB; the
    frames before give the trails. UserError when nothing is tracked in the span."""
    annotator, picture = Annotator(style, near=ResultsNearby.of(session.stored)), None
    marks = {mark.frame_index: mark.name for mark in session.marks}
    with filmed(session, video) as (info, frames):
        for frame, result in frames:
            drawn = annotator.picture(frame, result)
            picture = _with_words(drawn, info.size_wh, time_s=frame.time_s, words=marks.get(frame.index, ""))
    if picture is None:
        raise UserError(NO_PICTURE)
    return picture


def _end_s(session: EditedSession, last: Frame, usual_s: float) -> float:
    """Until when the span's last frame is seen in the video: until the next one comes, or the span ends."""
    following = session.stored.result(last.index + 1)
    next_s = last.time_s + usual_s if following is None else following.time_s
    return session.exported_span.clip(next_s)


def _hold(writer: VideoWriter, picture: Image, until_s: float) -> None:
    """Shows a picture up to a time of the clip; not at all where the next one is due before a step has passed."""
    for number in range(writer.frame_count, round(until_s * RATE)):
        writer.write(picture, number / RATE)


def _with_words(drawn: Image, size_wh: tuple[int, int], *, time_s: float, words: str) -> Image:
    """The picture at the size of the clip, in its corner the source's time and those words: nothing of people is there
    as often as at the top, where their heads and names are."""
    fits = drawn.shape[1::-1] == size_wh
    picture = drawn.copy() if fits else np.asarray(cv2.resize(drawn, size_wh, interpolation=cv2.INTER_AREA), np.uint8)
    letters = min(max(max(size_wh) / 40, 14.0), 48.0)
    told = f"{int(time_s // 60)}:{time_s % 60:06.3f}   {words}".rstrip()
    at = (0.5 * letters, size_wh[1] - 0.5 * letters)
    paint_scene(Scene(size_wh, (Label(told, at, letters, LIGHT_INK, OUTLINE, (0.0, 1.0)),)), picture)
    return picture


def _fitting(size_wh: tuple[int, int]) -> tuple[int, int]:
    """The largest even size of that shape that a phone plays for certain."""
    share = min(1.0, MAX_SIDE_PX / max(size_wh))
    width, height = (max(2, 2 * round(side * share / 2)) for side in size_wh)
    return width, height
