"""`RunStatus`: how a run stands, the same for files and cameras; `Notice`: what its user must hear."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from app.engine.life_cycle import CameraState, EngineState
from app.engine.recorder import RecordingStats
from ppnet.errors import UserError, sentence_for
from tracking.types import StageTimes
from tracking.video.source import VideoInfo

REFUSED = "refused-"


@dataclass(frozen=True, slots=True)
class Notice:
    """One sentence for the user.

    id: the same as long as it is about the same matter, so that it is told once and stays away once closed.
    """

    id: str
    words: str
    kind: Literal["info", "warning", "error"] = "warning"

    @property
    def is_refusal(self) -> bool:
        """Whether it says that settings could not be had."""
        return self.id.startswith(REFUSED)


class ToldNotices:
    """What the user has heard of a run so far: each matter is told once, and taken back when it is over."""

    def __init__(self) -> None:
        self._told: dict[str, Notice] = {}
        self._holding: set[str] = set()

    def changes(self, notices: Sequence[Notice]) -> tuple[list[Notice], list[Notice]]:
        """Of what holds now: what was not told before; and what was told and does not hold any more."""
        fresh = [notice for notice in notices if notice.id not in self._told]
        self._told.update((notice.id, notice) for notice in fresh)
        holding = {notice.id for notice in notices}
        gone = [self._told[name] for name in sorted(self._holding - holding)]
        self._holding = holding
        return fresh, gone


@dataclass(frozen=True, slots=True)
class RunStatus:
    """A snapshot; rates and times are of the last few seconds, None means unknown or that there is no such thing.

    settings: those in use, or to be used from the next frame on; never those that were refused.
    notices: what holds at the moment, oldest first. device: what really computes.
    capture_fps, process_fps, display_fps: frames a second read, tracked and shown.
    delay_s: median from the camera to the screen. times: mean of each stage. people: in the newest frame.
    dropped: frames left out, by reason, since the start. shed: savings in force, in words.
    done, total: frames tracked, and how many there will be. tracked_parts_s: from when to when each part that is lasts.
    complete: all of a file is tracked. moment_s: `time.monotonic` of the snapshot.
    """

    is_live: bool = False
    state: EngineState = EngineState.STOPPED
    camera: CameraState = CameraState.LIVE
    settings: Any = None
    notices: tuple[Notice, ...] = ()
    source: VideoInfo | None = None
    device: str = ""
    capture_fps: float = 0.0
    process_fps: float = 0.0
    display_fps: float = 0.0
    delay_s: float | None = None
    times: StageTimes = field(default_factory=StageTimes)
    people: int = 0
    dropped: Mapping[str, int] = field(default_factory=dict)
    shed: tuple[str, ...] = ()
    memory_bytes: int = 0
    done: int = 0
    total: int | None = None
    tracked_parts_s: tuple[tuple[float, float], ...] = ()
    eta_s: float | None = None
    complete: bool = False
    recording: RecordingStats | None = None
    moment_s: float = 0.0


def error_notice(error: BaseException | str) -> Notice:
    """Why a run has stopped."""
    if isinstance(error, str | UserError):
        return Notice("error", str(error), "error")
    words = sentence_for(error, f"Something went wrong while tracking ({type(error).__name__}: {error}).")
    return Notice("error", words, "error")


def refused_notice(number: int, error: BaseException) -> Notice:
    """The `number`th settings of a run could not be had."""
    return Notice(f"{REFUSED}{number}", f"{error} The settings stay as they were.", "warning")


def told_notices(sentences: Iterable[str]) -> tuple[Notice, ...]:
    """What a video source or a pipeline says in its `notices`: each sentence is a matter of its own."""
    return tuple(Notice(f"notice: {words}", words) for words in sentences)
