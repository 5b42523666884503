"""TRC marker files, one per person, as OpenSim and its relatives read them: y upwards, equal steps of time."""

from pathlib import Path

import numpy as np

from tracking.export.even_times import Floats, even_curves, person_path, upwards
from tracking.export.units import METRES, scale_of, usual_unit
from tracking.progress import Tick
from tracking.session.edited_session import EditedSession


def write_trc_folder(session: EditedSession, path: Path, tick: Tick, *, unit: str | None = None) -> None:
    """`<video>_person01.trc` and so on. A TRC has one data rate: other times are resampled, in a straight line."""
    unit = unit or usual_unit(session)
    scale = scale_of(session) if unit == METRES else 1.0
    for track_id, rate, times, points in even_curves(session, tick):
        file = person_path(path, session, track_id, ".trc")
        lines = _header(file.name, rate, unit, len(times), session.skeleton.keypoints)
        lines += _rows(times, upwards(points, session) * scale)
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")


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


def _rows(times: Floats, points: Floats) -> list[str]:
    rows = []
    for number, (time_s, joints) in enumerate(zip(times, points, strict=True), 1):
        cells = [
            f"{x:.5f}\t{y:.5f}\t0.00000" if np.isfinite(x) and np.isfinite(y) else "\t\t" for x, y in joints.tolist()
        ]
        rows.append(f"{number}\t{time_s:.6f}\t" + "\t".join(cells))
    return rows
