"""`LiveEngine`: camera to screen, newest frame first, in threads without Qt."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from app.engine.recorder import RecordingSettings, RecordingStats
from app.engine.shedding import ShedStep
from app.engine.state import CameraState, Drawer, EngineState, ProcessorBuilder
from tracking.session import Session
from tracking.types import Frame, FrameResult, StageTimes
from tracking.video.source import VideoInfo, VideoSource

S = TypeVar("S")
NO_TIME = StageTimes()


@dataclass(frozen=True, slots=True)
class LiveOptions:
    """Times of the live engine, in seconds.

    target_delay_s: capture-to-screen delay above which work is shed. lost_after_s: silence after which the camera
    counts as lost. reopen_every_s: pause between two attempts to open it again. shed: whether work is shed at all.
    """

    target_delay_s: float = 0.25
    lost_after_s: float = 1.5
    reopen_every_s: float = 0.5
    shed: bool = True


@dataclass(frozen=True, slots=True)
class LiveView:
    """What there is to show.

    frame: the newest captured frame. result, result_frame: the newest processed one (None before the first).
    overlay_age_s: how much older the result is than the frame.
    """

    frame: Frame
    result: FrameResult | None = None
    result_frame: Frame | None = None
    overlay_age_s: float = 0.0


@dataclass(frozen=True, slots=True)
class LiveStats:
    """How a live run stands; see docs/engine.md."""

    state: EngineState = EngineState.STOPPED
    error: str | None = None
    camera: CameraState = CameraState.OPENING
    banner: str | None = None
    source: VideoInfo | None = None
    capture_fps: float = 0.0
    process_fps: float = 0.0
    display_fps: float = 0.0
    delay_s: float = 0.0
    worst_delay_s: float = 0.0
    times: StageTimes = NO_TIME
    people: int = 0
    dropped: dict[str, int] = field(default_factory=dict)
    shed: tuple[str, ...] = ()
    device: str = ""
    memory_bytes: int = 0
    recording: RecordingStats | None = None
    elapsed_s: float = 0.0


class LiveEngine(Generic[S]):
    """Captures and processes a live source; the newest frame wins."""

    def __init__(
        self,
        open_source: Callable[[], VideoSource],
        build: ProcessorBuilder[S],
        settings: S,
        *,
        steps: Sequence[ShedStep[S]] = (),
        options: LiveOptions | None = None,
        session: Session | None = None,
    ) -> None:
        """`session`: every result goes into it as the run goes; it is closed (complete) by `stop()`."""
        raise NotImplementedError

    def start(self) -> None:
        """Starts the threads and returns at once."""
        raise NotImplementedError

    def stop(self, timeout_s: float = 2.0) -> bool:
        """Stops from any state; True when all threads have ended within the time."""
        raise NotImplementedError

    @property
    def state(self) -> EngineState:
        """Where it stands in its life."""
        raise NotImplementedError

    def apply(self, settings: S) -> None:
        """Uses these settings from the next frame on."""
        raise NotImplementedError

    def view(self) -> LiveView | None:
        """The newest picture; None before the first frame."""
        raise NotImplementedError

    def painted(self, view: LiveView) -> None:
        """Says that a view is on the screen now."""
        raise NotImplementedError

    def stats(self) -> LiveStats:
        """Frozen snapshot of all figures; cheap enough for twice a second."""
        raise NotImplementedError

    def start_recording(self, settings: RecordingSettings, draw: Drawer) -> None:
        """Starts to record; ValueError when a recording is running. UserError when the folder cannot be written."""
        raise NotImplementedError

    def stop_recording(self) -> RecordingStats | None:
        """Ends the recording; the files are finished in the background (`stats().recording.finished`)."""
        raise NotImplementedError

    def call(self, job: Callable[[Any], Any]) -> None:
        """Runs `job(processor)` once in the worker thread before the next frame."""
        raise NotImplementedError
