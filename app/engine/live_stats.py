"""What a live engine takes and tells: options, the newest view, and a snapshot of all figures."""

from dataclasses import dataclass, field

from app.engine.recorder import RecordingStats
from app.engine.state import CameraState, EngineState
from tracking.types import Frame, FrameResult, StageTimes
from tracking.video.source import VideoInfo

NO_TIME = StageTimes()


@dataclass(frozen=True, slots=True)
class LiveOptions:
    """Times of the live engine, in seconds.

    target_delay_s: capture-to-result delay above which work is shed. lost_after_s: silence after which the camera
    counts as lost. reopen_every_s: pause between two attempts to open it again. shed: whether work is shed at all.
    shed_after_s, give_back_after_s: how long the delay must be too long, or short enough, before something changes.
    """

    target_delay_s: float = 0.25
    lost_after_s: float = 1.5
    reopen_every_s: float = 0.5
    shed: bool = True
    shed_after_s: float = 1.5
    give_back_after_s: float = 5.0

    def __post_init__(self) -> None:
        times = (
            self.target_delay_s, self.lost_after_s, self.reopen_every_s, self.shed_after_s, self.give_back_after_s
        )  # fmt: skip
        if not all(0 < seconds < 3600 for seconds in times):
            raise ValueError("all times of the live engine must be above 0 and below an hour")


@dataclass(frozen=True, slots=True)
class LiveView:
    """What there is to show.

    frame: the newest captured frame. result, result_frame: the newest processed one (None before the first).
    overlay_age_s: how much older the result is than the frame. grabbed_s, result_grabbed_s: when the frame, and the
    frame of the result, reached the program (`time.monotonic`).
    """

    frame: Frame
    grabbed_s: float
    result: FrameResult | None = None
    result_frame: Frame | None = None
    result_grabbed_s: float | None = None
    overlay_age_s: float = 0.0


@dataclass(frozen=True, slots=True)
class LiveStats:
    """How a live run stands; see docs/engine.md. Rates and delays are of the last two seconds.

    delay_s, worst_delay_s: capture to screen of the picture. result_delay_s, worst_result_delay_s: capture to result.
    times: mean of each stage. dropped: frames by reason, since the start. shed: savings in force, in plain words.
    session: the session is being written. message: what went wrong with the session or the settings.
    """

    state: EngineState = EngineState.STOPPED
    error: str | None = None
    camera: CameraState = CameraState.OPENING
    banner: str | None = None
    message: str | None = None
    source: VideoInfo | None = None
    capture_fps: float = 0.0
    process_fps: float = 0.0
    display_fps: float = 0.0
    delay_s: float = 0.0
    worst_delay_s: float = 0.0
    result_delay_s: float = 0.0
    worst_result_delay_s: float = 0.0
    times: StageTimes = NO_TIME
    people: int = 0
    captured: int = 0
    processed: int = 0
    dropped: dict[str, int] = field(default_factory=dict)
    shed: tuple[str, ...] = ()
    device: str = ""
    memory_bytes: int = 0
    recording: RecordingStats | None = None
    elapsed_s: float = 0.0
