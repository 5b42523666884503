"""What a live engine takes and shows: its options and the newest view."""

from dataclasses import dataclass

from tracking.types import Frame, FrameResult


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
    overlay_age_s: how much older the result is than the frame. grabbed_s: when the frame reached the program
    (`time.monotonic`).
    """

    frame: Frame
    grabbed_s: float
    result: FrameResult | None = None
    result_frame: Frame | None = None
    overlay_age_s: float = 0.0
