"""Settings of all smoothers, and what the one slider means for each."""

from dataclasses import dataclass, replace
from typing import Annotated

from msgspec import Meta

from tracking.checked_settings import Seconds, Settings, Share, setting

JERK_PER_ACCELERATION = 30.0  # 1 / s

SMOOTHERS = {
    "kalman": "Kalman filter: little lag, fills short gaps, rejects outliers",
    "rts": "Rauch-Tung-Striebel: for files; uses later frames as well, no lag",
    "one_euro": "1-euro filter: simple, adapts to speed",
    "off": "Off: the network's joints as they are",
}


@dataclass(frozen=True)
class SmoothingSettings(Settings):
    """How joints are smoothed. Lengths are fractions of the person's longest box side, so near and far people
    look equally calm.

    strength: for Kalman and RTS the spectral density of a joint's acceleration, `agility`, falls tenfold every 25
    points; for 1-euro the lowest cut-off frequency, `cutoff_hz`, falls tenfold every 50 points.
    """

    kind: str = setting("kalman", "Smoothing method", "how joints are smoothed", option="--smooth", choices=SMOOTHERS)
    strength: Annotated[float, Meta(ge=0, le=100)] = setting(
        50.0, "Smoothing", "how strongly joints are smoothed; higher: steadier joints, more lag (not with rts)",
        option="--strength",
    )  # fmt: skip
    # The default is where the shipped network's joints, shown or left out, are right most often.
    min_score: Share = setting(
        0.4, "Minimum confidence", "joints below this confidence are missing; higher: fewer wrong joints, more "
        "gaps", option="--min-conf",
    )  # fmt: skip
    max_gap_s: Seconds = setting(
        0.5, "Longest gap", "how long unseen joints are predicted; higher: longer gaps are filled, less "
        "accurately", unit="s",
    )  # fmt: skip
    gate: Annotated[float, Meta(ge=0.1)] = setting(
        8.0, "Outlier gate", "how far from its expected place a joint may be found; higher: more outliers get "
        "through (they weigh less the further off they are); lower: fast motion is taken for an outlier",
        unit="standard deviations",
    )  # fmt: skip
    distrust_s: Seconds = setting(
        0.1, "Distrust time", "how long a joint must keep being found elsewhere before it glides there; higher: "
        "longer mistakes of the network are bridged, and true jumps are followed later", unit="s",
    )  # fmt: skip
    use_acceleration: bool = setting(
        False, "Constant acceleration", "assume constant acceleration instead of constant velocity: follows curves "
        "with less lag, but overshoots",
    )  # fmt: skip
    undo_swaps: bool = setting(
        True, "Undo swapped sides", "put left and right back where the network swapped them, judged by how the "
        "joints move and how sure it was (kalman and rts only)",
    )  # fmt: skip

    def named(self, kind: str) -> "SmoothingSettings":
        """The same settings for another smoother."""
        return replace(self, kind=kind)

    @property
    def looks_ahead(self) -> bool:
        """Whether it needs the frames after as well: made of the whole track, when a run is over."""
        return self.kind == "rts"

    @property
    def agility(self) -> float:
        """Spectral density of a joint's acceleration, sides^2 / s^3: 1000 at strength 0, 10 at 50, 0.1 at 100."""
        return float(10 ** (3 - 4 * self.strength / 100))

    @property
    def density(self) -> float:
        """What drives the filter's model, sides^2: of acceleration, or of jerk for constant acceleration.

        One integration more: the jerk that moves a joint at the filter's bandwidth, about 30 / s, as freely.
        """
        return self.agility * (JERK_PER_ACCELERATION**2 if self.use_acceleration else 1.0)

    @property
    def state_size(self) -> int:
        """Length of a joint's state: position, velocity, and acceleration if that is used."""
        return 3 if self.use_acceleration else 2

    @property
    def cutoff_hz(self) -> float:
        """Lowest cut-off frequency of the 1-euro filter: 10 Hz at strength 0, 1 Hz at 50, 0.1 Hz at 100."""
        return float(10 ** (1 - 2 * self.strength / 100))
