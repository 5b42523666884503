"""Video files and network streams by PyAV: upright RGB pictures with the file's own presentation times."""

import bisect
import logging
import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any

import av
import av.logging
import numpy as np

from tracking.time_span import ALL_TIME, SAME_TIME_S, TimeSpan
from tracking.types import Frame
from tracking.video.orientation import UPRIGHT, Image, Orientation
from tracking.video.source import ClosingSource, VideoError, VideoInfo

log = logging.getLogger(__name__)

URL_SCHEMES = ("rtsp://", "rtsps://", "rtmp://", "http://", "https://", "udp://", "srt://")
END_TOLERANCE_S = 1.0
"""A file whose last picture is over so long before its stated end is cut off."""
SKIM_S = 1.0
"""A seek no farther ahead than this decodes on; jumping would often go back to the same key frame."""
NETWORK_TIMEOUT_S = 10.0


class VideoFile(ClosingSource):
    """One video file (or network address): iterate for `Frame`s, `seek` to any time, exactly.

    A frame's index is its place in `frame_times()`, so that every reader of a file comes to the same numbers:
    pictures that cannot be decoded keep theirs. The frames of a live stream are counted.
    Only frames within the span are given. A damaged or cut file gives what can be decoded
    and says so in `notices`. VideoError when there is no picture at all.
    """

    def __init__(self, path: Path | str, *, span: TimeSpan = ALL_TIME) -> None:
        span.check()
        self._spec = str(path)
        self._is_url = self._spec.lower().startswith(URL_SCHEMES)
        self._span = span
        self._notices: list[str] = []
        self._ended_early = False
        self._times: tuple[float, ...] | None = None
        self._read_times: list[float] = []  # ascending, of the packets read so far; until `_times` is known
        self._read_dts_s = -math.inf
        self._index = 0
        self._last_s: float | None = None
        self._orientation = UPRIGHT
        self._decoded: Iterator[Any] = iter(())
        self._open()
        try:
            self._start()
        except BaseException:
            self.close()
            raise

    @property
    def info(self) -> VideoInfo:
        """Facts of the file; size and turn come from the first decoded picture."""
        return self._info

    @property
    def ended_early(self) -> bool:
        """True when the file was read to its end and its end is missing."""
        return self._ended_early

    @property
    def notices(self) -> tuple[str, ...]:
        """What was wrong with the file so far, one sentence each."""
        return tuple(self._notices)

    def __iter__(self) -> Iterator[Frame]:
        """The frames from the present place on."""
        while (decoded := next(self._decoded, None)) is not None:
            time_s = self._time_of(decoded)
            if self._span.is_over(time_s):
                self._decoded = iter(())
                return
            self._last_s = time_s
            frame = Frame(self._index_of(time_s), time_s, self._upright(decoded))
            self._index = frame.index + 1
            yield frame

    def seek(self, time_s: float) -> None:
        """Go to a time: the next frame given is the first with time_s >= the time asked for (to 1e-6 s).

        After the last frame there is none. VideoError for a live stream.
        """
        if self._info.is_live:
            raise VideoError(f"{self._name} is live; there is nothing to seek in.")
        target = time_s - SAME_TIME_S
        ahead = self._last_s is not None and self._last_s < target <= self._last_s + SKIM_S
        frames = self._decoded if ahead else self._from_key_frame(target)
        for decoded in frames:
            found_s = self._time_of(decoded)
            if found_s >= target:
                self._decoded = chain([decoded], frames)
                self._index = bisect.bisect_left(self.frame_times(), found_s - SAME_TIME_S)
                self._last_s = None
                return
        self._decoded = iter(())
        self._last_s = None

    def frame_times(self) -> tuple[float, ...]:
        """All presentation times in seconds, ascending, by reading the file without decoding (kept)."""
        if self._info.is_live:
            raise VideoError(f"{self._name} is live; its times are not known beforehand.")
        if self._times is None:
            with self._container_of() as container:
                stream = container.streams[self._stream.index]
                self._times = tuple(sorted(_packet_times(container, stream)))
        return self._times

    def close(self) -> None:
        """Give the file back; closing twice is fine."""
        self._decoded = iter(())
        self._container.close()

    # -- opening ---------------------------------------------------------------------------------

    @property
    def _name(self) -> str:
        return self._spec if self._is_url else Path(self._spec).name

    def _container_of(self) -> Any:
        options = {"rtsp_transport": "tcp"} if self._spec.lower().startswith("rtsp") else {}
        timeout = NETWORK_TIMEOUT_S if self._is_url else None
        return av.open(self._spec, options=options, timeout=timeout, metadata_errors="replace")

    def _open(self) -> None:
        """(Re)open the file at its beginning."""
        try:
            self._container = self._container_of()
        except (av.FFmpegError, OSError, ValueError) as error:
            raise VideoError(self._why_not_open(error)) from error
        if self._container.format.name == "tty":
            self._container.close()
            raise VideoError(f"{self._name} is a text file, not a video.")
        self._stream = self._pick_stream()
        self._is_live = self._is_url and _duration_s(self._stream, self._container) is None
        self._stream.thread_type = "AUTO"
        self._decoded = self._decode()

    def _why_not_open(self, error: Exception) -> str:
        if self._is_url:
            return f"Nothing could be opened at {self._spec} ({_reason(error)}); check the address and the network."
        path = Path(self._spec)
        if not path.exists():
            return f"There is no file {path}."
        if isinstance(error, PermissionError):
            return f"{path} may not be read; check its permissions."
        if path.stat().st_size == 0:
            return f"{path} is empty (0 bytes)."
        return f"{path} is not a video that can be read, or it is damaged or cut off ({_reason(error)})."

    def _pick_stream(self) -> Any:
        """The first video stream that is not a cover picture."""
        cover = av.stream.Disposition.attached_pic
        for stream in self._container.streams.video:
            if not stream.disposition & cover:
                return stream
        has_audio = bool(self._container.streams.audio)
        self._container.close()
        held = "sound but no picture" if has_audio else "no picture"
        raise VideoError(f"{self._name} holds {held}; a video is needed.")

    def _start(self) -> None:
        """Decode the first picture, learn from it, and go to the start that was asked for."""
        first = next(self._decoded, None)
        if first is None:
            raise VideoError(f"{self._name} holds no picture that can be decoded.")
        self._decoded = chain([first], self._decoded)
        self._learn(first)
        if self._span.start_s is not None and not self._info.is_live:
            self.seek(self._span.start_s)
        head = next(self._decoded, None)
        if head is None or self._span.is_over(self._time_of(head)):
            lasts = f"; it lasts {self._info.duration_s:.3f} s" if self._info.duration_s else ""
            raise VideoError(f"{self._name} has no picture between the start and end asked for{lasts}.")
        self._decoded = chain([head], self._decoded)

    def _learn(self, first: Any) -> None:
        matrix = first.side_data.get("DISPLAYMATRIX") if len(first.side_data) else None
        self._orientation = Orientation.from_display_matrix(bytes(matrix)) if matrix else UPRIGHT
        self._stored_wh = (first.width, first.height)
        stream, container = self._stream, self._container
        aspect = stream.sample_aspect_ratio or Fraction(1)
        rate = stream.average_rate or stream.guessed_rate
        self._info = VideoInfo(
            name=self._name,
            path=None if self._is_url else Path(self._spec).absolute(),
            size_wh=self._orientation.upright_size(self._stored_wh),
            frame_count=stream.frames or None,
            duration_s=_duration_s(stream, container),
            frame_rate=Fraction(rate) if rate else None,
            rotation_deg=self._orientation.rotation_deg,
            mirrored=self._orientation.mirrored,
            has_audio=bool(container.streams.audio),
            codec=stream.codec.canonical_name,
            is_live=self._is_live,
            time_base=Fraction(stream.time_base),
            pixel_aspect=1 / aspect if self._orientation.transpose else Fraction(aspect),
        )

    # -- decoding --------------------------------------------------------------------------------

    def _decode(self) -> Iterator[Any]:
        """Decoded frames in presentation order; what cannot be decoded is left out and noticed."""
        damaged, last_s, end_s = 0, None, -math.inf
        for packet in self._packets():
            try:
                frames = self._stream.codec_context.decode(packet)
            except av.FFmpegError as error:
                log.debug("%s: packet not decoded: %s", self._name, error)
                damaged += 1
                continue
            for frame in frames:
                last_s = self._time_of(frame)
                end_s = max(end_s, last_s + float((frame.duration or 0) * self._stream.time_base))
                yield frame
        if damaged:
            self._notice(f"{self._name} is damaged: {damaged} of its pieces could not be decoded.")
        if last_s is not None:
            self._check_end(last_s, end_s)

    def _packets(self) -> Iterator[Any]:
        """Packets of the stream, then None to drain the decoder, also when the file ends in an error."""
        try:
            for packet in self._container.demux(self._stream):
                if packet.size:
                    self._note_times(packet)
                    yield packet
        except av.FFmpegError as error:
            log.debug("%s: reading ended: %s", self._name, error)
            self._ended_early = True
        self._read_dts_s = math.inf
        yield None

    def _note_times(self, packet: Any) -> None:
        if self._is_live or self._times is not None:
            return
        time_s = _packet_time(packet)
        if time_s is not None:
            bisect.insort(self._read_times, time_s)
        if packet.dts is not None:
            self._read_dts_s = float(packet.dts * packet.time_base)

    def _index_of(self, time_s: float) -> int:
        """The place of the next frame in `frame_times()`, without reading a large file to its end beforehand.

        No picture is shown before its packet is decoded, so all packets of times up to the last decoding time are read.
        """
        if self._is_live:
            return self._index
        times: Sequence[float] = self._read_times
        if self._times is not None or self._read_dts_s < time_s - SAME_TIME_S:
            times = self.frame_times()
        return max(self._index, bisect.bisect_left(times, time_s - SAME_TIME_S))  # never a number given before

    def _check_end(self, last_s: float, end_s: float) -> None:
        """Notice an end that comes before the file's own statement of its length.

        last_s: time of the last picture. end_s: when it has been shown; of slides that is seconds later.
        """
        if self._info.is_live or not self._stream.duration:
            missing_s = 0.0
        else:
            stated_s = float(((self._stream.start_time or 0) + self._stream.duration) * self._stream.time_base)
            missing_s = stated_s - end_s
        if self._ended_early or missing_s > END_TOLERANCE_S:
            self._ended_early = True
            self._notice(f"{self._name} is cut off or damaged: it could be read only up to {last_s:.3f} s.")

    def _notice(self, sentence: str) -> None:
        if sentence not in self._notices:
            self._notices.append(sentence)

    def _time_of(self, decoded: Any) -> float:
        """Presentation time in seconds; the decoding time where the file gives no other."""
        stamp = decoded.pts if decoded.pts is not None else decoded.dts
        base = decoded.time_base or self._stream.time_base
        if stamp is not None:
            return float(stamp * base.numerator / base.denominator)
        self._notice(f"{self._name} has pictures without a time; the average rate was used for them.")
        step = 1 / self._info.frame_rate if self._info.frame_rate else Fraction(1, 30)
        return (self._last_s or 0.0) + float(step)

    def _upright(self, decoded: Any) -> Image:
        width, height = self._stored_wh
        if (decoded.width, decoded.height) != self._stored_wh:
            self._notice(f"{self._name} changes its picture size; all pictures were brought to {width}x{height}.")
        rgb = decoded.to_ndarray(format="rgb24", width=width, height=height)
        return np.ascontiguousarray(self._orientation.apply(rgb))

    def _from_key_frame(self, target_s: float) -> Iterator[Any]:
        """Frames from a key frame at or before a time; farther back until it surely comes first.

        Frames before the first key frame are left out: they may lean on pictures that were not decoded.
        """
        for back_s in (0.0, 2.0, 10.0):
            offset = int((target_s - back_s) / self._stream.time_base)
            try:
                self._container.seek(offset, stream=self._stream)
            except (av.FFmpegError, OverflowError):
                break
            frames = self._decode()
            first = next((frame for frame in frames if frame.key_frame), None)
            if first is not None and self._time_of(first) <= target_s:
                return chain([first], frames)
        self._container.close()
        self._open()
        return self._decoded


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error).strip().rstrip(".") or type(error).__name__


def _duration_s(stream: Any, container: Any) -> float | None:
    if stream.duration:
        return float(stream.duration * stream.time_base)
    return container.duration / av.time_base if container.duration else None


def _packet_times(container: Any, stream: Any) -> Iterator[float]:
    try:
        for packet in container.demux(stream):
            time_s = _packet_time(packet)
            if time_s is not None:
                yield time_s
    except av.FFmpegError:
        return


def _packet_time(packet: Any) -> float | None:
    """When the picture of a packet is shown, seconds; None when it shows none."""
    stamp = packet.pts if packet.pts is not None else packet.dts
    if not packet.size or stamp is None or packet.is_discard:
        return None
    return float(stamp * packet.time_base.numerator / packet.time_base.denominator)
