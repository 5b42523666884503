"""Rates and durations measured over a sliding window, safe to use from several threads."""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np

from tracking.types import StageTimes

Clock = Callable[[], float]


class RateMeter:
    """The rate of events over the last `window_s` seconds."""

    def __init__(self, window_s: float = 2.0, *, clock: Clock = time.monotonic) -> None:
        self._window_s = window_s
        self._clock = clock
        self._lock = threading.Lock()
        self._moments: deque[float] = deque()

    def tick(self) -> None:
        """One event happened now."""
        with self._lock:
            self._moments.append(self._clock())
            self._forget()

    def snapshot(self) -> float:
        """Events per second over the window; 0 with fewer than two events in it."""
        with self._lock:
            self._forget()
            if len(self._moments) < 2:
                return 0.0
            # A rate that stopped must fall: count the silence since the last event when it is the longest gap.
            span = self._moments[-1] - self._moments[0]
            mean_gap = span / (len(self._moments) - 1)
            silence = self._clock() - self._moments[-1]
            span += max(0.0, silence - mean_gap)
            return (len(self._moments) - 1) / span if span > 0 else 0.0

    def _forget(self) -> None:
        oldest = self._clock() - self._window_s
        while self._moments and self._moments[0] < oldest:
            self._moments.popleft()


@dataclass(frozen=True, slots=True)
class Latency:
    """Durations of one window in seconds; all 0 when nothing was measured."""

    median_s: float = 0.0
    mean_s: float = 0.0
    count: int = 0


class LatencyMeter:
    """Collects durations and summarises those of the last `window_s` seconds."""

    def __init__(self, window_s: float = 2.0, *, clock: Clock = time.monotonic) -> None:
        self._window_s = window_s
        self._clock = clock
        self._lock = threading.Lock()
        self._values: deque[tuple[float, float]] = deque()

    def add(self, seconds: float) -> None:
        """One duration, measured now."""
        now = self._clock()
        with self._lock:
            self._values.append((now, seconds))
            self._forget(now)

    def clear(self) -> None:
        """Forgets what was measured, because what is measured changes now."""
        with self._lock:
            self._values.clear()

    def snapshot(self) -> Latency:
        """Median and mean of the window."""
        with self._lock:
            self._forget(self._clock())
            values = np.array([seconds for _, seconds in self._values])
        if not len(values):
            return Latency()
        return Latency(
            median_s=float(np.median(values)),
            mean_s=float(values.mean()),
            count=len(values),
        )

    def _forget(self, now: float) -> None:
        while self._values and self._values[0][0] < now - self._window_s:
            self._values.popleft()


class StageMeters:
    """How long each stage takes for a frame."""

    def __init__(self, window_s: float = 2.0, *, clock: Clock = time.monotonic) -> None:
        self._meters = {field.name: LatencyMeter(window_s, clock=clock) for field in fields(StageTimes)}

    def add(self, times: StageTimes) -> None:
        """One frame, done now."""
        for stage, meter in self._meters.items():
            meter.add(getattr(times, stage))

    def means(self) -> StageTimes:
        """The mean of each stage over the window."""
        return StageTimes(**{stage: meter.snapshot().mean_s for stage, meter in self._meters.items()})
