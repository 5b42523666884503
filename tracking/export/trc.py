"""TRC marker files, one per person, as OpenSim and its relatives read them: y upwards, equal steps of time."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ppnet.errors import UserError
from tracking.export.curves import curves
from tracking.export.progress import Tick
from tracking.export.units import METRES, PIXELS, scale_of
from tracking.session.edited_session import EditedSession

Floats = npt.NDArray[np.float64]
MAX_BRIDGE_S = 0.25
"""Between two samples farther apart nothing is filled in."""
MAX_ROWS = 1_000_000
"""Nine hours at 30 frames a second, half a gigabyte of text."""
ON_GRID = 1e-3
"""A sample this near to a step of time (in steps) is taken as it is."""


def write_trc_folder(session: EditedSession, path: Path, tick: Tick, *, unit: str | None = None) -> None:
    """`<stem>_person01.trc` and so on. A TRC has one data rate: other times are resampled, in a straight line."""
    rate = data_rate(session.stored.frame_times(), session.header.source.frame_rate)
    unit = unit or (PIXELS if session.metres_per_pixel is None else METRES)
    scale = scale_of(session) if unit == METRES else 1.0
    people = curves(session, tick)
    stem = Path(session.header.source.name).stem or "session"
    for track_id, curve in people.items():
        name = f"{stem}_person{track_id:02d}.trc"
        times, points = resample(curve.times_s, upwards(curve.points, session) * scale, rate)
        lines = _header(name, rate, unit, len(times), session.skeleton.keypoints) + _rows(times, points, rate)
        (path / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


def upwards(points: npt.NDArray[Any], session: EditedSession) -> Floats:
    """(..., 2) pixels with y upwards from the middle of the lowest row of the picture."""
    return np.stack([points[..., 0], session.header.source.size_wh[1] - 1 - points[..., 1]], axis=-1).astype(np.float64)


def data_rate(times: Floats, claimed: Any) -> float:
    """Frames a second: what the source says when its times agree, else the median of what they show."""
    steps = np.diff(times)
    steps = steps[steps > 0]
    if not len(steps):
        return float(claimed or 30)
    shown = 1 / float(np.median(steps))
    return float(claimed) if claimed and abs(float(claimed) / shown - 1) < 0.02 else round(shown, 3) or shown


def resample(times: Floats, points: Floats, rate: float) -> tuple[Floats, Floats]:
    """Samples (F, K, 2) at whole steps of 1 / rate from the first time on; NaN where nothing is near enough."""
    count = int(np.floor((times[-1] - times[0]) * rate + ON_GRID)) + 1
    if count > MAX_ROWS:
        raise UserError(
            f"A TRC has one row for every step of time, which would be {count:,} for one of the people; "
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


def _header(name: str, rate: float, unit: str, frames: int, markers: tuple[str, ...]) -> list[str]:
    axes = "\t".join(f"X{n}\tY{n}\tZ{n}" for n in range(1, len(markers) + 1))
    return [
        f"PathFileType\t4\t(X/Y/Z)\t{name}",
        "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigDataStartFrame\tOrigNumFrames",
        f"{rate:.10g}\t{rate:.10g}\t{frames}\t{len(markers)}\t{unit}\t{rate:.10g}\t1\t{frames}",
        "Frame#\tTime\t" + "\t\t\t".join(markers) + "\t\t",
        "\t\t" + axes,
        "",  # the sixth line is blank; readers such as pyomeca's skip it unseen
    ]


def _rows(times: Floats, points: Floats, rate: float) -> list[str]:
    rows = []
    for number, (time_s, joints) in enumerate(zip(times, points, strict=True), 1):
        cells = [
            f"{x:.5f}\t{y:.5f}\t0.00000" if np.isfinite(x) and np.isfinite(y) else "\t\t" for x, y in joints.tolist()
        ]
        rows.append(f"{number}\t{time_s:.6f}\t" + "\t".join(cells))
    return rows
