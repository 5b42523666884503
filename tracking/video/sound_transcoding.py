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


def transcode(path: str, index: int, start_s: float | None) -> None:
    """The stream of that index, from a time on. Damaged pieces are left out. Raises where nothing can be read."""
    with (
        av.open(path, options={"protocol_whitelist": "file"}, metadata_errors="replace") as source,
        av.open(sys.stdout.buffer, "w", format="nut") as target,
    ):
        stream = source.streams[index]
        if start_s is not None:
            source.seek(int(start_s / stream.time_base), stream=stream)
        out: Any = None
        for frame in _frames(source, stream):
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


def _frames(source: Any, stream: Any) -> Any:
    for packet in source.demux(stream):
        try:
            yield from stream.codec_context.decode(packet if packet.size else None)
        except av.EOFError:
            return
        except av.FFmpegError:
            continue


if __name__ == "__main__":
    transcode(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]) if len(sys.argv) > 3 else None)
