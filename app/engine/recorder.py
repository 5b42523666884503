"""`Recorder`: annotated and raw video files written in threads of their own, each behind a bounded queue."""

import logging
import shutil
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from app.engine.frame_queue import FrameQueue
from app.engine.life_cycle import ended_within
from ppnet.errors import UserError, sentence_for
from tracking.drawing.annotated_video import AnnotatedVideo
from tracking.drawing.style import SceneStyle
from tracking.types import Frame, FrameResult, TrackState
from tracking.video.source import VideoInfo
from tracking.video.writer import partial_path

log = logging.getLogger(__name__)

CHECK_DISK_EVERY_S = 0.5
Style = Callable[[], SceneStyle]
VideoMaker = Callable[[Path, VideoInfo, Style], AnnotatedVideo]


@dataclass(frozen=True, slots=True)
class RecordingSettings:
    """What to record: `<stem>_annotated.mp4` and `<stem>_raw.mp4` in `folder`; nothing is overwritten.

    queue_frames, queue_bytes: of pictures that wait for each encoder, and of those that wait for their result.
    """

    folder: Path
    stem: str
    annotated: bool = True
    raw: bool = False
    queue_frames: int = 32
    queue_bytes: int = 256 * 2**20
    min_free_bytes: int = 200_000_000

    def __post_init__(self) -> None:
        if not (self.annotated or self.raw):
            raise ValueError("annotated, raw, or both must be recorded")
        if self.queue_frames < 1:
            raise ValueError("queue_frames must be at least 1")


@dataclass(frozen=True, slots=True)
class RecordingStats:
    """State of a recording, also of one that is over.

    files: all files so far, finished or not. frames and dropped: by kind, "annotated" and "raw".
    free_bytes: room left on the disk. message: why it stopped by itself (disk full), or None.
    goes_on: more pictures are taken. finished: every file is closed and playable.
    """

    files: tuple[Path, ...] = ()
    elapsed_s: float = 0.0
    bytes_written: int = 0
    free_bytes: int = 0
    frames: tuple[tuple[str, int], ...] = ()
    dropped: tuple[tuple[str, int], ...] = ()
    message: str | None = None
    goes_on: bool = False
    finished: bool = False


