"""Stand-ins for cameras and networks: real threads and real time, but scripted."""

import itertools
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import numpy as np

from tests.results import made_result
from tracking.types import Frame, FrameResult
from tracking.video.source import CameraError, ClosingSource, VideoInfo

PATIENCE_S = 300.0
"""What is waited for has not happened after so long: far longer than anything takes on a busy computer, where a process
that imports everything was seen to take 80 seconds and more."""


def picture(index: int, size_wh: tuple[int, int] = (64, 48)) -> np.ndarray:
    """(H, W, 3) uint8: grey that tells the index (modulo 256)."""
    return np.full((size_wh[1], size_wh[0], 3), index % 256, np.uint8)


class FakeClock:
    """Seconds that go by only when somebody says so: however busy the computer is, everything takes the same time."""

    def __init__(self) -> None:
        self._now_s = 1000.0
        self._lock = threading.Lock()

    def __call__(self) -> float:
        return self._now_s

    def advance(self, seconds: float) -> None:
        with self._lock:
            self._now_s += seconds


class SteadyClock:
    """The computer's own seconds without its hiccups: from one look to the next it goes on by `MOST_S` at most."""

    MOST_S = 0.03

    def __init__(self) -> None:
        self._now_s, self._seen_s = 1000.0, time.monotonic()
        self._lock = threading.Lock()

    def __call__(self) -> float:
        with self._lock:
            seen_s = time.monotonic()
            self._now_s += min(seen_s - self._seen_s, self.MOST_S)
            self._seen_s = seen_s
            return self._now_s


class FakeCameraPort:
    """A port that a camera is plugged into and pulled out of; `open` opens what is there.

    `pull(silent=True)`: the camera stops without an error, its read hangs (`hangs`) until it is plugged in again or
    closed. With a `FakeClock` each picture makes time go on by its share of a second, or else (`network_is_clock`) the
    work of a network does: see `work`.
    """

    def __init__(
        self,
        *,
        fps: float = 100.0,
        size_wh: tuple[int, int] = (64, 48),
        make: Callable = picture,
        clock: FakeClock | None = None,
        network_is_clock: bool = False,
    ) -> None:
        self.fps, self.size_wh, self.make = fps, size_wh, make
        self.now: Callable[[], float] = time.monotonic if clock is None else clock
        self._clock, self._network_is_clock = clock, network_is_clock
        self.plugged = threading.Event()
        self.plugged.set()
        self.hangs = threading.Event()
        self.silent = False
        self.opened = 0
        self.open_now = 0
        self.grabbed = 0

    def pull(self, *, silent: bool = False) -> None:
        self.silent = silent
        self.hangs.clear()
        self.plugged.clear()

    def plug(self) -> None:
        self.plugged.set()

    def open(self) -> "FakeCamera":
        if not self.plugged.is_set():
            raise CameraError("There is no camera 0; plug it in.")
        self.opened += 1
        return FakeCamera(self)

    def grab(self) -> np.ndarray:
        """The next picture."""
        if self._clock is not None and not self._network_is_clock:
            self._clock.advance(1 / self.fps)
        self.grabbed += 1
        return self.make(self.grabbed - 1, self.size_wh)

    def work(self, seconds: float) -> None:
        """In the network's thread: so long it takes to read a picture. It ends when the camera does."""
        if self._clock is None:
            time.sleep(seconds)
            return
        end_s, grabbed = self.now() + seconds, self.grabbed
        if self._network_is_clock:
            self._clock.advance(seconds)
            grabbed += 2  # two more: the first has been handed over, and the next one to be read is a fresh one
        while self.open_now and self.plugged.is_set() and (self.now() < end_s or self.grabbed < grabbed):
            time.sleep(0.001)


