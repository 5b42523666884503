"""`Recorder`: annotated and raw video files written in threads of their own."""

from dataclasses import dataclass
from pathlib import Path

from app.engine.state import Drawer
from tracking.types import Frame, FrameResult


@dataclass(frozen=True, slots=True)
class RecordingSettings:
    """What to record: `<stem>_annotated.mp4` and `<stem>_raw.mp4` in `folder`; nothing is overwritten."""

    folder: Path
    stem: str
    annotated: bool = True
    raw: bool = False
    queue_frames: int = 32
    min_free_bytes: int = 200_000_000


@dataclass(frozen=True, slots=True)
class RecordingStats:
    """State of a recording, also of one that is over.

    files: all files so far, finished or not. frames and dropped: by kind, "annotated" and "raw".
    free_bytes: room left on the disk. message: why it stopped by itself (disk full), or None.
    finished: every file is closed and playable.
    """

    files: tuple[Path, ...] = ()
    elapsed_s: float = 0.0
    bytes_written: int = 0
    free_bytes: int = 0
    frames: tuple[tuple[str, int], ...] = ()
    dropped: tuple[tuple[str, int], ...] = ()
    message: str | None = None
    finished: bool = False


class Recorder:
    """Writes one run of frames; a new Recorder for every part."""

    def __init__(self, settings: RecordingSettings, draw: Drawer, *, frame_rate: float | None = None) -> None:
        raise NotImplementedError

    def put_raw(self, frame: Frame) -> None:
        """Takes a captured frame; never blocks."""
        raise NotImplementedError

    def put_annotated(self, frame: Frame, result: FrameResult) -> None:
        """Takes a processed frame; never blocks."""
        raise NotImplementedError

    def stop(self) -> None:
        """No more frames; what is queued is written and the files are finished in the background."""
        raise NotImplementedError

    def wait(self, timeout_s: float | None = None) -> bool:
        """Waits until the files are finished; True when they are."""
        raise NotImplementedError

    def stats(self) -> RecordingStats:
        """How it stands."""
        raise NotImplementedError
