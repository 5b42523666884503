"""What is known of one person over time: the curves of their joints and angles."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from tracking.angles import angle
from tracking.drawings import measured, places
from tracking.session.edits import SetDrawing
from tracking.types import FrameResult

Floats = npt.NDArray[np.float64]


@dataclass
class PersonHistory:
    """One person's joints, frame by frame; a frame without them is a gap, and nothing is kept before they appear."""

    person: int
    times: list[float] = field(default_factory=list)
    raw: list[npt.NDArray[np.float32]] = field(default_factory=list)
    smoothed: list[npt.NDArray[np.float32]] = field(default_factory=list)

    def add(self, result: FrameResult) -> None:
        """Takes this person's row of the next frame."""
        rows = np.flatnonzero(result.tracks.ids == self.person)
        if rows.size == 0 and not self.times:
            return
        gap = np.full((result.smoothed.scores.shape[1], 2), np.nan, np.float32)
        self.raw.append(result.raw.keypoints[rows[0]] if rows.size else gap)
        self.smoothed.append(result.smoothed.keypoints[rows[0]] if rows.size else gap)
        self.times.append(result.time_s)

    def copy(self) -> "PersonHistory":
        """As it is now, in order of time; what is added later does not change it."""
        order = np.argsort(self.times, kind="stable").tolist()
        return PersonHistory(
            self.person,
            [self.times[i] for i in order],
            [self.raw[i] for i in order],
            [self.smoothed[i] for i in order],
        )

    def curve(self, quantity: str, joint: int, *, raw: bool) -> tuple[Floats, Floats]:
        """Times in seconds and values: pixels (x, y), pixels a second (speed), or degrees (a name of `ANGLES`)."""
        times = np.array(self.times)
        points = np.array(self.raw if raw else self.smoothed, np.float64)
        if len(times) == 0:
            return times, times
        if quantity == "x":
            return times, points[:, joint, 0]
        if quantity == "y":
            return times, points[:, joint, 1]
        if quantity == "speed":
            return times, speed(times, points[:, joint])
        return times, angle(quantity, points)

    def measured(self, drawing: SetDrawing, *, raw: bool) -> tuple[Floats, Floats]:
        """Times in seconds and what a drawing measures: degrees or pixels; NaN where it is tied to somebody else."""
        points = np.array(self.raw if raw else self.smoothed, np.float64)
        spots = places(drawing, {self.person: points})
        return np.array(self.times), np.broadcast_to(measured(drawing, spots), len(points)).astype(np.float64)


def speed(times: Floats, points: Floats) -> Floats:
    """(F,) pixels per second of points (F, 2) at `times`: central differences with the true time steps."""
    if len(times) < 2:
        return np.full(len(times), np.nan)
    return np.hypot(np.gradient(points[:, 0], times), np.gradient(points[:, 1], times))


def value_at(times: Floats, values: Floats, time_s: float) -> float | None:
    """The value of the frame at `time_s` (seconds); None where there is no such frame or nothing was seen in it."""
    if len(times) == 0:
        return None
    nearest = int(np.argmin(np.abs(times - time_s)))
    reach_s = float(np.median(np.diff(times))) / 2 if len(times) > 1 else 0.02
    is_there = abs(times[nearest] - time_s) <= reach_s + 1e-6 and np.isfinite(values[nearest])
    return float(values[nearest]) if is_there else None