class FakeCamera(ClosingSource):
    """Pictures at a steady rate; its own clock starts somewhere else than the program's, as real ones do."""

    def __init__(self, port: FakeCameraPort) -> None:
        self._port = port
        port.open_now += 1
        self._is_open = True
        self._info = VideoInfo(
            "fake camera", None, port.size_wh, frame_rate=Fraction(port.fps).limit_denominator(1001), is_live=True
        )

    def __iter__(self) -> Iterator[Frame]:
        for index in itertools.count():
            time.sleep(1 / self._port.fps)
            while not self._port.plugged.is_set():
                if not self._port.silent:
                    raise CameraError("The camera was unplugged.")
                self._port.hangs.set()
                time.sleep(0.01)
            image = self._port.grab()
            yield Frame(index, 5000.0 + self._port.now(), image)

    def close(self) -> None:
        if self._is_open:
            self._is_open = False
            self._port.open_now -= 1


class FakeFile(ClosingSource):
    """`count` pictures with the times of 30 a second; `fails_at` raises there."""

    notices: tuple[str, ...] = ()

    def __init__(self, count: int, *, fails_at: int | None = None, size_wh: tuple[int, int] = (64, 48)) -> None:
        self._info = VideoInfo("fake.mp4", None, size_wh, count, count / 30, Fraction(30))
        self._count, self._fails_at, self._next = count, fails_at, 0
        self.closed = False

    def seek(self, time_s: float) -> None:
        self._next = min(self._count, max(0, int(np.ceil(time_s * 30 - 1e-4))))

    def frame_times(self) -> tuple[float, ...]:
        return tuple(index / 30 for index in range(self._count))

    def __iter__(self) -> Iterator[Frame]:
        while self._next < self._count:
            if self._next == self._fails_at:
                raise OSError("the disk went away")
            index = self._next
            self._next += 1
            yield Frame(index, index / 30, picture(index, self.info.size_wh))

    def close(self) -> None:
        self.closed = True


@dataclass(frozen=True)
class FakeSettings:
    """Settings of a stand-in network: how long it takes, how many people it sees."""

    seconds: float = 0.0
    people: int = 1
    flip: bool = True
    fails_at: int | None = None
    cannot: bool = False


@dataclass
class FakeProcessor:
    """A network that takes its time and sees `people` people; records what it saw and in which thread, and how many
    pictures the camera had sent since, whenever it began."""

    settings: FakeSettings
    port: "FakeCameraPort | None" = None
    behind: list[int] = field(default_factory=list)
    device_name: str = "stand-in"
    seen: list[int] = field(default_factory=list)
    threads: set[str] = field(default_factory=set)
    closed_in: str | None = None

    def process(self, frame: Frame) -> FrameResult:
        if self.port is not None:
            self.behind.append(self.port.grabbed - 1 - frame.index)
            self.port.work(self.settings.seconds)
        else:
            time.sleep(self.settings.seconds)
        if self.settings.fails_at is not None and frame.index >= self.settings.fails_at:
            raise RuntimeError("the network broke")
        self.seen.append(frame.index)
        self.threads.add(threading.current_thread().name)
        return made_result(frame.index, range(1, self.settings.people + 1), time_s=frame.time_s)

    def expect(self, frame: Frame) -> None:
        pass

    def reset(self) -> None:
        pass

    def close(self) -> None:
        self.closed_in = threading.current_thread().name


def wait_for(condition: Callable[[], object], timeout_s: float = PATIENCE_S) -> None:
    """Until the condition holds; fails after the time."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.005)


def children_of(process_id: int) -> int:
    """How many processes that one has begun and not ended; by `ps` where no /proc tells it for less."""
    told = list(Path("/proc").glob("[0-9]*/stat"))
    if told:
        return sum(_parent_of(stat) == process_id for stat in told)
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(process_id)], capture_output=True, text=True)
    return len(listed.stdout.split())


def _parent_of(stat: Path) -> int | None:
    with suppress(OSError):  # it has ended meanwhile
        return int(stat.read_text(errors="replace").rpartition(")")[2].split()[1])
    return None
