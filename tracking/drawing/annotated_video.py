"""Annotated videos: each frame with its people drawn over it. Runs, recordings and exports write them."""

import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ppnet.errors import UserError
from tracking.drawing.cv_canvas import paint_scene
from tracking.drawing.privacy import RecentResults, private_picture
from tracking.drawing.scene import scene_of
from tracking.drawing.shapes import Shape
from tracking.drawing.style import SceneStyle
from tracking.drawing.trails import Trails
from tracking.time_span import ALL_TIME, TimeSpan
from tracking.types import Frame, FrameResult
from tracking.video.source import VideoInfo
from tracking.video.writer import VideoWriter

Image = npt.NDArray[np.uint8]
Near = Callable[[Frame], Sequence[FrameResult]]
"""near(frame): the results of everybody that count for hiding people in that picture (see `privacy.hidden_areas`)."""


class Annotator:
    """Draws one frame after another. style: as it is or, where it may change on the way, a function that gives it.

    near: by default, the results that came before.
    """

    def __init__(self, style: SceneStyle | Callable[[], SceneStyle], *, near: Near | None = None) -> None:
        self._style = style
        self._near = near
        self._recent = RecentResults()
        self._trails = Trails()

    def picture(
        self,
        frame: Frame,
        result: FrameResult | None,
        *,
        canvas: Image | None = None,
        ghost: Sequence[Shape] = (),
    ) -> Image:
        """A copy of the frame's picture with everything over it; result: None where nobody was looked for yet.

        canvas: what the copy is made on, where it has the picture's size. ghost: see `scene_of`.
        """
        style = self._style() if callable(self._style) else self._style
        near: Sequence[FrameResult] = ()
        if self._near is not None:
            near = self._near(frame) if style.layers.blur_faces else ()
        elif result is not None:
            near = self._recent.add(result)
        image = private_picture(frame.image, result, style.layers, near=near)
        if result is None:
            return image
        if style.layers.trails:
            self._trails.add(result)
        trails = self._trails.lines() if style.layers.trails else {}
        scene = scene_of(result, style, trails=trails, ghost=ghost)  # before the picture fills the processor's memory
        if canvas is None or canvas.shape != image.shape:
            canvas = np.empty(image.shape, np.uint8)
        np.copyto(canvas, image)
        paint_scene(scene, canvas)
        return canvas


class AnnotatedVideo:
    """An annotated video that is being written: `write` its frames, then `close` or `discard` it."""

    def __init__(
        self,
        path: Path,
        info: VideoInfo,
        style: SceneStyle | Callable[[], SceneStyle],
        *,
        sound_span: TimeSpan = ALL_TIME,
        start_s: float = 0.0,
        near: Near | None = None,
    ) -> None:
        """style and near: see `Annotator`. info: of the source; its sound is kept, within `sound_span`.

        start_s: the time of the source that is time 0 of the video, or that of its first frame if it begins later; of a
        live source the first frame given is. UserError when the file can't be written.
        """
        self.draw_s = self.encode_s = 0.0
        self._annotator = Annotator(style, near=near)
        self._shift_s = None if info.is_live else 0.0
        self._writer = VideoWriter(
            path,
            info.size_wh,
            frame_rate=info.frame_rate,
            time_base=info.time_base,
            pixel_aspect=info.pixel_aspect,
            audio_from=info.path if info.has_audio else None,
            audio_span=sound_span,
            origin_s=0.0 if info.is_live else max(start_s, info.start_s),
        )

    @property
    def frame_count(self) -> int:
        """How many frames were written."""
        return self._writer.frame_count

    @property
    def notices(self) -> tuple[str, ...]:
        """Sentences about what differs from the source."""
        padded = "The annotated video is a pixel wider or higher: H.264 needs even sizes."
        return tuple(notice for notice in (padded if self._writer.padded else None, self._writer.notice) if notice)

    def write(self, frame: Frame, result: FrameResult | None) -> None:
        """Draws a frame and adds it at its time; result: None where nobody was looked for yet."""
        started_s = time.perf_counter()
        picture = self._annotator.picture(frame, result, canvas=self._writer.canvas)
        drawn_s = time.perf_counter()
        if self._shift_s is None:
            self._shift_s = frame.time_s
        self._writer.write(picture, frame.time_s - self._shift_s)
        self.draw_s += drawn_s - started_s
        self.encode_s += time.perf_counter() - drawn_s

    def close(self, *, sound_until_s: float | None = None, tick: Callable[[], object] = lambda: None) -> Path:
        """Finishes the file, with the sound up to a time of the source (None: all of it). tick: see `VideoWriter`."""
        return self._writer.close(sound_until_s=sound_until_s, tick=tick)

    def abandon(self) -> None:
        """Stops after an error; what was written stays under a partial name."""
        self._writer.abandon()

    def discard(self) -> None:
        """Stops; nothing is left."""
        self._writer.discard()


def write_frames(
    video: AnnotatedVideo,
    frames: Iterable[tuple[Frame, FrameResult | None]],
    *,
    tick: Callable[[int], object] = lambda _done: None,
    sound_until_s: float | None = None,
) -> Path:
    """Writes all frames and closes the video; `tick(frames done)` may raise to leave off, and then nothing is left. It
    is also called while the file is finished.

    UserError when it can't be written or there is no frame.
    """
    try:
        for frame, result in frames:
            video.write(frame, result)
            tick(video.frame_count)
        if not video.frame_count:
            raise UserError("There is no frame between the start and the end.")
        return video.close(sound_until_s=sound_until_s, tick=lambda: tick(video.frame_count))
    except BaseException:
        video.discard()
        raise
