"""The sound of one file carried into another: packets copied as they are where MP4 can hold them, else AAC."""

import errno
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import av.bitstream

from tracking.time_span import ALL_TIME, TimeSpan

COPYABLE = frozenset({"aac", "mp3", "mp2", "ac3", "eac3", "alac", "opus", "flac"})
"""Codecs that MP4 holds; all others are encoded anew as AAC."""
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS})
"""Errors that are the disk's, not the sound's."""


class SoundTrack:
    """Feeds the sound of a file to an output container, in step with the pictures.

    Sound within the span is taken; its times stay those of the file, less origin_s, so it stays in step
    exactly. Times given to `advance` are those of the output.
    Damage in the sound never stops the pictures: the rest of it is left out and `notice` says so.
    """

    def __init__(
        self,
        path: Path,
        output: Any,
        *,
        span: TimeSpan = ALL_TIME,
        origin_s: float = 0.0,
    ) -> None:
        self.notice: str | None = None
        self._output = output
        self._span = span
        self._origin_s = origin_s
        self._input = av.open(str(path), metadata_errors="replace")
        source = self._input.streams.audio[0]
        self._copied = source.codec.canonical_name in COPYABLE
        if self._copied:
            self._target = output.add_stream_from_template(source)
        else:
            self._target = output.add_stream("aac", rate=source.rate or 48000)
            self._target.bit_rate = 160_000
        if span.start_s is not None:
            self._input.seek(int(span.start_s / source.time_base), stream=source)
        self._packets = self._read(source)
        self._waiting: Any = next(self._packets, None)

    def advance(self, until_s: float | None) -> None:
        """Write all sound that starts before a time (None: all that is left)."""
        try:
            while self._waiting is not None and (until_s is None or _time_of(self._waiting) < until_s):
                self._output.mux(self._waiting)
                self._waiting = next(self._packets, None)
        except av.FFmpegError as error:
            if getattr(error, "errno", None) in NO_ROOM:
                raise
            self._waiting = None
            self.notice = "The sound does not fit into the video; the rest of it was left out."

    def close(self) -> None:
        """Give the source file back."""
        self._waiting = None
        self._input.close()

    def _read(self, source: Any) -> Iterator[Any]:
        """Packets for the output, in order, none outside the span."""
        make = self._copies(source) if self._copied else self._encoded(source)
        try:
            for packet in make:
                time_s = _time_of(packet)
                if self._span.is_over(time_s):
                    return
                if self._span.has_begun(time_s):
                    yield self._moved(packet)
        except av.FFmpegError:
            self.notice = "The sound is damaged; what comes after the damage was left out."

    def _moved(self, packet: Any) -> Any:
        """The packet at its time in the output."""
        if self._origin_s:
            ticks = round(self._origin_s / packet.time_base)
            packet.pts = None if packet.pts is None else packet.pts - ticks
            packet.dts = None if packet.dts is None else packet.dts - ticks
        return packet

    def _copies(self, source: Any) -> Iterator[Any]:
        # AAC of broadcasts and streams has a header in each packet, where MP4 wants one for all.
        is_adts = source.codec.canonical_name == "aac" and not source.codec_context.extradata
        adts = av.bitstream.BitStreamFilterContext("aac_adtstoasc", source) if is_adts else None
        for packet in self._input.demux(source):
            if packet.size and packet.pts is not None:
                for copy in adts.filter(packet) if adts else (packet,):
                    copy.stream = self._target
                    yield copy

    def _encoded(self, source: Any) -> Iterator[Any]:
        context = self._target.codec_context
        resampler = av.AudioResampler(format="fltp", layout=source.layout.name, rate=context.sample_rate)
        for frame in self._input.decode(source):
            for piece in resampler.resample(frame):
                yield from self._target.encode(piece)
        for piece in resampler.resample(None):
            yield from self._target.encode(piece)
        yield from self._target.encode(None)


def has_sound(path: Path) -> bool:
    """True when the file has a sound stream whose packets can be read."""
    try:
        with av.open(str(path), metadata_errors="replace") as container:
            return any(stream.codec_context is not None for stream in container.streams.audio)
    except (av.FFmpegError, OSError, ValueError):
        return False


def _time_of(packet: Any) -> float:
    stamp = packet.pts if packet.pts is not None else packet.dts
    return float(stamp * packet.time_base) if stamp is not None else 0.0
