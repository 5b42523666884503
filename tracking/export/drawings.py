"""What was drawn by hand, measured in every frame, as a table."""

from pathlib import Path

from tracking.export.csv_wide import quoted
from tracking.export.keypoint_csv import number
from tracking.export.units import METRES, scale_of, usual_unit
from tracking.measurements import column_of, joints_of, measured, names_of, places, unit_of
from tracking.progress import Tick
from tracking.session.edited_session import EditedSession


def write_drawings_csv(session: EditedSession, path: Path, tick: Tick, *, unit: str | None = None) -> None:
    """One row for each frame, a column for each drawing; empty where a joint that it is tied to is missing.

    unit: of distances; None: metres as soon as a scale is known. UserError for metres without one.
    """
    unit = unit or usual_unit(session)
    scale = scale_of(session) if unit == METRES else None
    named = zip(names_of(session.drawings), session.drawings, strict=True)
    names = [quoted(f"{column_of(name)}_{unit_of(drawing, scale)}") for name, drawing in named]
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(",".join(["frame", "time_s", *names]) + "\n")
        for done, edited in enumerate(session.exported(), 1):
            result, joints = edited.result, joints_of(edited.result)
            cells = [
                number(float(measured(drawing, places(drawing, joints), metres_per_pixel=scale)))
                for drawing in session.drawings
            ]
            file.write(",".join([str(result.frame_index), f"{result.time_s:.6f}", *cells]) + "\n")
            tick(done)
