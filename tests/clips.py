"""Small video files made by code: any times, any display matrix, with or without sound."""

import itertools
import json
import subprocess
from collections.abc import Callable, Container, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from tests.shared_material import needs_program
from tracking.video.factory import open_source
from tracking.video.writer import VideoWriter

SIZE_WH = (96, 64)

Painter = Callable[[int, tuple[int, int]], np.ndarray]
_MADE: dict[tuple[object, ...], bytes] = {}
"""Clips by all that makes them: many tests ask for the same one."""


def paint(index: int, size_wh: tuple[int, int] = SIZE_WH) -> np.ndarray:
    """A picture that tells its index by its brightness, and which way is up by a red corner top left."""
    width, height = size_wh
    image = np.full((height, width, 3), 40 + 4 * (index % 45), np.uint8)
    image[: height // 4, : width // 4] = (255, 0, 0)
    return image


def index_of(image: np.ndarray) -> int:
    """The index that `paint` put into a picture (modulo 45)."""
    height, width = image.shape[:2]
    return round((float(image[height // 2 :, width // 2 :].mean()) - 40) / 4)


def make_clip(
    path: Path,
    stamps: Sequence[int] | int = 30,
    *,
    time_base: Fraction = Fraction(1, 30),
    size_wh: tuple[int, int] = SIZE_WH,
    painter: Painter = paint,
    codec: str = "libx264",
    pix_fmt: str | None = None,
    gop: int = 12,
    rotate: tuple[float, bool, bool] | None = None,
    sound: str | None = None,
    options: dict[str, str] | None = None,
) -> Path:
    """A clip whose picture i is `painter(i, size_wh)` at stamps[i] * time_base seconds (an int: 0, 1, 2, ...).

    rotate: angle, hflip, vflip of the display matrix. sound: codec of a sine as long as the pictures.
    """
    stamps = range(stamps) if isinstance(stamps, int) else stamps
    stored = codec, pix_fmt, gop, rotate, sound, *sorted((options or {}).items())
    kind = path.suffix, tuple(stamps), time_base, size_wh, painter, *stored
    if kind in _MADE:
        path.write_bytes(_MADE[kind])
        return path
    # B-frames, so that decoding order is not presentation order.
    lossless = {"qp": "0", "preset": "veryfast", "bf": "2", "b_strategy": "0"} if codec == "libx264" else {}
    with av.open(str(path), "w", options=options or {}) as container:
        stream = container.add_stream(codec, rate=round(1 / time_base) if time_base > Fraction(1, 200) else 30)
        stream.codec_context.options = lossless
        stream.width, stream.height = size_wh
        stream.pix_fmt = pix_fmt or {"libx264": "yuv444p", "mjpeg": "yuvj420p"}.get(codec, "yuv420p")
        stream.codec_context.time_base = time_base
        stream.codec_context.gop_size = gop
        if rotate is not None:
            stream.set_display_rotation(rotate[0], hflip=rotate[1], vflip=rotate[2])
        audio = container.add_stream(sound, rate=44100) if sound else None
        for index, stamp in enumerate(stamps):
            frame = av.VideoFrame.from_ndarray(painter(index, size_wh), format="rgb24")
            frame.pts, frame.time_base = stamp, time_base
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if audio is not None:
            _add_sine(container, audio, float((stamps[-1] + 1) * time_base))
    if "<locals>" not in getattr(painter, "__qualname__", "<locals>"):  # nobody else can have such a one
        _MADE[kind] = path.read_bytes()
    return path


def cut_clip(source: Path, path: Path, *, end_s: float) -> Path:
    """The beginning of a video, as a file."""
    with open_source(source) as frames:
        info = frames.info
        writer = VideoWriter(path, info.size_wh, frame_rate=info.frame_rate, time_base=info.time_base)
        for frame in itertools.takewhile(lambda frame: frame.time_s < end_s, frames):
            writer.write(frame.image, frame.time_s)
        writer.close()
    return path


def without_packets(clip: Path, path: Path, places: Container[int]) -> Path:
    """A copy of a clip's pictures as they are stored, without the packets at these places of the decoding order."""
    with av.open(str(clip)) as source, av.open(str(path), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for place, packet in enumerate(source.demux(video=0)):
            if packet.size and place not in places:
                packet.stream = stream
                target.mux(packet)
    return path


def _add_sine(container: object, stream: object, seconds: float) -> None:
    chunk = 1024
    for start in range(0, round(seconds * 44100), chunk):
        wave = 0.3 * np.sin(2 * np.pi * 440 * (start + np.arange(chunk)) / 44100)
        frame = av.AudioFrame.from_ndarray((wave * 32767).astype(np.int16).reshape(1, -1), "s16", "mono")
        frame.sample_rate, frame.pts, frame.time_base = 44100, start, Fraction(1, 44100)
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def make_sound_only(path: Path) -> Path:
    """A file with a sine and no picture."""
    with av.open(str(path), "w") as container:
        _add_sine(container, container.add_stream("aac", rate=44100), 1.0)
    return path


def probe(path: Path, entries: str, *options: str) -> dict:
    """What ffprobe says, as a dict; the test needs it."""
    needs_program("ffprobe")
    command = ["ffprobe", "-v", "error", *options, "-show_entries", entries, "-of", "json", str(path)]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def probed_times(path: Path) -> list[str]:
    """`pts_time` of every picture as ffprobe prints it."""
    frames = probe(path, "frame=pts_time", "-select_streams", "v:0")["frames"]
    return [frame["pts_time"] for frame in frames]
