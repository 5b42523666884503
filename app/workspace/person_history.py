"""What is known of one person over time: the curves of their joints and angles."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tracking.angles import angle
from tracking.measurements import measured, places
from tracking.session.edits import SetDrawing
from tracking.session.person_tracks import PersonTrack

Floats = npt.NDArray[np.float64]
Curve = tuple[Floats, Floats]  # times in seconds and values
NOTHING: Curve = (np.zeros(0), np.zeros(0))


@dataclass(frozen=True, eq=False)
class PersonHistory:
    """One person's joints, frame by frame; a frame without them is a gap, and nothing is kept before they appear.

    times: (F,) seconds. raw, smoothed: (F, K, 2) pixels, NaN where nothing is known.
    """

    person: int
    times: Floats
    raw: npt.NDArray[np.float32]
    smoothed: npt.NDArray[np.float32]

    @classmethod
    def of(cls, person: int, track: PersonTrack) -> "PersonHistory":
        """What a session holds of them."""
        first = int(track.at[0]) if len(track.at) else len(track.times)
        return cls(person, track.times[first:], track.spread(track.raw)[first:], track.spread(track.known)[first:])

    def curve(self, quantity: str, joint: int, *, raw: bool) -> tuple[Floats, Floats]:
        """Times in seconds and values: pixels (x, y), pixels a second (speed), or degrees (a name of `ANGLES`)."""
        times, points = self.times, self.raw if raw else self.smoothed
        if len(times) == 0:
            return times, times
        if quantity not in ("x", "y", "speed"):
            return times, angle(quantity, points.astype(np.float64))
        x, y = points[:, joint].astype(np.float64).T
        return times, speed(times, np.stack([x, y], axis=1)) if quantity == "speed" else {"x": x, "y": y}[quantity]

    def measured(self, drawing: SetDrawing, *, raw: bool) -> tuple[Floats, Floats]:
        """Times in seconds and what a drawing measures: degrees or pixels; NaN where it is tied to somebody else."""
        points = (self.raw if raw else self.smoothed).astype(np.float64)
        spots = places(drawing, {self.person: points})
        return self.times, np.broadcast_to(measured(drawing, spots), len(points)).astype(np.float64)


def speed(times: Floats, points: Floats) -> Floats:
    """(F,) pixels per second of points (F, 2) at `times`: central differences with the true time steps, also over gaps
    of one frame."""
    found, kept = np.full(len(times), np.nan), ~_single_gaps(points[:, 0])
    if kept.sum() > 1:
        x, y = points[kept].T
        found[kept] = np.hypot(np.gradient(x, times[kept]), np.gradient(y, times[kept]))
    return found


def without_single_gaps(times: Floats, values: Floats) -> tuple[Floats, Floats]:
    """Values (F,) at `times` without gaps of one frame, so that a line goes on over them: in frames between two others
    anyone who holds still is not read. Longer gaps stay."""
    single = _single_gaps(values)
    return times[~single], values[~single]


def _single_gaps(values: Floats) -> npt.NDArray[np.bool_]:
    """(F,) which frames are the only missing one between two known."""
    known = np.isfinite(values)
    single = ~known
    single[1:] &= known[:-1]
    single[:-1] &= known[1:]
    single[:1] = single[-1:] = False
    return np.asarray(single, np.bool_)


def thinned(times: Floats, values: Floats, most: int) -> tuple[Floats, Floats]:
    """So many pieces of a curve (F,), each by its lowest and its highest value alone: drawn over as many pixels it
    looks the same. A gap as long as a piece stays one; short curves stay as they are."""
    step = -(-len(times) // most)
    if step <= 2:
        return times, values
    pieces = np.full((-(-len(times) // step), step), np.nan)
    pieces.ravel()[: len(values)] = values
    known = np.isfinite(pieces)
    ends = np.where(known, pieces, np.inf).argmin(axis=1), np.where(known, pieces, -np.inf).argmax(axis=1)
    starts = np.arange(len(pieces)) * step
    kept = np.unique(np.concatenate([[0, len(times) - 1], *(starts + end for end in ends)]))
    return times[kept], values[kept]


def drawn(times: Floats, values: Floats, from_s: float, to_s: float, columns: int) -> tuple[Floats, Floats]:
    """What there is to draw of a curve (F,) that is looked at between two moments over so many columns of pixels: there
    as much as can be seen, and elsewhere as much as tells how far it goes."""
    first, after = np.searchsorted(times, [from_s, to_s]).tolist()
    parts = (slice(0, max(first - 1, 0)), slice(max(first - 1, 0), after + 1), slice(after + 1, None))
    found = [thinned(times[part], values[part], columns) for part in parts]
    return np.concatenate([part[0] for part in found]), np.concatenate([part[1] for part in found])


def value_at(times: Floats, values: Floats, time_s: float) -> float | None:
    """The value of the frame at `time_s` (seconds); None where there is no such frame or nothing was seen in it."""
    if len(times) == 0:
        return None
    after = int(np.searchsorted(times, time_s))
    near = times[max(after - 1, 0) : after + 1]
    nearest = max(after - 1, 0) + int(np.argmin(np.abs(near - time_s)))
    around = times[max(nearest - 50, 0) : nearest + 51]
    reach_s = float(np.median(np.diff(around))) / 2 if len(times) > 1 else 0.02
    is_there = abs(times[nearest] - time_s) <= reach_s + 1e-6 and np.isfinite(values[nearest])
    return float(values[nearest]) if is_there else None
