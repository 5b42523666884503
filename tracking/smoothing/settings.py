"""Settings of all smoothers, and what the one slider means for each."""

import math
from dataclasses import dataclass, replace

from ppnet.errors import UserError

JERK_PER_ACCELERATION = 30.0  # 1 / s
# Where the shipped network's joints, shown or left out, are right most often (assets/weights/README.md).
MIN_SCORE = 0.4

SMOOTHERS = {
    "kalman": "Kalman filter: little lag, fills short gaps, throws out wild answers",
    "rts": "Rauch-Tung-Striebel: for files; uses the frames after as well, no lag",
    "one_euro": "1-euro filter: simple, adapts to speed",
    "off": "the network's joints as they are",
}


@dataclass(frozen=True)
class SmoothingSettings:
    """How joints are steadied. Lengths are fractions of the person's longest box side, so near and far people
    look equally calm.

    kind: one of `SMOOTHERS`.
    strength: 0 to 100. Kalman and RTS: spectral density of a joint's acceleration, `agility`, falls tenfold
        every 25 points. 1-euro: lowest cut-off frequency, `cutoff_hz`, falls tenfold every 50 points.
        Raised: calmer joints, and more lag (not with RTS).
    min_score: keypoints below count as not seen. Raised: fewer wrong joints, more gaps.
    max_gap_s: unseen joints are carried on for so long. Raised: longer gaps are filled, with wilder guesses.
    gate: how many standard deviations from the expected place a joint may be found. Raised: more outliers
        get through (they weigh less the further off they are); lowered: fast motion is taken for an outlier.
    distrust_s: after so long a joint that keeps being found elsewhere is followed, gliding. Raised: longer
        mistakes of the network are bridged, and true jumps followed later.
    use_acceleration: constant acceleration instead of constant velocity: follows curves with less lag, overshoots.
    undo_swaps: put left and right back where the network has exchanged them and the motion makes it certain.
    """

    kind: str = "kalman"
    strength: float = 50.0
    min_score: float = MIN_SCORE
    max_gap_s: float = 0.5
    gate: float = 8.0
    distrust_s: float = 0.1
    use_acceleration: bool = False
    undo_swaps: bool = True

    def __post_init__(self) -> None:
        if self.kind not in SMOOTHERS:
            raise UserError(f"There is no smoothing {self.kind}: choose one of {', '.join(SMOOTHERS)}.")
        if not 0 <= self.strength <= 100:
            raise UserError(f"The strength of smoothing goes from 0 to 100, not {self.strength}.")
        if not 0 <= self.min_score <= 1:
            raise UserError(f"The confidence limit of joints lies between 0 and 1, not {self.min_score}.")
        for name in ("max_gap_s", "distrust_s"):
            if not 0 <= getattr(self, name) < math.inf:
                raise UserError(f"The smoothing's {name} must be 0 or more seconds, not {getattr(self, name)}.")
        if not self.gate > 0:
            raise UserError(f"The smoothing's gate must be above 0, not {self.gate}.")

    def named(self, kind: str) -> "SmoothingSettings":
        """The same settings for another smoother."""
        return replace(self, kind=kind)

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
