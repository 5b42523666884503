"""OpenSim's motion file (`.mot`) of the joint angles, one per person, in degrees."""

from pathlib import Path

from tracking.angles import ANGLES, angles
from tracking.export.even_times import even_curves, person_path
from tracking.export.keypoint_csv import number
from tracking.progress import Tick
from tracking.session.edited_session import EditedSession


def write_mot_folder(session: EditedSession, path: Path, tick: Tick) -> None:
    """`<video>_person01.mot` and so on: `time` and the angles of the angle table, NaN where a joint is missing."""
    for track_id, _, times, points in even_curves(session, tick):
        file = person_path(path, session, track_id, ".mot")
        head = (
            file.stem, "version=1", f"nRows={len(times)}", f"nColumns={len(ANGLES) + 1}", "inDegrees=yes", "endheader",
            "\t".join(("time", *ANGLES)),
        )  # fmt: skip
        degrees = angles(points, session.skeleton).tolist()
        rows = (
            "\t".join((f"{time_s:.6f}", *(number(value, 4) or "NaN" for value in row)))
            for time_s, row in zip(times.tolist(), degrees, strict=True)
        )
        file.write_text("\n".join((*head, *rows)) + "\n", encoding="utf-8")
