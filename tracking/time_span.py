"""`TimeSpan`: a part of a recording by its times, and the one rule of what lies in it: start <= time < end."""

from dataclasses import dataclass
from math import isfinite

import numpy as np
import numpy.typing as npt

from ppnet.errors import UserError

SAME_TIME_S = 1e-6
"""Two times nearer than this are the same time: files and people give times with six decimals."""


@dataclass(frozen=True, slots=True)
class TimeSpan:
    """From start_s up to, but without, end_s, in seconds; None: no limit on that side.

    Spans that touch share no frame: times within `SAME_TIME_S` of a limit count as that limit.
    """

    start_s: float | None = None
    end_s: float | None = None

    @property
    def is_unlimited(self) -> bool:
        """True when it has neither start nor end."""
        return self.start_s is None and self.end_s is None

    @property
    def is_empty(self) -> bool:
        """True when no time lies in it."""
        return self.start_s is not None and self.end_s is not None and not self.start_s < self.end_s

    def check(self) -> None:
        """UserError when it is empty, or a limit is no number."""
        for name, time_s in (("start", self.start_s), ("end", self.end_s)):
            if time_s is not None and not isfinite(time_s):
                raise UserError(f"The {name} must be a number of seconds, not {time_s}.")
        if self.is_empty:
            raise UserError(f"The start ({self.start_s:g} s) must come before the end ({self.end_s:g} s).")

    def contains(self, time_s: float) -> bool:
        """Whether a time lies in it."""
        return self.has_begun(time_s) and not self.is_over(time_s)

    def has_begun(self, time_s: float) -> bool:
        """Whether a time is at the start or later."""
        return self.start_s is None or time_s >= self.start_s - SAME_TIME_S

    def is_over(self, time_s: float) -> bool:
        """Whether a time is at the end or later."""
        return self.end_s is not None and time_s >= self.end_s - SAME_TIME_S

    def indices(self, times_s: npt.ArrayLike) -> range:
        """Which of these ascending times lie in it."""
        first = 0 if self.start_s is None else int(np.searchsorted(times_s, self.start_s - SAME_TIME_S))
        after = np.size(times_s) if self.end_s is None else int(np.searchsorted(times_s, self.end_s - SAME_TIME_S))
        return range(first, max(first, after))

    def clip(self, time_s: float) -> float:
        """The time in it, limits included, that is nearest to the one given."""
        if self.start_s is not None:
            time_s = max(time_s, self.start_s)
        return time_s if self.end_s is None else min(time_s, self.end_s)

    def within(self, other: "TimeSpan") -> "TimeSpan":
        """What it has in common with another one; may be empty."""
        starts = [time_s for time_s in (self.start_s, other.start_s) if time_s is not None]
        ends = [time_s for time_s in (self.end_s, other.end_s) if time_s is not None]
        return TimeSpan(max(starts, default=None), min(ends, default=None))

    def or_else(self, other: "TimeSpan") -> "TimeSpan":
        """Its own limits, and those of the other one where it has none."""
        return TimeSpan(
            other.start_s if self.start_s is None else self.start_s, other.end_s if self.end_s is None else self.end_s
        )

    def scaled(self, factor: float) -> "TimeSpan":
        """The same part of a recording whose times are so many times as long."""
        return TimeSpan(*(None if time_s is None else time_s * factor for time_s in (self.start_s, self.end_s)))


ALL_TIME = TimeSpan()
"""No limit on either side."""
