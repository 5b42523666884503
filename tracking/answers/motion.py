"""`Motion`: one person's joints over time, as all answers are read from it."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ppnet.skeleton import Skeleton
from tracking.angles import angle
from tracking.session.person_tracks import PersonTrack

Floats = npt.NDArray[np.float64]

GAP_S = 0.2
"""Shorter gaps are bridged by a straight line; at longer ones a movement ends."""
LEAST_S = 0.4
"""Shorter stretches say nothing."""


@dataclass(frozen=True, eq=False)
class Motion:
    """Joints of `person` at `times` (F,) seconds: points (F, K, 2) pixels, NaN where one is not known."""

    person: int
    times: Floats
    points: Floats
    skeleton: Skeleton

    @classmethod
    def of(cls, person: int, track: PersonTrack, skeleton: Skeleton) -> "Motion":
        """What a session holds of somebody, in all frames of the track."""
        return cls(person, track.times, track.spread(track.known).astype(np.float64), skeleton)

    def joint(self, name: str) -> Floats:
        """(F, 2) pixels; NaN throughout where the skeleton has no such joint."""
        if name not in self.skeleton.keypoints:
            return np.full((len(self.times), 2), np.nan)
        return self.points[:, self.skeleton.index(name)]

    def middle(self, name: str) -> Floats:
        """(F, 2) the middle of the left and the right joint of that name; of one alone where the other is missing."""
        left, right = self.joint(f"left_{name}"), self.joint(f"right_{name}")
        both = (left + right) / 2
        return np.where(np.isfinite(both), both, np.where(np.isfinite(left), left, right))

    def angle(self, name: str) -> Floats:
        """(F,) degrees of one of `tracking.angles.ANGLES`."""
        return angle(name, self.points, self.skeleton)

    @property
    def leg_px(self) -> float:
        """Length of a leg in pixels, the measure of all thresholds: median of thigh plus shank, the longer side, as a
        limb that is turned away from the picture looks shorter than it is. NaN where legs are never seen."""
        lengths = []
        for side in ("left", "right"):
            hip, knee, ankle = (self.joint(f"{side}_{name}") for name in ("hip", "knee", "ankle"))
            lengths.append(np.hypot(*(hip - knee).T) + np.hypot(*(knee - ankle).T))
        longer = np.fmax(*lengths)
        return float(np.nanmedian(longer)) if np.isfinite(longer).any() else float("nan")


def stretches(times: Floats, values: Floats) -> Iterator[tuple[slice, Floats]]:
    """The parts of a curve (F,) known without longer gaps than `GAP_S`, those bridged: where, and the curve."""
    known = np.flatnonzero(np.isfinite(values))
    if not len(known):
        return
    breaks = np.flatnonzero((np.diff(times[known]) > GAP_S) & (np.diff(known) > 1))
    for part in np.split(known, breaks + 1):
        where = slice(int(part[0]), int(part[-1]) + 1)
        if times[part[-1]] - times[part[0]] >= LEAST_S:
            yield where, np.interp(times[where], times[part], values[part])
