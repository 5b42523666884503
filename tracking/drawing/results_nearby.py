"""The results near in time to a picture of a file: who was in view a moment ago, or will be."""

from collections.abc import Callable, Iterable
from functools import cache

import numpy as np
import numpy.typing as npt

from tracking.drawing.privacy import AHEAD_S, CARRY_S
from tracking.session.session import Session
from tracking.types import Frame, FrameResult


class ResultsNearby:
    """Reads them as pictures go by, each once where pictures follow one another. Used by one thread.

    results(start, end): results with start <= frame_index < end, as they were tracked: everybody, under one number.
    times(): of all frames of the file, seconds.
    """

    def __init__(
        self,
        results: Callable[[int, int], Iterable[FrameResult]],
        times: Callable[[], npt.NDArray[np.float64]],
    ) -> None:
        self._results = results
        self._times = times
        self._kept: tuple[FrameResult, ...] = ()

    @classmethod
    def of(cls, session: Session) -> "ResultsNearby":
        """What a session holds of everybody now, also of those who are hidden or deleted from its tables."""

        @cache  # asked for only where people are hidden
        def times() -> npt.NDArray[np.float64]:
            indices, stored = session.frame_indices(), session.frame_times()
            return np.interp(np.arange(int(indices[-1]) + 1), indices, stored) if len(indices) else stored

        return cls(session.results, times)

    def __call__(self, frame: Frame) -> tuple[FrameResult, ...]:
        """What counts for hiding people in this picture."""
        times = self._times()
        first = int(np.searchsorted(times, frame.time_s - CARRY_S))
        end = int(np.searchsorted(times, frame.time_s + AHEAD_S)) + 1
        kept = tuple(result for result in self._kept if first <= result.frame_index < end)
        if kept and kept[0].frame_index == first:
            self._kept = (*kept, *self._results(kept[-1].frame_index + 1, end))
        else:
            self._kept = tuple(self._results(first, end))
        return self._kept