class Recorder:
    """Records what it is given until `stop`. After `interrupt` it goes on in new files.

    The annotated video has every captured picture: those without a result of their own hold the one before, and the
    boxes of people are dashed there. `put_*` never block: a full queue drops the frame and counts it. When the disk
    runs full the files are closed safely and `stats().message` says so. The threads hold writers, so they are no
    daemons: a program that ends waits for them.
    """

    def __init__(
        self,
        settings: RecordingSettings,
        style: Style,
        *,
        frame_rate: float | None = None,
        make_video: VideoMaker | None = None,
        newest: FrameResult | None = None,
    ) -> None:
        """style(): how the picture looks now; the raw one has no layers, but whoever is hidden is hidden there too.
        newest: the result that the first pictures hold until theirs is there.

        UserError when the folder cannot be written.
        """
        _check_folder(settings)
        self._settings = settings
        self._style = style
        self._started = time.monotonic()
        self._stopped_at: float | None = None
        self._lock = threading.Lock()
        self._newest = newest
        self._waiting: deque[Frame] = deque()  # captured, and no result of the same or a later picture is there yet
        self._waiting_bytes = 0
        self._newest_written = -1  # index of the newest frame that the annotated lane was given
        make = make_video or AnnotatedVideo
        rate = None if frame_rate is None else Fraction(frame_rate).limit_denominator(1001)
        styles: dict[str, Style] = {}
        if settings.annotated:
            styles["annotated"] = style
        if settings.raw:
            styles["raw"] = lambda: replace(style(), layers=style().layers.bare())
        self._lanes = {kind: _Lane(kind, settings, how, rate, make) for kind, how in styles.items()}

    def put_captured(self, frame: Frame) -> None:
        """Takes a captured frame, for the raw video and, with the result before it held, for the annotated one."""
        if self._stopped_at is not None:
            return
        if "raw" in self._lanes:
            self._lanes["raw"].put(frame, None)
        if "annotated" in self._lanes:
            with self._lock:
                self._waiting.append(frame)
                self._waiting_bytes += frame.image.nbytes
                while len(self._waiting) > 1 and self._waits_too_much:
                    self._put_held(self._next_waiting())

    def put_processed(self, frame: Frame, result: FrameResult) -> None:
        """Takes a processed frame with its result. It is drawn in the recorder's thread."""
        if "annotated" in self._lanes and self._stopped_at is None:
            with self._lock:
                self._flush(frame.index)
                if frame.index > self._newest_written:  # else it could not wait for its result
                    self._annotate(frame, result)
                self._newest = result

    @property
    def _waits_too_much(self) -> bool:
        most = self._settings
        return len(self._waiting) > most.queue_frames or self._waiting_bytes > most.queue_bytes

    def _next_waiting(self) -> Frame:
        frame = self._waiting.popleft()
        self._waiting_bytes -= frame.image.nbytes
        return frame

    def _flush(self, before: int = sys.maxsize) -> None:
        """Writes the frames that no result will come for: those captured before the one of that index."""
        while self._waiting and self._waiting[0].index <= before:
            waited = self._next_waiting()
            if waited.index < before:
                self._put_held(waited)

    def _put_held(self, frame: Frame) -> None:
        if not self._style().layers.blur_faces:  # blocks that lag would show faces
            self._annotate(frame, None if self._newest is None else held(self._newest))

    def _annotate(self, frame: Frame, result: FrameResult | None) -> None:
        self._lanes["annotated"].put(frame, result)
        self._newest_written = frame.index

    def interrupt(self) -> None:
        """Closes the files safely; the next frame begins new ones (the camera was away)."""
        with self._lock:
            self._flush()
        for lane in self._lanes.values():
            lane.cut()

    def stop(self) -> None:
        """No more frames; what is queued is written and the files are finished in the background."""
        if self._stopped_at is None:
            self._stopped_at = time.monotonic()
            with self._lock:
                self._flush()
            for lane in self._lanes.values():
                lane.end()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Waits until the files are finished; True when they are."""
        return ended_within((lane.thread for lane in self._lanes.values()), timeout_s)

    def stats(self) -> RecordingStats:
        """Its state."""
        lanes = self._lanes.values()
        files = tuple(file for lane in lanes for file in lane.files)
        end = time.monotonic() if self._stopped_at is None else self._stopped_at
        return RecordingStats(
            files=files,
            elapsed_s=end - self._started,
            bytes_written=sum(_size(file) for file in files),
            free_bytes=_free(self._settings.folder),
            frames=tuple((lane.kind, lane.frames) for lane in lanes),
            dropped=tuple((lane.kind, lane.dropped) for lane in lanes),
            message=next((lane.message for lane in lanes if lane.message), None),
            goes_on=self._stopped_at is None and any(lane.message is None for lane in lanes),
            finished=not any(lane.thread.is_alive() for lane in lanes),
        )


def held(result: FrameResult) -> FrameResult:
    """The result as it is shown over later pictures: its people are where they were last seen."""
    states = np.full_like(result.tracks.states, TrackState.PREDICTED)
    return replace(result, tracks=replace(result.tracks, states=states))


class _Lane:
    """One kind of file: queue, thread and writer."""

    def __init__(
        self, kind: str, settings: RecordingSettings, style: Style, frame_rate: Fraction | None, make_video: VideoMaker
    ) -> None:
        self.kind = kind
        self.frames = 0
        self.dropped = 0
        self.message: str | None = None
        self.files: tuple[Path, ...] = ()
        self._settings = settings
        self._style = style
        self._frame_rate = frame_rate
        self._make_video = make_video
        self._queue: FrameQueue[tuple[Frame, FrameResult | None] | None] = FrameQueue(  # None: a new file begins
            settings.queue_frames, settings.queue_bytes
        )
        self._video: AnnotatedVideo | None = None
        self._size_wh = (0, 0)
        self._checked_at = -1e9
        self.thread = threading.Thread(target=self._run, name=f"record-{kind}")
        self.thread.start()

    def put(self, frame: Frame, result: FrameResult | None) -> None:
        if self.message is not None:
            return
        if not self._queue.offer((frame, result), frame.image.nbytes):
            self.dropped += 1

    def cut(self) -> None:
        """What comes next goes into a new file."""
        self._queue.put(None, 0)

    def end(self) -> None:
        """Nothing more will come."""
        self._queue.close()

    def _run(self) -> None:
        for item in self._queue:
            if self.message is not None:
                continue
            try:
                if item is None:
                    self._close()
                else:
                    self._write(*item)
            except UserError as error:
                self._give_up(str(error))
            except Exception as error:  # top level of a thread: nothing may be lost unsaid
                log.exception("recording %s", self.kind)
                self._give_up(sentence_for(error, f"The recording stopped because of an error ({error})."))
        try:
            self._close()
        except UserError as error:
            self._give_up(str(error))
        except Exception as error:
            log.exception("finishing %s", self.kind)
            self._give_up(sentence_for(error, f"The recording could not be finished ({error})."))

    def _write(self, frame: Frame, result: FrameResult | None) -> None:
        if self._video is not None and frame.size_wh != self._size_wh:
            self._close()
        self._check_disk()
        if self._video is None:
            path = _new_path(self._settings, self.kind)
            info = VideoInfo(path.name, None, frame.size_wh, frame_rate=self._frame_rate, is_live=True)
            self._video, self._size_wh = self._make_video(path, info, self._style), frame.size_wh
            self.files = (*self.files, path)
        self._video.write(frame, result)
        self.frames += 1

    def _check_disk(self) -> None:
        now = time.monotonic()
        if now - self._checked_at < CHECK_DISK_EVERY_S:
            return
        self._checked_at = now
        free = _free(self._settings.folder)
        if free < self._settings.min_free_bytes:
            raise UserError(
                f"Only {free / 1e6:.0f} MB are left on the disk of {self._settings.folder}; the recording was stopped."
            )

    def _close(self) -> None:
        video, self._video = self._video, None
        if video is not None:
            video.close()

    def _give_up(self, message: str) -> None:
        self.message = message
        try:
            self._close()
        except Exception:
            log.exception("closing %s; its pieces stay in the partial file", self.kind)


def _check_folder(settings: RecordingSettings) -> None:
    try:
        settings.folder.mkdir(parents=True, exist_ok=True)
        probe = _new_path(settings, "probe")
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise UserError(
            f"Recordings can't be saved in {settings.folder} ({error.strerror}); choose another folder."
        ) from error


def _new_path(settings: RecordingSettings, kind: str) -> Path:
    """The first free name: `walk_annotated.mp4`, then `walk_2_annotated.mp4` and so on."""
    number = 1
    while True:
        part = "" if number == 1 else f"_{number}"
        path = settings.folder / f"{settings.stem}{part}_{kind}.mp4"
        if not any(other.exists() for other in (path, partial_path(path))):
            return path
        number += 1


def _size(path: Path) -> int:
    for file in (path, partial_path(path)):
        try:
            return file.stat().st_size
        except OSError:
            continue
    return 0


def _free(folder: Path) -> int:
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return 0
