"""Opens a source as the settings of a run want it: its part, its turn, its true speed."""

from pathlib import Path

from app.settings import TrackSettings
from tracking.video.transformed import adapted
from tracking.video.source import VideoSource, open_source


def open_for(settings: TrackSettings, spec: str | Path) -> VideoSource:
    """The source, adapted. UserError when there is nothing to read."""
    slow = settings.slow_motion
    start_s, end_s = (None if time_s is None else time_s * slow for time_s in (settings.start_s, settings.end_s))
    return adapted(open_source(spec, start_s=start_s, end_s=end_s), settings.adaptation)
