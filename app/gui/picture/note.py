"""What stands in the corner of the picture: how far the tracking is, and why there are no skeletons or late ones."""

from app.engine.life_cycle import CameraState, EngineState
from app.engine.run_status import RunStatus
from app.gui.panels.diagnostics import duration_text
from app.workspace.picture_feed import Picture
from ppnet.inference.measuring import MEASURING, is_measuring
from tracking.number_words import listed

LATE_MS = 100  # older overlays are spoken of


def note_on(picture: Picture, status: RunStatus) -> str:
    """One or two lines; empty when everything is as it should be."""
    return "\n".join(words for words in (_skeletons(picture, status), _run(status)) if words)


def _skeletons(picture: Picture, status: RunStatus) -> str:
    if picture.delay_s:
        return f"{picture.delay_s:g} s ago"
    if picture.result is not None:
        late_ms = 1000 * picture.overlay_age_s
        return f"Skeletons are {late_ms:.0f} ms behind the picture" if late_ms > LATE_MS else ""
    if status.state is EngineState.STARTING:
        return MEASURING if is_measuring() else "Loading the network…"
    return "Not tracked yet" if status.state.is_active else "Not tracked"


def _run(status: RunStatus) -> str:
    if status.is_live and status.camera is CameraState.LOST:
        return "No pictures from the camera; this is the last one"
    if status.is_live:
        return f"To keep up, the program {listed(status.shed)}" if status.shed else ""
    if status.state is not EngineState.RUNNING or status.complete or not status.total:
        return ""
    left = f", {duration_text(status.eta_s)} left" if status.eta_s is not None else ""
    return f"Tracking: {100 * status.done // status.total} %{left}"
