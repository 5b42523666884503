"""A program of its own: the sound of a file as AAC, to standard output in a NUT container, times kept.

It runs apart from everything else, because some sound takes the process that decodes it down. It imports nothing of
this project: it is started by its path.
"""

import sys
from typing import Any

import av

RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
"""What AAC and every player know; others are brought to the next higher one."""
BITS_PER_CHANNEL = 80_000
DAMAGED = 3
"""Exit code: all that could be decoded is there, damaged pieces are not."""


def transcode(path: str, index: int, start_s: float | None = None) -> bool:
    """The stream of that index, from a time on; False when damaged pieces were left out. Raises where nothing can be
    read."""
    with (
        av.open(path, options={"protocol_whitelist": "file"}, metadata_errors="replace") as source,
        av.open(sys.stdout.buffer, "w", format="nut") as target,
    ):
        stream = source.streams[index]
        _in_usual_order(stream.codec_context)
        is_whole = True
        if start_s is not None:
            source.seek(int(start_s / stream.time_base), stream=stream)
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
    sys.exit(0 if transcode(sys.argv[1], int(sys.argv[2]), *map(float, sys.argv[3:])) else DAMAGED)
