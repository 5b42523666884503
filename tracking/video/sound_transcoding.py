"""A program of its own that decodes the sound of a file: `transcode` and `check`.

It runs apart from everything else, because some sound takes the process that decodes it down. It imports nothing of
this project: it is started by its path.
"""

import contextlib
import math
import sys
from typing import Any

import av

RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
"""What AAC and every player know; others are brought to the next higher one."""
BITS_PER_CHANNEL = 80_000
TOLD_EVERY_S = 10.0
DAMAGED = 3
"""Exit code: all that could be decoded is there, damaged pieces are not."""


def transcode(path: str, index: int, start_s: float | None = None) -> bool:
    """The stream of that index, from a time on, as AAC to standard output in a NUT container, times kept; False when
    damaged pieces were left out. Raises where nothing can be read."""
    with _opened(path) as source, av.open(sys.stdout.buffer, "w", format="nut") as target:
        stream = _stream_at(source, index, start_s)
        is_whole = True
        out: Any = None
        for frame in _frames(source, stream):
            if frame is None:
                is_whole = False
                continue
            if out is None:
                layout = "mono" if frame.layout.nb_channels == 1 else "stereo"
                rate = next((rate for rate in RATES if rate >= frame.sample_rate), RATES[-1])
                out = target.add_stream("aac", rate=rate, layout=layout)
                out.bit_rate = BITS_PER_CHANNEL * (1 if layout == "mono" else 2)
                resampler = av.AudioResampler(format="fltp", layout=layout, rate=rate)
            for piece in resampler.resample(frame):
                target.mux(out.encode(piece))
        if out is not None:
            for piece in resampler.resample(None):
                target.mux(out.encode(piece))
            target.mux(out.encode(None))
    return is_whole


def check(path: str, index: int, start_s: float = -math.inf, end_s: float = math.inf) -> None:
    """Writes to standard output how far the sound between two times is `whole`, every `TOLD_EVERY_S`, and when the
    first packet is that is `damaged`.

    What comes before the first packet that can be decoded is no damage: recordings begin in the middle, and some kinds
    of sound are not known here. Nor is the last packet, which may be half.
    """
    with _opened(path) as source, contextlib.suppress(av.FFmpegError):
        stream = _stream_at(source, index, None if start_s == -math.inf else start_s)
        stream.codec_context.options = {"err_detect": "crccheck"}
        suspect_s, told_s, has_begun = None, -math.inf, False
        for packet in source.demux(stream):
            if not packet.size or packet.pts is None:
                continue
            if suspect_s is not None:
                print("damaged", suspect_s, flush=True)
                return
            time_s = float(packet.pts * packet.time_base)
            if time_s >= end_s:
                return
            is_whole = _is_whole(stream.codec_context, packet)
            if has_begun and not is_whole and time_s >= start_s:
                suspect_s = time_s
            elif time_s >= told_s + TOLD_EVERY_S:
                print("whole", time_s, flush=True)
                told_s = time_s
            has_begun |= is_whole


def _opened(path: str) -> Any:
    return av.open(path, options={"protocol_whitelist": "file"}, metadata_errors="replace")


def _stream_at(source: Any, index: int, start_s: float | None) -> Any:
    """The stream of that index, which is read from a time on."""
    stream = source.streams[index]
    _in_usual_order(stream.codec_context)
    if start_s is not None:
        source.seek(int(start_s / stream.time_base), stream=stream)
    return stream


def _is_whole(context: Any, packet: Any) -> bool:
    try:
        return not any(frame.is_corrupt for frame in context.decode(packet))
    except av.FFmpegError:
        return False


def _in_usual_order(context: Any) -> None:
    """Channels in an order of their own count as in the usual order of so many: the library frees such an order twice
    with every picture of sound. All are mixed into two in the end."""
    layout = context.layout
    number = f"{layout.nb_channels} channels"
    if layout.name.startswith(number):
        context.layout = number


def _frames(source: Any, stream: Any) -> Any:
    """The sound, piece by piece; None for a packet that cannot be decoded."""
    for packet in source.demux(stream):
        try:
            yield from stream.codec_context.decode(packet if packet.size else None)
        except av.EOFError:
            return
        except av.FFmpegError:
            yield None


if __name__ == "__main__":
    does, file, track, *times = sys.argv[1:]
    if does == "check":
        check(file, int(track), *map(float, times))
    else:
        sys.exit(0 if transcode(file, int(track), *map(float, times)) else DAMAGED)
