"""Annotated videos by PyAV: H.264 that a browser plays, exact times, sound kept, playable even after a kill."""

import contextlib
import os
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from ppnet.output_files import why_not_written
from tracking.time_span import ALL_TIME, TimeSpan
from tracking.video.container import local_container
from tracking.video.fragments import FragmentedMp4
from tracking.video.orientation import Image, fitted
from tracking.video.sound import SoundTrack, has_sound
from tracking.video.source import VideoError

DEFAULT_TIME_BASE = Fraction(1, 90_000)
FINEST_TIME_BASE = Fraction(1, 1_000_000)
KEY_EVERY_S = 1.0
THREADS = 4
"""Of the encoder."""
MAX_SIDE_PX = 16_384
"""The encoder's limit."""
HD_HEIGHT = 720
"""From this height on players take untagged colours as BT.709, so that is what is written (and tagged)."""


class VideoWriter:
    """Writes pictures with their times; `close` makes the finished MP4, `discard` leaves nothing.

    While it runs the video is `<stem>.partial.mp4`, which plays and has every picture as soon as it was written: a
    killed run loses none, however slowly they come. `close` turns it into a plain MP4 that starts to play before it is
    loaded whole, and gives it its name in one step.
    size_wh: width and height; an odd size is stored with its last column or row doubled (see `padded`), and
    a picture of another size is fitted into the first one's frame. frame_rate: a hint for the last picture's
    length and for the encoder; times rule. time_base: unit of the source's times, kept so that they stay exact.
    audio_from: file whose sound is copied, as far as it lies in audio_span. VideoError when the place
    cannot be written. origin_s: this time of pictures and sound becomes time 0.
    canvas: (H, W, 3) to make the next picture on and give to `write`, which then needs no copy of it.
    """

    def __init__(
        self,
        path: Path,
        size_wh: tuple[int, int],
        *,
        frame_rate: Fraction | float | None = None,
        time_base: Fraction | None = None,
        pixel_aspect: Fraction = Fraction(1),
        audio_from: Path | None = None,
        audio_span: TimeSpan = ALL_TIME,
        origin_s: float = 0.0,
    ) -> None:
        self.path = Path(path)
        self.partial_path = partial_path(self.path)
        self.frame_count = 0
        self._size_wh = size_wh
        self._coded_wh = (size_wh[0] + size_wh[0] % 2, size_wh[1] + size_wh[1] % 2)
        if max(self._coded_wh) > MAX_SIDE_PX:
            raise VideoError(
                f"{self.path} could not be written: frames of {size_wh[0]}x{size_wh[1]} are larger than H.264 allows "
                f"({MAX_SIDE_PX} pixels a side); write it without its video."
            )
        self._rate = Fraction(frame_rate or 30).limit_denominator(100_000)
        self._time_base = _usable(time_base)
        self._origin_s = origin_s
        self._last: int | None = None
        self._last_key: int | None = None
        self._is_open = True
        self._frame = av.VideoFrame(*self._coded_wh, "rgb24")
        self._pixels = _pixels_of(self._frame)
        self.canvas = self._pixels[: size_wh[1], : size_wh[0]]
        with self._errors():
            self._output = FragmentedMp4(self.partial_path, timescale=self._time_base.denominator)
            self._stream = self._video_stream(pixel_aspect)
            self._sound = self._sound_from(audio_from, audio_span)

    @property
    def padded(self) -> bool:
        """True when the stored picture is a column or row larger than the pictures given (H.264 needs even sizes)."""
        return self._coded_wh != self._size_wh

    @property
    def notice(self) -> str | None:
        """What was wrong with the sound, if anything."""
        return self._sound.notice if self._sound else None

    def write(self, image: Image, time_s: float) -> None:
        """Add one (H, W, 3) uint8 RGB picture. Times must rise; one that does not comes right after the last."""
        frame = self._frame_of(image)
        frame.time_base = self._time_base
        frame.pts = round((time_s - self._origin_s) / self._time_base)
        if self._last is not None:
            frame.pts = max(frame.pts, self._last + 1)
        self._last = frame.pts
        with self._errors():
            self._encode(frame)
            self._output.flush()
        self.frame_count += 1

    def close(self, *, sound_until_s: float | None = None, tick: Callable[[], object] = lambda: None) -> Path:
        """Finish: the rest of the sound (or that up to a time), then the plain MP4. Returns its path. `tick()` is
        called again and again meanwhile and may raise to leave off; then there is still something to `discard`."""
        if not self._is_open:
            return self.path
        with self._errors():
            self._mux(self._stream.encode(None))
            if self._sound:
                self._sound.advance(None if sound_until_s is None else sound_until_s - self._origin_s)
            self._release()
            _remux(self.partial_path, self.path, tick)
            self.partial_path.unlink()
        return self.path

    def abandon(self) -> None:
        """Stop after an error: what was written stays under its partial name, if there is anything."""
        if self._is_open:
            with contextlib.suppress(av.FFmpegError, OSError, ValueError):
                self._release()
        with contextlib.suppress(OSError):
            if self.partial_path.stat().st_size == 0:
                self.partial_path.unlink()

    def discard(self) -> None:
        """Stop and remove what was written."""
        self.abandon()
        with contextlib.suppress(OSError):
            self.partial_path.unlink()

    # -- inside ----------------------------------------------------------------------------------

    def _video_stream(self, pixel_aspect: Fraction) -> Any:
        # No B-frames: decoding order is presentation order, and no player shows the first picture late.
        # No latency: each picture comes out before the next goes in, as threads share one instead of taking turns.
        options = {"preset": "veryfast", "tune": "zerolatency", "crf": "21", "bf": "0"}
        stream = self._output.add_stream("libx264", rate=self._rate, options=options)
        context = stream.codec_context
        context.thread_count = THREADS
        context.width, context.height = self._coded_wh
        context.pix_fmt = "yuv420p"
        context.time_base = self._time_base
        context.sample_aspect_ratio = pixel_aspect
        context.gop_size = max(1, round(self._rate * 2))
        self._is_hd = self._coded_wh[1] >= HD_HEIGHT
        code = 1 if self._is_hd else 6  # H.273: BT.709 or SMPTE 170M
        context.colorspace = context.color_primaries = context.color_trc = code
        context.color_range = 1  # limited, as players expect of H.264
        return stream

    def _sound_from(self, path: Path | None, span: TimeSpan) -> SoundTrack | None:
        if path is None or not has_sound(path):
            return None
        return SoundTrack(path, self._output, span=span, origin_s=self._origin_s)

    def _frame_of(self, image: Image) -> Any:
        if image is not self.canvas:
            np.copyto(self.canvas, fitted(image, self._size_wh))
        if self.padded:
            width, height = self._size_wh
            self._pixels[:, width:] = self._pixels[:, width - 1 : width]
            self._pixels[height:] = self._pixels[height - 1 : height]
        # The frame is always the same one, because it keeps what the conversion needs to be set up.
        space = "ITU709" if self._is_hd else "ITU601"
        return self._frame.reformat(format="yuv420p", dst_colorspace=space, dst_color_range="MPEG")

    def _encode(self, frame: Any) -> None:
        if self._last_key is None or (frame.pts - self._last_key) * self._time_base >= KEY_EVERY_S:
            frame.pict_type = av.video.frame.PictureType.I
            self._last_key = frame.pts
        self._mux(self._stream.encode(frame))
        if self._sound:
            self._sound.advance(float(frame.pts * self._time_base))

    def _mux(self, packets: list[Any]) -> None:
        for packet in packets:
            packet.duration = max(1, round(1 / self._rate / packet.time_base))
            self._output.mux(packet)

    def _release(self) -> None:
        self._is_open = False
        if self._sound:
            self._sound.close()
        self._output.close()

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (av.FFmpegError, OSError) as error:
            if not isinstance(error, OSError) or error.errno is None:
                raise VideoError(f"{self.path} could not be written ({error}).") from error
            raise VideoError(f"{self.path} could not be written: {why_not_written(error)}.") from error


