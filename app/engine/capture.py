"""`Capture`: reads a live source in a thread of its own, notices when it falls silent and opens it again."""

import logging
import threading
import time
from collections.abc import Callable

from app.engine.life_cycle import CameraState
from app.engine.live_options import LiveOptions
from app.engine.meter import Clock
from ppnet.errors import UserError, sentence_for
from tracking.types import Frame
from tracking.video.source import VideoInfo, VideoSource

log = logging.getLogger(__name__)


class Capture:
    """Frames of one live source with indices and times that rise over every gap.

    on_frame(frame, grabbed_s) is called in the capture thread; so is on_end(error): with a sentence when the source
    could not be opened in the first place, with None when a source that is no camera came to its end.
    The thread is a daemon, since the read of a camera can hang; it holds no writer.
    """

    def __init__(
        self,
        open_source: Callable[[], VideoSource],
        options: LiveOptions,
        *,
        on_frame: Callable[[Frame, float], None],
        on_end: Callable[[str | None], None],
        clock: Clock = time.monotonic,
    ) -> None:
        self._open_source = open_source
        self._options = options
        self._on_frame = on_frame
        self._on_end = on_end
        self._clock = clock
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._info: VideoInfo | None = None
        self._state = CameraState.OPENING
        self.losses = 0
        """How often the source fell silent or could not be read any more."""
        self._newest_at: float | None = None
        self._started = self._clock()
        self._next_index = 0
        self._last_time_s = -1.0
        self.thread = threading.Thread(target=self._run, name="capture", daemon=True)

    def start(self) -> None:
        """Starts to read."""
        self._started = self._clock()
        self.thread.start()

    def stop(self) -> None:
        """Asks the thread to end; it closes the source itself."""
        self._stop.set()

    @property
    def info(self) -> VideoInfo | None:
        """Facts of the source; None until it is open."""
        with self._lock:
            return self._info

    @property
    def state(self) -> CameraState:
        """Whether pictures come: LOST as soon as it has been silent for `lost_after_s`."""
        with self._lock:
            silent_s = 0.0 if self._newest_at is None else self._clock() - self._newest_at
            if self._state is CameraState.LIVE and silent_s > self._options.lost_after_s:
                self._lose()
            return self._state

    def _lose(self) -> None:
        if self._state is not CameraState.LOST:
            self._state = CameraState.LOST
            self.losses += 1

    def _run(self) -> None:
        try:
            self._read_until_stopped()
        except UserError as error:
            self._end(str(error))
        except Exception as error:  # top level of a thread: the engine says it
            log.exception("reading the source")
            self._end(sentence_for(error, f"The source failed ({error})."))

    def _end(self, error: str | None) -> None:
        if not self._stop.is_set():
            self._on_end(error)

    def _read_until_stopped(self) -> None:
        was_open = False
        while not self._stop.is_set():
            try:
                with self._open_source() as source:
                    was_open = True
                    self._read(source)
                if not source.info.is_live:
                    return self._end(None)
            except UserError as error:
                if not was_open:
                    raise
                log.info("the source is gone: %s", error)
            with self._lock:
                self._lose()
            self._stop.wait(self._options.reopen_every_s)
        return None

    def _read(self, source: VideoSource) -> None:
        with self._lock:
            self._info = source.info
        offset_s: float | None = None
        for frame in source:
            if self._stop.is_set():
                return
            now = self._clock()
            if offset_s is None:  # the source's own clock, set so that the run starts at 0 and goes on after a gap
                offset_s = now - self._started - frame.time_s
            with self._lock:
                self._state, self._newest_at = CameraState.LIVE, now
            time_s = max(frame.time_s + offset_s, self._last_time_s + 1e-6)
            self._on_frame(Frame(self._next_index, time_s, frame.image), now)
            self._next_index += 1
            self._last_time_s = time_s
