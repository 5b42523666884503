"""`Player`: the playback clock of a file, with exact seek, apart from the tracking."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tracking.types import Frame
from tracking.video.file import VideoFile


@dataclass(frozen=True, slots=True)
class PlayerPosition:
    """Where playback stands: the frame given last, and what the clock does."""

    frame_index: int = 0
    time_s: float = 0.0
    frame_count: int = 0
    duration_s: float = 0.0
    is_playing: bool = False
    speed: float = 1.0
    at_end: bool = False
    is_seeking: bool = False
    error: str | None = None


class Player:
    """Plays a file at its own speed; frames are picked up with `due()`."""

    def __init__(self, open_file: Callable[[], VideoFile], *, cache_bytes: int = 256_000_000) -> None:
        """Opens the file in its own thread and makes the first frame due."""
        raise NotImplementedError

    @property
    def times(self) -> npt.NDArray[np.float64]:
        """(F,) presentation time of every frame in seconds; empty until the file is open."""
        raise NotImplementedError

    def play(self) -> None:
        """Starts the clock; at the end it starts again from the first frame."""
        raise NotImplementedError

    def pause(self) -> None:
        """Stops the clock; the picture stays."""
        raise NotImplementedError

    def toggle(self) -> None:
        """`play` or `pause`."""
        raise NotImplementedError

    def step(self, frames: int) -> None:
        """Pauses and goes `frames` on (or back, when negative) from where the last request leads."""
        raise NotImplementedError

    def seek(self, time_s: float) -> None:
        """Goes to the frame shown at that time; the newest request wins."""
        raise NotImplementedError

    def seek_frame(self, frame_index: int) -> None:
        """Goes to exactly that frame."""
        raise NotImplementedError

    def set_speed(self, speed: float) -> None:
        """0.25 to 4; the position does not jump."""
        raise NotImplementedError

    def due(self) -> Frame | None:
        """The newest frame that is due and was not given before, or None."""
        raise NotImplementedError

    def position(self) -> PlayerPosition:
        """Where it stands."""
        raise NotImplementedError

    def close(self, timeout_s: float = 2.0) -> bool:
        """Ends the thread; True when it has ended."""
        raise NotImplementedError
