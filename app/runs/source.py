"""Opens a source as the settings of a run want it: its part, its turn, its true speed."""

from pathlib import Path

from tracking.run_settings import RunSettings
from tracking.video.factory import open_source
from tracking.video.source import VideoSource
from tracking.video.transformed import adapted


def open_for(settings: RunSettings, spec: str | Path) -> VideoSource:
    """The source, adapted. UserError when there is nothing to read."""
    return adapted(open_source(spec, span=settings.span.scaled(settings.adaptation.slow_motion)), settings.adaptation)
