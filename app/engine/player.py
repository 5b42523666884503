"""`Player`: the playback clock of a file, with exact seek, apart from the tracking."""

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.engine.frame_cache import FrameCache
from app.engine.waiting_thread import WaitingThread
from ppnet.errors import UserError, sentence_for
from tracking.time_span import ALL_TIME, SAME_TIME_S, TimeSpan
from tracking.types import Frame
from tracking.video.source import SeekableSource

log = logging.getLogger(__name__)

SPEEDS = (0.05, 4.0)
SHUTTLE = (1.0, 2.0, 4.0)
"""Speeds that J and L go through, backwards and forwards."""
AHEAD_FRAMES = 6
"""Frames decoded beyond the one that is due."""
BACK_FRAMES = 12
"""A step back decodes so many frames before the one asked for, so that the next steps back are at once."""
SKIM_FRAMES = 24
"""A request no farther ahead is reached by decoding on."""
MAX_LAG_S = 0.3
"""When decoding falls behind by more, the clock waits for it: playback slows down instead of jumping."""


@dataclass(frozen=True, slots=True)
class PlayerPosition:
    """Where playback stands: the frame that is due, and what the clock does.

    last_s: when the last frame begins. speed: negative while it plays backwards. asked: how many times somebody has
    gone elsewhere so far. error: why nothing can be played, or None.
    """

    frame_index: int = 0
    time_s: float = 0.0
    frame_count: int = 0
    duration_s: float = 0.0
    last_s: float = 0.0
    is_playing: bool = False
    speed: float = 1.0
    asked: int = 0
    error: str | None = None


