"""`FragmentedMp4`: a video file that grows by whole pieces, each of which is on the disk once it is flushed."""

import io
from pathlib import Path
from typing import Any

import av
import av.error


class FragmentedMp4:
    """Takes packets as an output container of PyAV does; after `flush` all of them are in the file, and it plays.

    A muxer that writes a file from its beginning to its end keeps the last packet of each track, whose length it does
    not know yet. Here each piece of a track has a muxer of its own, which ends with it, and says when it begins.
    """

    def __init__(self, path: Path, *, timescale: int) -> None:
        """timescale: ticks a second in which the file tells its own length. OSError when it can't be written."""
        self._file = open(path, "wb")  # noqa: SIM115 - closed by `close`
        self._timescale = timescale
        self._nowhere = io.BytesIO()
        self._streams: Any = av.open(self._nowhere, "w", format="mp4", options={"movflags": "delay_moov"})
        self._first: dict[int, Any] = {}  # packet of each track
        self._last: dict[int, int] = {}  # decoding time of each track, in ticks of its packets
        self._pieces: dict[int, _Muxer] = {}
        self._has_header = False
        self._written = 0

    def add_stream(self, codec: str, **settings: Any) -> Any:
        """See `av.container.OutputContainer`."""
        return self._streams.add_stream(codec, **settings)

    def add_stream_from_template(self, template: Any) -> Any:
        """See `av.container.OutputContainer`."""
        return self._streams.add_stream_from_template(template)

    def expect(self, packet: Any) -> None:
        """Says with which packet a track will begin. One of which nothing was said at the first `flush` is left out."""
        self._first.setdefault(packet.stream.index, _copy(packet))

    def mux(self, packet: Any) -> None:
        """Takes a packet. FFmpegError when its track can't hold it; times must rise."""
        number = packet.stream.index
        self.expect(packet)
        if number in self._last and packet.dts <= self._last[number]:
            raise av.error.InvalidDataError(0, f"packet at {packet.dts} after one at {self._last[number]}")
        if number not in self._pieces:
            self._pieces[number] = self._muxer((number,), "+frag_discont", self._written + len(self._pieces) + 1)
        self._last[number] = packet.dts
        self._pieces[number].mux(packet, self._first[number].dts)

    def flush(self) -> None:
        """Writes all that was taken. OSError when the disk is full, say."""
        if not self._pieces:
            return
        if not self._has_header:
            header = self._muxer(tuple(sorted(self._first)), "", 1)
            for packet in self._first.values():
                header.mux(_copy(packet))
            self._file.write(header.ended()[0])
            self._has_header = True
        for number in tuple(self._pieces):
            self._file.write(self._pieces.pop(number).ended()[1])
            self._written += 1
        self._file.flush()

    def close(self) -> None:
        """Writes what is left and gives the file back."""
        try:
            self.flush()
        finally:
            self._nowhere.close()
            self._file.close()

    def _muxer(self, numbers: tuple[int, ...], flags: str, index: int) -> "_Muxer":
        self._streams.start_encoding()  # only then its streams know all about their packets
        options = {
            "movflags": f"delay_moov+default_base_moof+frag_custom+skip_trailer{flags}",
            "movie_timescale": str(self._timescale),
            "fragment_index": str(index),
            "use_stream_ids_as_track_ids": "1",
        }
        return _Muxer({number: self._streams.streams[number] for number in numbers}, options)


class _Muxer:
    """Some tracks in a container of their own."""

    def __init__(self, templates: dict[int, Any], options: dict[str, str]) -> None:
        self._bytes = io.BytesIO()
        self._container: Any = av.open(self._bytes, "w", format="mp4", options=options)
        self._streams: dict[int, Any] = {}
        for number, template in templates.items():
            self._streams[number] = self._container.add_stream_from_template(template)
            self._streams[number].id = number + 1

    def mux(self, packet: Any, start: int = 0) -> None:
        """A packet, at its time after `start`, both in its own ticks. It is changed."""
        packet.stream = self._streams[packet.stream.index]
        packet.pts -= start
        packet.dts -= start
        self._container.mux(packet)

    def ended(self) -> tuple[bytes, bytes]:
        """What comes before the first fragment, and the fragments."""
        self._container.close()
        data = self._bytes.getvalue()
        at = 0
        while data[at + 4 : at + 8] != b"moof":
            at += int.from_bytes(data[at : at + 4], "big")
        return data[:at], data[at:]


def _copy(packet: Any) -> Any:
    copy = av.Packet(bytes(packet))
    copy.stream, copy.time_base = packet.stream, packet.time_base
    copy.pts, copy.dts, copy.duration = packet.pts, packet.dts, packet.duration
    copy.is_keyframe = packet.is_keyframe
    return copy