def partial_path(path: Path) -> Path:
    """What a video is called while it is written."""
    return path.with_name(f"{path.stem}.partial.mp4")


def _remux(partial: Path, path: Path, tick: Callable[[], object]) -> None:
    """The fragments as one plain MP4 with its index in front, put in place in one step."""
    finished = path.with_name(f"{path.stem}.finishing.partial.mp4")
    try:
        with local_container(partial) as source:
            scale = str(source.streams.video[0].time_base.denominator)
            options = {"movflags": "faststart", "movie_timescale": scale}
            with av.open(os.path.abspath(finished), "w", format="mp4", options=options) as target:
                streams = {stream.index: target.add_stream_from_template(stream) for stream in source.streams}
                for packet in source.demux():
                    tick()  # of an hour of video this takes long
                    if packet.size:
                        packet.stream = streams[packet.stream_index]
                        target.mux(packet)
        os.replace(finished, path)
    finally:
        finished.unlink(missing_ok=True)


def _pixels_of(frame: Any) -> Image:
    """(H, W, 3) view of an RGB frame's memory, whose rows may lie farther apart than their length."""
    (plane,) = frame.planes
    rows: Image = np.frombuffer(plane, np.uint8).reshape(frame.height, plane.line_size)
    return rows[:, : 3 * frame.width].reshape(frame.height, frame.width, 3)


def _usable(time_base: Fraction | None) -> Fraction:
    """A time base that MP4 can keep exactly."""
    if time_base is None or time_base <= 0 or time_base < FINEST_TIME_BASE:
        return DEFAULT_TIME_BASE if time_base is None else FINEST_TIME_BASE
    return time_base
