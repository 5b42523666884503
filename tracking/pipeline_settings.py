"""Settings of `Pipeline`: how often the detector looks, who is followed, and those of tracker and smoothing."""

from dataclasses import dataclass, field

from tracking.checked_settings import Count, Seconds, Settings, setting
from tracking.focus_person import PersonAt
from tracking.smoothing.settings import SmoothingSettings
from tracking.tracker.settings import TrackerSettings


@dataclass(frozen=True)
class PipelineSettings(Settings):
    """The part of a run's settings that may change between two frames without loading anything.

    The detector looks at more frames than these while nobody is known, and once more when somebody is new or was just
    lost.
    """

    detect_every: Count = setting(
        3, "Look for people every", "look for people only every N frames; in between, boxes follow the joints; "
        "higher: faster, but new people are found later", option="--detect-every", unit="frames", example="N",
    )  # fmt: skip
    detect_interval_s: Seconds | None = setting(
        None, "Detection interval in seconds", "when given, look for people every so many seconds instead", unit="s",
    )  # fmt: skip
    skip_still: bool = setting(
        False, "Read still people in every second frame", "read people who hold still in every second frame; "
        "in between, their joints are predicted: faster, a little less exact", option="--skip-still",
    )  # fmt: skip
    only: PersonAt | None = setting(
        None, "One person", "follow only the person who is at this place (pixels) at that time (seconds; the start "
        "if left out)", option="--only", example="X,Y[@S]",
    )  # fmt: skip
    smoothing: SmoothingSettings = field(default_factory=SmoothingSettings)
    tracker: TrackerSettings = field(default_factory=TrackerSettings)
