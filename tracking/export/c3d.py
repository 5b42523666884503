"""C3D, the file of motion capture laboratories: one per person, markers in the plane of the picture."""

from pathlib import Path

import numpy as np

from ppnet.extras import load
from tracking.export.even_times import even_curves, person_path, upwards
from tracking.export.units import METRES, scale_of, usual_unit
from tracking.progress import Tick
from tracking.session.edited_session import EditedSession


def write_c3d_folder(session: EditedSession, path: Path, tick: Tick, *, unit: str | None = None) -> None:
    """`<video>_person01.c3d` and so on: x to the right, y upwards, z 0; equal steps of time as in a TRC."""
    ezc3d = load("ezc3d", "c3d")
    unit = unit or usual_unit(session)
    scale = scale_of(session) if unit == METRES else 1.0
    for track_id, rate, times, points in even_curves(session, tick):
        markers = np.ones((4, len(session.skeleton), len(times)))
        markers[:2] = (upwards(points, session) * scale).transpose(2, 1, 0)
        markers[2] = np.where(np.isnan(markers[0]), np.nan, 0.0)
        file = ezc3d.c3d()
        parameters = file["parameters"]["POINT"]
        parameters["RATE"]["value"] = [rate]
        parameters["UNITS"]["value"] = [unit]
        parameters["LABELS"]["value"] = list(session.skeleton.keypoints)
        file["header"]["points"]["first_frame"] = 0
        file["data"]["points"] = markers
        file.add_parameter("PPNET_LIVE", "FIRST_TIME_S", [float(times[0])])
        file.write(str(person_path(path, session, track_id, ".c3d")))
