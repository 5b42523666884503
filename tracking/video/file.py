"""Video files and network streams by PyAV: upright RGB pictures with the file's own presentation times."""

import bisect
import contextlib
import logging
import math
from collections.abc import Iterator
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any

import av
import av.logging
import numpy as np
from av.video.reformatter import VideoReformatter

from tracking.time_span import ALL_TIME, SAME_TIME_S, TimeSpan
from tracking.types import Frame
from tracking.video.address import redacted
from tracking.video.container import is_address, open_container
from tracking.video.hdr import HDR, ToneMap
from tracking.video.orientation import UPRIGHT, Image, Orientation, fitted
from tracking.video.packet_times import NO_TIMESTAMPS, PacketTimes, shows_in_order_of_times
from tracking.video.packets import whole_packets
from tracking.video.source import ClosingSource, VideoError, VideoInfo, bytes_of, nothing_within

log = logging.getLogger(__name__)

END_TOLERANCE_S = 1.0
"""A file whose last picture is over so long before its stated end is cut off."""
SKIM_S = 1.0
"""A seek no farther ahead than this decodes on; jumping would often go back to the same key frame."""
Decoded = tuple[float, Any]
"""Presentation time in seconds and a decoded picture."""


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
        self._is_url = is_address(self._spec)
        self._span = span
        self._ended_early = False
        self._axis: PacketTimes | None = None  # of the whole file, once it has been read through
        self._counted: bool | None = None
        self._index = 0
        self._last_s: float | None = None
        self._orientation = UPRIGHT
        self._tone_map: ToneMap | None = None
        self._to_rgb = VideoReformatter()
        self._decoded: Iterator[Decoded] = iter(())
        self._open()
        try:
            self._start()
        except BaseException:
            self.close()
            raise

    @property
    def ended_early(self) -> bool:
        """True when the file was read to its end and its end is missing."""
        return self._ended_early

    def __iter__(self) -> Iterator[Frame]:
        """The frames from the present place on."""
        while (decoded := next(self._decoded, None)) is not None:
            time_s, picture = decoded
            if self._span.is_over(time_s):
                self._decoded = iter(())
                return
            self._last_s = time_s
            frame = Frame(self._index_of(time_s), time_s, self._upright(picture))
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
        for found_s, picture in frames:
            if found_s >= target:
                self._decoded = chain([(found_s, picture)], frames)
                self._index = bisect.bisect_left(self.frame_times(), found_s - SAME_TIME_S)
                self._last_s = None
                return
        self._decoded = iter(())
        self._last_s = None

    def frame_times(self) -> tuple[float, ...]:
        """All presentation times in seconds, ascending, by reading the file without decoding (kept)."""
        if self._info.is_live:
            raise VideoError(f"{self._name} is live; its times are not known in advance.")
        return tuple(self._whole_axis().times)

    def close(self) -> None:
        """Give the file back; closing twice is fine."""
        self._decoded = iter(())
        self._container.close()

    # -- opening ---------------------------------------------------------------------------------

    @property
    def _name(self) -> str:
        return redacted(self._spec) if self._is_url else Path(self._spec).name

    def _open(self) -> None:
        """(Re)open the file at its beginning."""
        self._container = open_container(self._spec)
        self._stream = self._pick_stream()
        self._stream_index = self._stream.index
        self._is_live = self._is_url and _duration_s(self._stream, self._container) is None
        if self._counted is None:
            self._look_for_times()
        self._stream.thread_type = "AUTO"
        self._decoded = self._decode(self._new_times())

    def _look_for_times(self) -> None:
        """Learn whether the container says when pictures are shown; then open it again."""
        self._counted = False
        if not self._is_url:
            self._counted = not shows_in_order_of_times(self._container, self._stream)
            self._container.close()
            self._container = open_container(self._spec)
            self._stream = self._container.streams[self._stream_index]

    @property
    def _rate(self) -> Fraction | None:
        """Pictures a second: the codec's word where the container has no times for them."""
        stream = self._stream
        stated = (stream.average_rate, stream.guessed_rate)
        rates = (stream.codec_context.framerate, *reversed(stated)) if self._counted else stated
        return next((Fraction(rate) for rate in rates if rate), None)

    def _new_times(self) -> PacketTimes:
        """The axis for reading from the beginning, as far as it is read."""
        step_s = float(1 / (self._rate or Fraction(30)))
        return PacketTimes(self._stream.time_base, counted=bool(self._counted), step_s=step_s)

    def _known_times(self) -> PacketTimes:
        """The axis for reading from anywhere in a file that has been read through."""
        times = self._new_times()
        times.times = self._whole_axis().times
        return times

    def _whole_axis(self) -> PacketTimes:
        if self._axis is None:
            axis = self._new_times()
            with open_container(self._spec) as container, contextlib.suppress(av.FFmpegError):
                for packet in whole_packets(container, container.streams[self._stream_index]):
                    axis.add(packet)
            self._axis = axis
        return self._axis

    def _pick_stream(self) -> Any:
        """The video stream that a player shows: the default one, else the largest. Cover pictures are none."""
        cover, default = av.stream.Disposition.attached_pic, av.stream.Disposition.default
        streams = [stream for stream in self._container.streams.video if not stream.disposition & cover]
        known = [stream for stream in streams if stream.codec_context is not None]
        if not known:
            has_audio = bool(self._container.streams.audio)
            self._container.close()
            held = "pictures in an unknown format" if streams else "sound but no picture" if has_audio else "no picture"
            raise VideoError(f"{self._name} contains {held}; a video is needed.")
        best = max(known, key=lambda stream: (bool(stream.disposition & default), stream.width * stream.height))
        if len(streams) > 1:
            place, size = streams.index(best) + 1, f"{best.width}x{best.height}"
            self._notice(f"{self._name} contains {len(streams)} videos; number {place} ({size}) was used.")
        return best

    def _start(self) -> None:
        """Decode the first picture, learn from it, and go to the start that was asked for."""
        first = next(self._decoded, None)
        if first is None:
            raise VideoError(f"{self._name} has no frame that can be decoded.")
        self._decoded = chain([first], self._decoded)
        self._learn(*first)
        if self._span.start_s is not None and not self._info.is_live:
            self.seek(self._span.start_s)
        head = next(self._decoded, None)
        if head is None or self._span.is_over(head[0]):
            start_s, length_s = self._info.start_s, self._info.duration_s
            raise nothing_within(self._name, start_s, None if length_s is None else start_s + length_s)
        self._decoded = chain([head], self._decoded)

    def _learn(self, start_s: float, first: Any) -> None:
        matrix = first.side_data.get("DISPLAYMATRIX") if len(first.side_data) else None
        self._orientation = Orientation.from_display_matrix(bytes(matrix)) if matrix else UPRIGHT
        self._stored_wh = (first.width, first.height)
        stream, container = self._stream, self._container
        aspect = stream.sample_aspect_ratio or Fraction(1)
        if (name := HDR.get(first.color_trc)) is not None:
            self._tone_map = ToneMap(name)
            self._notice(f"{self._name} is HDR ({name}); its colours were converted for ordinary screens.")
        if container.format.flags & NO_TIMESTAMPS:
            rate = float(self._rate or 30)
            self._notice(
                f"{self._name} has no times; {rate:g} frames per second were assumed. The setting “Frame rate if "
                "unknown” changes that."
            )
        self._info = VideoInfo(
            name=self._name,
            path=None if self._is_url else Path(self._spec).absolute(),
            size_wh=self._orientation.upright_size(self._stored_wh),
            frame_count=None if self._counted else stream.frames or None,
            duration_s=_duration_s(stream, container),
            frame_rate=self._rate,
            rotation_deg=self._orientation.rotation_deg,
            mirrored=self._orientation.mirrored,
            has_audio=bool(container.streams.audio),
            codec=stream.codec.canonical_name,
            is_live=self._is_live,
            time_base=Fraction(stream.time_base),
            start_s=start_s,
            is_timed=not container.format.flags & NO_TIMESTAMPS,
            pixel_aspect=1 / aspect if self._orientation.transpose else Fraction(aspect),
            size_bytes=bytes_of(None if self._is_url else Path(self._spec)),
        )

    # -- decoding --------------------------------------------------------------------------------

    def _decode(self, times: PacketTimes, first: int = 0) -> Iterator[Decoded]:
        """Decoded pictures with rising times; what cannot be decoded is left out and noticed.

        first: number of the packet that decoding begins with.
        """
        damaged, last_s, end_s = 0, None, -math.inf
        times.begin_at(first)
        self._reading = times
        for packet in self._packets(times, first):
            try:
                frames = self._stream.codec_context.decode(packet)
            except av.FFmpegError as error:
                log.debug("%s: packet not decoded: %s", self._name, error)
                damaged += 1
                continue
            for frame in frames:
                time_s = self._time_of(frame, times, last_s)
                if time_s is None:
                    continue
                last_s = time_s
                end_s = max(end_s, last_s + float((frame.duration or 0) * self._stream.time_base))
                yield time_s, frame
        if damaged:
            self._notice(f"{self._name} is damaged: {damaged} of its packets could not be decoded.")
        if last_s is not None:
            self._check_end(last_s, end_s)

    def _packets(self, times: PacketTimes, first: int) -> Iterator[Any]:
        """Packets of the stream, then None to drain the decoder, also when the file ends in an error."""
        keep = self._axis is None and not self._is_live
        try:
            for number, packet in enumerate(whole_packets(self._container, self._stream)):
                times.add(packet, keep=keep)
                if times.jumped:
                    self._notice(f"{self._name} has times that jump back; what follows was placed after the rest.")
                if number >= first:
                    yield packet
        except av.FFmpegError as error:
            log.debug("%s: reading ended: %s", self._name, error)
            self._ended_early = True
        times.decoded_s = math.inf
        yield None

    def _index_of(self, time_s: float) -> int:
        """The place of the next frame in `frame_times()`, without reading a large file to its end beforehand.

        No picture is shown before its packet is decoded, so all packets of times up to the last decoding time are read.
        """
        if self._is_live:
            return self._index
        times = self._reading.times
        if self._axis is not None or (not self._counted and self._reading.decoded_s < time_s - SAME_TIME_S):
            times = self._whole_axis().times
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

    def _time_of(self, decoded: Any, times: PacketTimes, last_s: float | None) -> float | None:
        """Presentation time in seconds, after the last one; None for pictures that nobody knows the time of."""
        if self._counted:
            number = decoded.pts if decoded.pts is not None else decoded.dts or 0
            return times.picture_time(number, is_key=bool(decoded.key_frame))
        stamp = decoded.pts if decoded.pts is not None else decoded.dts
        base = decoded.time_base or self._stream.time_base
        if stamp is None:
            self._notice(f"{self._name} has frames without a time; the average rate was used for them.")
            return (last_s or 0.0) + float(1 / (self._rate or Fraction(30)))
        time_s = float(stamp * base.numerator / base.denominator)
        if last_s is not None and time_s <= last_s:
            self._notice(
                f"{self._name} has frames whose times run backwards; each was placed right after the one before it."
            )
            return last_s + 2 * SAME_TIME_S
        return time_s

    def _upright(self, decoded: Any) -> Image:
        size_wh = self._stored_wh
        if (decoded.width, decoded.height) != size_wh:
            self._notice(f"{self._name} changes its picture size; all frames were scaled to {size_wh[0]}x{size_wh[1]}.")
        rgb = self._tone_map(decoded) if self._tone_map else self._rgb_of(decoded)
        return np.ascontiguousarray(self._orientation.apply(fitted(rgb, size_wh)))

    def _rgb_of(self, decoded: Any) -> Image:
        # What the conversion needs is kept for all pictures, and needs no threads. A picture that sets up its own keeps
        # that and its threads until the garbage collector comes, if its side data was asked for.
        return np.asarray(self._to_rgb.reformat(decoded, format="rgb24", threads=1).to_ndarray(), np.uint8)

    def _from_key_frame(self, target_s: float) -> Iterator[Decoded]:
        """Pictures from a key frame at or before a time; farther back until it surely comes first.

        Pictures before the first key frame are left out: they may lean on others that were not decoded.
        """
        axis = self._whole_axis()
        if self._counted or axis.jumped:
            return self._from_packet(axis.key_before(target_s))
        for back_s in (0.0, 2.0, 10.0):
            offset = int((target_s - back_s) / self._stream.time_base)
            try:
                self._container.seek(offset, stream=self._stream)
            except (av.FFmpegError, OverflowError):
                break
            frames = self._decode(self._known_times())
            first = next((pair for pair in frames if pair[1].key_frame), None)
            if first is not None and first[0] <= target_s:
                return chain([first], frames)
        return self._from_packet(None)

    def _from_packet(self, key: tuple[int, float] | None) -> Iterator[Decoded]:
        """Pictures from a packet on, found by its number: for files in which times lead nowhere."""
        self._container.close()
        self._open()
        self._decoded = self._decode(self._known_times(), key[0] if key else 0)
        return self._decoded


def _duration_s(stream: Any, container: Any) -> float | None:
    if stream.duration:
        return float(stream.duration * stream.time_base)
    if not container.duration:
        return None
    begun = stream.start_time or 0 if container.format.name.startswith("matroska") else 0  # which states when it ends
    return float(Fraction(container.duration, av.time_base) - begun * stream.time_base)
