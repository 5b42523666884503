"""The figures that the Performance page draws of each moment."""

from app.engine.run_status import RunStatus

SPAN_S = 60.0
PER_SECOND = 4  # moments that the workspace gives
STAGES = (("detect_s", "detection"), ("track_s", "tracking"), ("pose_s", "joints"), ("smooth_s", "smoothing"))
RATES = (("capture_fps", "frames in"), ("process_fps", "tracked"), ("display_fps", "shown"))

Row = dict[str, float]


def sample(status: RunStatus) -> Row:
    """The figures that are drawn, stages in milliseconds."""
    row = {name: float(getattr(status, name)) for name, _ in RATES}
    row |= {name: 1000 * float(getattr(status.times, name)) for name, _ in STAGES}
    row["delay_ms"] = 1000 * status.delay_s if status.delay_s is not None else float("nan")
    row["people"] = float(status.people)
    row["dropped"] = float(sum(status.dropped.values()))
    return row
