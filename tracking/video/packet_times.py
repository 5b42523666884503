"""One rising time axis for the packets of a video stream, whatever the container makes of time."""

import bisect
import math
from itertools import pairwise
from typing import Any

import av

from tracking.time_span import SAME_TIME_S

WITHOUT_PRESENTATION_TIMES = frozenset({"avi", "asf"})
"""Containers that hold decoding times only; presentation times that FFmpeg states for them are guesses."""
NO_TIMESTAMPS = 0x80  # AVFMT_NOTIMESTAMPS: a raw stream, which holds no times at all
MOST_REORDERED = 16
"""No codec shows a picture more than this many places away from where it is stored."""
HEAD_PACKETS = 48


def shows_in_order_of_times(container: Any, stream: Any) -> bool:
    """Whether the presentation times of a stream say when its pictures are shown. Reads the head of the container.

    Some files state decoding times in their place. Then the times rise from packet to packet although the codec shows
    pictures in another order, and those of decoded pictures run backwards.
    """
    if container.format.name in WITHOUT_PRESENTATION_TIMES or container.format.flags & NO_TIMESTAMPS:
        return False
    if not getattr(stream.codec_context, "has_b_frames", False):
        return True
    packets: list[Any] = []
    for packet in container.demux(stream):
        if not packet.size or len(packets) == HEAD_PACKETS:
            break
        if packets and packet.pts is not None and packets[-1].pts is not None and packet.pts < packets[-1].pts:
            return True
        packets.append(packet)
    return _decoded_in_order(stream, packets)


def _decoded_in_order(stream: Any, packets: list[Any]) -> bool:
    shown: list[int] = []
    for packet in (*packets, None):
        try:
            shown += [frame.pts for frame in stream.codec_context.decode(packet) if frame.pts is not None]
        except av.FFmpegError:
            continue
    return all(before < after for before, after in pairwise(shown))


class PacketTimes:
    """Gives every packet of a stream, in the order of the file, a place on one rising time axis.

    Times that jump back (joined recordings) go on where they were. With counted=True (no presentation times) the k-th
    picture shown gets the k-th time stored, and packets carry their number through the decoder.

    times: of the packets so far, seconds, ascending. keys: number and time of each packet that decoding can begin at.
    jumped: whether times jumped back.
    """

    def __init__(self, time_base: Any, *, counted: bool, step_s: float) -> None:
        """step_s: from picture to picture, on average."""
        self.times: list[float] = []
        self.keys: list[tuple[int, float]] = []
        self.jumped = False
        self.decoded_s = -math.inf
        """Decoding time of the last packet: all packets shown up to then have been read."""
        self.counted = counted
        self._time_base = time_base
        self._step_s = step_s
        self._offset = 0
        self._last_dts: int | None = None
        self._last_step = 1
        self._number = -1
        self._place = 0
        self._places_known = True
        self._keys_shown = 0
        self._shown: list[int] = []

    def add(self, packet: Any, *, keep: bool = True) -> None:
        """Bring the stamps of a packet onto the axis. keep: in `times` and `keys` too."""
        self._number += 1
        self._join(packet)
        time_s = self._counted_time(packet) if self.counted else self._shown_time(packet)
        if packet.dts is not None:
            self.decoded_s = self.seconds(packet.dts)
        if keep and time_s is not None:
            bisect.insort(self.times, time_s)
            if packet.is_keyframe:
                self.keys.append((self._number, time_s))
        if self.counted:
            packet.pts = packet.dts = self._number

    def seconds(self, stamp: int) -> float:
        """A time stamp as seconds."""
        return float(stamp * self._time_base.numerator / self._time_base.denominator)

    def key_before(self, time_s: float) -> tuple[int, float] | None:
        """Number and time of a packet from which decoding leads to the picture shown at a time."""
        if self.counted:  # places are sure from the second key picture on (see `picture_time`)
            wanted = bisect.bisect_left(self.times, time_s) - MOST_REORDERED
            return self.keys[max(0, bisect.bisect_right(self.keys, (wanted, math.inf)) - 2)] if self.keys else None
        return max((key for key in self.keys if key[1] <= time_s), default=None, key=lambda key: key[0])

    def begin_at(self, number: int) -> None:
        """Decoding begins with the packet of that number."""
        self._places_known = number == 0

    def picture_time(self, number: int, *, is_key: bool) -> float | None:
        """With counted=True: when the next picture out of the decoder is shown; number: of its packet.

        Everything stored before a key picture is shown before it, and so is what the decoder gave before it of what is
        stored after it. That sets its place again, so that pictures which were lost move none behind them. None
        while the place is not known, at the beginning of decoding in the middle.
        """
        if is_key and (self._places_known or self._keys_shown):
            ahead = sum(other > number for other in self._shown)
            self._place = max(self._place, number + ahead)
            self._places_known = True
        self._keys_shown += is_key
        self._shown = [*self._shown[-MOST_REORDERED:], number]
        if not self._places_known:
            return None
        self._place += 1
        return self.times[min(self._place - 1, len(self.times) - 1)]

    def _join(self, packet: Any) -> None:
        """Let times that jump back go on where they were."""
        if packet.dts is None:
            if self._offset and packet.pts is not None:
                packet.pts += self._offset
            return
        dts = packet.dts + self._offset
        if self._last_dts is not None and self.seconds(self._last_dts - dts) > MOST_REORDERED * self._step_s:
            self.jumped = True
            self._offset += self._last_dts + self._last_step - dts
            dts = packet.dts + self._offset
        if self._last_dts is not None and dts > self._last_dts:
            self._last_step = packet.duration or dts - self._last_dts
        self._last_dts = dts if self._last_dts is None else max(dts, self._last_dts)
        if self._offset:
            packet.dts = dts
            packet.pts = None if packet.pts is None else packet.pts + self._offset

    def _shown_time(self, packet: Any) -> float | None:
        stamp = packet.pts if packet.pts is not None else packet.dts
        return None if stamp is None or packet.is_discard else self.seconds(stamp)

    def _counted_time(self, packet: Any) -> float:
        if packet.dts is None:
            return self._number * self._step_s
        return max(self.seconds(packet.dts), self.times[-1] + 2 * SAME_TIME_S if self.times else -math.inf)