class Player(WaitingThread):
    """Plays a file at its own speed; frames are picked up with `due()`. Methods never wait for the decoder.

    A thread (`decode`, a daemon: it holds no writer) keeps frames around the due one in a cache.
    """

    def __init__(self, open_file: Callable[[], SeekableSource], *, cache_bytes: int = 256_000_000) -> None:
        """Opens the file in its own thread and makes the first frame due."""
        super().__init__("decode")
        self._open_file = open_file
        self._cache = FrameCache(cache_bytes)
        self._times: npt.NDArray[np.float64] = np.zeros(0)
        self._end_s = 0.0
        self._error: str | None = None
        self._playing = False
        self._speed = 1.0  # as chosen
        self._rate = 1.0  # of the clock now: `_speed`, or that of the shuttle, negative backwards
        self._loop = ALL_TIME
        self._reached: Callable[[int], int] | None = None  # the frame that playing from another one waits behind
        self._asked = 0
        self._still_index = 0  # where the clock stands while paused, and where it started while playing
        self._media_s, self._wall_s = 0.0, 0.0  # this media time was due at this moment of the clock
        self._asked_s: float | None = None  # a time asked for before the file was open
        self._given: int | None = None
        self._thread.start()

    # What the window does

    @property
    def times(self) -> npt.NDArray[np.float64]:
        """(F,) presentation time of every frame in seconds; empty until the file is open."""
        with self._condition:
            return self._times

    @property
    def end_s(self) -> float:
        """When the last frame has been shown, seconds; 0 until the file is open."""
        with self._condition:
            return self._end_s

    def play(self) -> None:
        """Starts the clock; at the end (or the out point) it starts again from the first frame (or the in point)."""
        with self._condition:
            self._reached = None
            if not self._playing:
                if len(self._times) and self._still_index >= self._last_index():
                    self._stand_at(self._first_index())
                self._run_clock(self._speed)

    def play_behind(self, reached: Callable[[int], int]) -> None:
        """Plays from a frame at most as far as `reached(frame)`. `play`, `pause`, a step or a seek frees it."""
        with self._condition:
            self.play()
            self._reached = reached

    def pause(self) -> None:
        """Stops the clock; the picture stays."""
        with self._condition:
            self._reached = None
            if self._playing:
                self._stand_at(self._due_index(), redraw=False)

    def toggle(self) -> None:
        """`play` or `pause`."""
        with self._condition:
            if self._playing:
                self.pause()
            else:
                self.play()

    def shuttle(self, direction: int) -> None:
        """Plays forwards (1) or backwards (-1), faster each time it is called again: 1, 2, 4 times."""
        with self._condition:
            self._reached = None
            now = self._rate * direction if self._playing else 0.0
            faster = next((speed for speed in SHUTTLE if speed > max(now, 0)), SHUTTLE[-1])
            if self._playing:
                self._stand_at(self._due_index(), redraw=False)
            self._run_clock(direction * faster)

    def set_loop(self, span: TimeSpan) -> None:
        """Playing goes to the end of the span and begins again at its start; there is no loop without limits."""
        with self._condition:
            self._loop = span

    def step(self, frames: int) -> None:
        """Pauses and goes `frames` on (or back, when negative) from where the last request leads."""
        with self._condition:
            self._stand_at(self._due_index() + frames)
            self._free()

    def seek(self, time_s: float) -> None:
        """Goes to the frame shown at that time, and plays on if it was playing; the newest request wins."""
        with self._condition:
            self._free()
            if not len(self._times):
                self._asked_s = time_s
            self._go_to(self._index_at(time_s))

    def seek_frame(self, frame_index: int) -> None:
        """Goes to exactly that frame, and plays on if it was playing."""
        with self._condition:
            self._free()
            self._asked_s = None
            self._go_to(frame_index)

    def set_speed(self, speed: float) -> None:
        """0.05 to 4 (others are brought there); the position does not jump."""
        with self._condition:
            self._media_s, self._wall_s = self._media_now(), time.monotonic()
            self._speed = min(SPEEDS[1], max(SPEEDS[0], speed))
            self._rate = -self._speed if self._rate < 0 else self._speed
            self._condition.notify_all()

    def due(self) -> Frame | None:
        """The newest frame that is due and was not given before, or None."""
        with self._condition:
            index = self._due_index()
            frame = self._cache.get(index)
            if frame is None and self._playing:  # decoding is behind: the nearest there is, but never back again
                frame = self._nearest(index)
            if frame is None or frame.index == self._given:
                return None
            self._given = frame.index
            return frame

    def position(self) -> PlayerPosition:
        """Where it stands."""
        with self._condition:
            count, index = len(self._times), self._due_index()
            return PlayerPosition(
                frame_index=index,
                time_s=float(self._times[index]) if count else 0.0,
                frame_count=count,
                duration_s=self._end_s,
                last_s=self._time_of(count - 1),
                is_playing=self._playing,
                speed=self._rate,
                asked=self._asked,
                error=self._error,
            )

    # The clock (all under the lock)

    def _free(self) -> None:
        """Somebody has gone elsewhere: playing waits for nothing."""
        self._reached = None
        self._asked += 1

    def _nearest(self, due: int) -> Frame | None:
        """The frame nearest to the due one among those between the last one given and it."""
        if self._rate < 0:
            highest = self._still_index if self._given is None else min(self._still_index, self._given - 1)
            return self._cache.oldest(due, highest)
        lowest = self._still_index if self._given is None else max(self._still_index, self._given + 1)
        return self._cache.newest(lowest, due)

    def _media_now(self) -> float:
        if not self._playing:
            return self._time_of(self._still_index)
        return self._media_s + (time.monotonic() - self._wall_s) * self._rate

    def _due_index(self) -> int:
        """Index of the frame that is due; brings the clock to a halt at the end, or back to the in point."""
        if not self._playing or not len(self._times):
            return self._still_index
        now_s = self._media_now()
        if self._rate < 0:
            index = max(0, min(self._still_index, self._index_at(now_s)))
            first = self._first_index() if self._still_index >= self._first_index() else 0
            if now_s <= float(self._times[first]):
                self._stand_at(first, redraw=False)
            return max(index, first)
        last = self._last_index() if self._still_index <= self._last_index() else len(self._times) - 1
        index = min(last, max(self._still_index, self._index_at(now_s)))
        if self._reached is not None and index > (reached := max(self._reached(self._still_index), self._still_index)):
            self._set_clock(reached)
            return reached
        if now_s >= self._end_of_frame(last):
            if not self._loop.is_unlimited and last == self._last_index():
                self._go_to(self._first_index())
                return self._still_index
            self._stand_at(index, redraw=False)
        return index

    def _first_index(self) -> int:
        """The first frame at or after the in point."""
        return min(self._loop.indices(self._times).start, max(len(self._times) - 1, 0))

    def _last_index(self) -> int:
        """The last frame before the out point."""
        return max(self._loop.indices(self._times).stop - 1, 0)

    def _end_of_frame(self, index: int) -> float:
        return float(self._times[index + 1]) if index + 1 < len(self._times) else self._end_s

    def _time_of(self, index: int) -> float:
        return float(self._times[index]) if len(self._times) else 0.0

    def _index_at(self, time_s: float) -> int:
        """The frame that is on at a time; -1 before the first."""
        return int(np.searchsorted(self._times, time_s + SAME_TIME_S, side="right")) - 1

    def _run_clock(self, rate: float, *, playing: bool = True) -> None:
        self._rate, self._playing = rate, playing
        self._set_clock(self._still_index)
        self._condition.notify_all()

    def _set_clock(self, index: int) -> None:
        """The frame begins now: from its beginning forwards, from its end backwards."""
        media_s = self._end_of_frame(index) if self._rate < 0 and len(self._times) else self._time_of(index)
        self._media_s, self._wall_s = media_s, time.monotonic()

    def _go_to(self, index: int) -> None:
        playing, rate = self._playing, self._rate
        self._stand_at(index)
        self._run_clock(rate, playing=playing)

    def _stand_at(self, index: int, *, redraw: bool = True) -> None:
        """Halts at a frame; `redraw` gives it again even if it was the last one given."""
        self._playing, self._rate = False, self._speed
        last = len(self._times) - 1 if len(self._times) else index  # before the file is open any index may be right
        self._still_index = min(max(0, index), max(0, last))
        if redraw:
            self._given = None
        self._condition.notify_all()

    # The decoder's thread

    def _run(self) -> None:
        try:
            with self._open_file() as source:
                with self._condition:
                    self._times = np.array(source.frame_times(), np.float64)
                    self._end_s = _end_of(self._times)
                    if not len(self._times):
                        raise UserError(f"{source.info.name} has no frames.")
                    self._go_to(self._still_index if self._asked_s is None else self._index_at(self._asked_s))
                _Decoder(source, self._times).follow(self._wanted, self._decoded, self._ended)
        except UserError as error:
            self._error = str(error)
        except Exception as error:  # top level of a thread: the window says it
            log.exception("playing")
            self._error = sentence_for(error, f"The file cannot be played ({error}).")

    def _wanted(self) -> int | None:
        """Waits until a frame is wanted that is not in the cache; None when the player is closed."""
        with self._condition:
            while not self._is_closed:
                due = self._due_index()
                if self._rate < 0:
                    behind = min(BACK_FRAMES, self._cache.room // 2)
                    missing = self._cache.last_missing(max(due - behind, 0), due)
                else:
                    ahead = min(AHEAD_FRAMES, self._cache.room - 1)
                    missing = self._cache.first_missing(due, min(due + ahead, len(self._times) - 1))
                if missing is not None:
                    return missing
                self._condition.wait(0.01 if self._playing else 1.0)
            return None

    def _hold_clock(self, reached: int, due: int, *, wanted: int) -> None:
        """Lets the clock wait for the decoder when that is too far behind (and not on its way from elsewhere)."""
        if self._rate < 0:  # a piece of film comes in upwards and is shown downwards, once it is there
            if due < wanted <= self._still_index:
                self._set_clock(wanted if self._given is None else min(wanted, max(self._given - 1, 0)))
            return
        lag_s = self._media_now() - self._time_of(reached)
        if self._still_index <= reached < due and lag_s > MAX_LAG_S * self._rate:
            self._set_clock(reached)

    def _decoded(self, frame: Frame, wanted: int) -> bool:
        """Takes a frame in; False when something else is wanted by now."""
        with self._condition:
            self._cache.put(frame, near=self._due_index())
            if frame.index > wanted:  # pictures of a folder that cannot be read are stepped over
                self._cache.put(Frame(wanted, self._time_of(wanted), frame.image), near=self._due_index())
            if self._playing:
                self._hold_clock(frame.index, self._due_index(), wanted=wanted)
            due = self._due_index()
            before = SKIM_FRAMES * SHUTTLE[-1] if self._rate < 0 else BACK_FRAMES
            return not self._is_closed and wanted - before <= due <= wanted + SKIM_FRAMES

    def _ended(self, count: int) -> None:
        """The file promises more frames than can be decoded: it ends here."""
        with self._condition:
            self._times = self._times[:count]
            if not count:
                raise UserError("The file has no frame that can be decoded.")
            self._end_s = _end_of(self._times)
            if self._still_index >= count:
                self._go_to(count - 1)


class _Decoder:
    """The one reader of the source: goes to what is wanted by the shorter way."""

    def __init__(self, source: SeekableSource, times: npt.NDArray[np.float64]) -> None:
        self._source = source
        self._times = times
        self._frames: Iterator[Frame] = iter(source)
        self._next = 0

    def follow(
        self,
        next_wanted: Callable[[], int | None],
        decoded: Callable[[Frame, int], bool],
        ended: Callable[[int], None],
    ) -> None:
        """Decodes what is wanted until nothing is."""
        reached: int | None = None
        while (wanted := next_wanted()) is not None:
            if not self._next <= wanted <= self._next + SKIM_FRAMES:
                back = BACK_FRAMES if reached is not None and wanted < reached <= wanted + 2 * BACK_FRAMES else 0
                self._seek(max(0, wanted - back))
            reached = self._decode_to(wanted, decoded)
            if reached is None:
                ended(self._next)

    def _seek(self, index: int) -> None:
        self._source.seek(float(self._times[index]))
        self._frames = iter(self._source)
        self._next = index

    def _decode_to(self, wanted: int, decoded: Callable[[Frame, int], bool]) -> int | None:
        """Index of the last frame decoded; None when the file ended before the wanted one."""
        for frame in self._frames:
            self._next = frame.index + 1
            if not decoded(frame, wanted) or frame.index >= wanted:
                return frame.index
        return None


def _end_of(times: npt.NDArray[np.float64]) -> float:
    """When the last frame has been shown as long as frames of this file are."""
    if not len(times):
        return 0.0
    return float(times[-1] + (np.median(np.diff(times)) if len(times) > 1 else 1 / 30))
