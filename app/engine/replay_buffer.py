"""`ReplayBuffer`: the last seconds of a live source, to be looked at again and saved after the fact."""

import queue
import threading
from bisect import bisect_right
from collections import deque
from contextlib import suppress
from dataclasses import dataclass

import cv2
import numpy as np

from app.engine.recorder import held
from tracking.types import Frame, FrameResult

KEPT_S = 30.0
MOST_BYTES = 400_000_000
QUALITY = 92  # of JPEG: a second of 720p takes about 6 MB
WAIT_S = 0.5


@dataclass(frozen=True, slots=True)
class Moment:
    """A captured picture, packed, and what is known of it: its own result or, where it was not read, the one before."""

    index: int
    time_s: float
    packed: bytes
    result: FrameResult | None
    is_own: bool

    def frame(self) -> Frame:
        """The picture, unpacked."""
        image = cv2.imdecode(np.frombuffer(self.packed, np.uint8), cv2.IMREAD_COLOR)
        return Frame(self.index, self.time_s, np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8))


class ReplayBuffer:
    """Takes frames and results as they come, from any thread, and never blocks: a frame that comes while another is
    being packed and one waits is left out. Keeps `KEPT_S` seconds, and no more than `MOST_BYTES`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queue: queue.Queue[Frame] = queue.Queue(1)
        self._pictures: deque[tuple[int, float, bytes]] = deque()
        self._results: deque[FrameResult] = deque()
        self._bytes = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._pack, name="replay buffer", daemon=True)

    def start(self) -> None:
        """Begins to keep."""
        self._thread.start()

    def stop(self, timeout_s: float = 1.0) -> bool:
        """Keeps no more; what is kept stays. True when the thread has ended."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def put(self, frame: Frame) -> None:
        """A frame was captured."""
        with suppress(queue.Full):
            self._queue.put_nowait(frame)

    def put_result(self, result: FrameResult) -> None:
        """A frame was read."""
        with self._lock:
            self._results.append(result)
            while self._results[0].time_s < result.time_s - KEPT_S:
                self._results.popleft()

    def moments(self, last_s: float = KEPT_S, *, own_only: bool = False) -> list[Moment]:
        """The last so many seconds, oldest first. own_only: only pictures that were read themselves."""
        with self._lock:
            pictures, results = list(self._pictures), list(self._results)
        since_s = pictures[-1][1] - last_s if pictures else 0.0
        found = (_moment(picture, results) for picture in pictures if picture[1] >= since_s)
        return [moment for moment in found if moment.is_own or not own_only]

    def ago(self, seconds: float, *, own_only: bool = False) -> Moment | None:
        """What was captured so long before the newest picture; the oldest there is where so much is not kept yet."""
        with self._lock:
            pictures, results = list(self._pictures), list(self._results)
        if not pictures:
            return None
        at = max(bisect_right(pictures, pictures[-1][1] - seconds + 1e-6, key=lambda picture: picture[1]) - 1, 0)
        for picture in reversed(pictures[: at + 1]):
            moment = _moment(picture, results)
            if moment.is_own or not own_only:
                return moment
        return None

    def _pack(self) -> None:
        while not self._stop.is_set():
            try:
                frame = self._queue.get(timeout=WAIT_S)
            except queue.Empty:
                continue
            written, packed = cv2.imencode(
                ".jpg", cv2.cvtColor(frame.image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, QUALITY]
            )
            if written:
                self._keep(frame, packed.tobytes())

    def _keep(self, frame: Frame, packed: bytes) -> None:
        with self._lock:
            self._pictures.append((frame.index, frame.time_s, packed))
            self._bytes += len(packed)
            while self._pictures[0][1] < frame.time_s - KEPT_S or self._bytes > MOST_BYTES:
                self._bytes -= len(self._pictures.popleft()[2])


def _moment(picture: tuple[int, float, bytes], results: list[FrameResult]) -> Moment:
    index, time_s, packed = picture
    at = bisect_right(results, index, key=lambda result: result.frame_index) - 1
    if at < 0:
        return Moment(index, time_s, packed, None, False)
    is_own = results[at].frame_index == index
    return Moment(index, time_s, packed, results[at] if is_own else held(results[at]), is_own)
