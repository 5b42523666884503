"""Curves at equal steps of time, for formats that know one data rate and no other times."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ppnet.errors import UserError
from tracking.export.curves import curves
from tracking.progress import Tick
from tracking.session.edited_session import EditedSession
from tracking.stems import stem_of

Floats = npt.NDArray[np.float64]
MAX_BRIDGE_S = 0.25
"""Between two samples farther apart nothing is filled in."""
MAX_ROWS = 1_000_000
"""Nine hours at 30 frames a second, half a gigabyte of text."""
ON_GRID = 1e-3
"""A sample this near to a step of time (in steps) is taken as it is."""


def even_curves(session: EditedSession, tick: Tick) -> Iterator[tuple[int, float, Floats, Floats]]:
    """For each person: id, frames a second, times (F,) in seconds, points (F, K, 2) in pixels of the picture.

    NaN where a joint is missing. UserError when somebody would need too many steps.
    """
    source = session.header.source
    rate = data_rate(session.stored.frame_times(), source.frame_rate, source.time_base)
    for track_id, curve in curves(session, tick).items():
        times, points = resample(curve.times_s, curve.points.astype(np.float64), rate)
        yield track_id, rate, times, points


def person_path(folder: Path, session: EditedSession, track_id: int, suffix: str) -> Path:
    """`<video>_person01.trc` and so on."""
    return folder / f"{stem_of(session.header.source.name)}_person{track_id:02d}{suffix}"


def upwards(points: npt.NDArray[Any], session: EditedSession) -> Floats:
    """(..., 2) pixels with y upwards from the middle of the lowest row of the picture."""
    return np.stack([points[..., 0], session.header.source.size_wh[1] - 1 - points[..., 1]], axis=-1).astype(np.float64)


def data_rate(times: Floats, claimed: Any, time_base: Any = None) -> float:
    """Frames a second: what the source says when its times agree, else the median of what they show.

    time_base: to what the times are rounded, in seconds; milliseconds in Matroska, where 60 a second show as 58.8.
    """
    steps = np.diff(times)
    steps = steps[steps > 0]
    if not len(steps):
        return float(claimed or 30)
    step_s = float(np.median(steps))
    rounding_s = 0.75 * min(float(time_base or 0), 1e-3)
    if claimed and abs(step_s - 1 / float(claimed)) < max(rounding_s, 0.02 * step_s):
        return float(claimed)
    return round(1 / step_s, 3) or 1 / step_s


def resample(times: Floats, points: Floats, rate: float) -> tuple[Floats, Floats]:
    """Samples (F, K, 2) at whole steps of 1 / rate from the first time on; NaN where nothing is near enough."""
    count = int(np.floor((times[-1] - times[0]) * rate + ON_GRID)) + 1
    if count > MAX_ROWS:
        raise UserError(
            f"This format has one row for every step of time, which would be {count:,} for one of the people; "
            "set in and out point around what you need."
        )
    grid = times[0] + np.arange(count) / rate
    after = np.clip(np.searchsorted(times, grid), 1, max(1, len(times) - 1))
    if len(times) == 1:
        return grid, points
    before = after - 1
    span = times[after] - times[before]
    part = np.clip((grid - times[before]) / span, 0, 1)[:, None, None]
    mixed = (1 - part) * points[before] + part * points[after]
    mixed = np.where((span > MAX_BRIDGE_S)[:, None, None], np.nan, mixed)
    near_before = (np.abs(grid - times[before]) * rate < ON_GRID)[:, None, None]
    near_after = (np.abs(grid - times[after]) * rate < ON_GRID)[:, None, None]
    return grid, np.where(near_before, points[before], np.where(near_after, points[after], mixed))
