"""Where a curve turns: highs and lows that stand out, and their times between frames."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Turn:
    """A high or a low: number of its frame, time in seconds and value, both of the parabola through three frames."""

    index: int
    time_s: float
    value: float
    is_high: bool


def turns(times: Floats, values: Floats, least: float) -> list[Turn]:
    """Highs and lows of a curve (F,) without gaps, in turn, each at least `least` from its neighbours.

    The first and the last frame are no turns: the curve goes on outside.
    """
    found: list[tuple[int, bool]] = []
    high = low = 0
    seeks_high: bool | None = None  # unknown until the curve has moved by `least`
    for at in range(1, len(values)):
        high = at if values[at] > values[high] else high
        low = at if values[at] < values[low] else low
        if seeks_high is not False and values[high] - values[at] >= least:
            found.append((high, True))
            seeks_high, low = False, at
        elif seeks_high is not True and values[at] - values[low] >= least:
            found.append((low, False))
            seeks_high, high = True, at
    return [_refined(times, values, at, is_high) for at, is_high in found if 0 < at < len(values) - 1]


def _refined(times: Floats, values: Floats, at: int, is_high: bool) -> Turn:
    """By the parabola through the frame and its neighbours, whose steps in time may differ."""
    (t0, t1, t2), (v0, v1, v2) = times[at - 1 : at + 2], values[at - 1 : at + 2]
    first, second = (v1 - v0) / (t1 - t0), (v2 - v1) / (t2 - t1)
    bend = (second - first) / (t2 - t0)
    if bend == 0 or (bend < 0) != is_high:
        return Turn(at, float(t1), float(v1), is_high)
    time_s = min(max((t0 + t1) / 2 - first / (2 * bend), t0), t2)
    value = v0 + first * (time_s - t0) + bend * (time_s - t0) * (time_s - t1)
    return Turn(at, float(time_s), float(value), is_high)


def crossing(times: Floats, values: Floats, level: float, start: int, step: int) -> float | None:
    """When the curve first falls to `level`, going from frame `start` in steps of 1 or -1; None if never."""
    at = start
    while 0 <= at + step < len(values):
        before, after = values[at], values[at + step]
        if before > level >= after:
            share = (before - level) / (before - after)
            return float(times[at] + share * (times[at + step] - times[at]))
        at += step
    return None
