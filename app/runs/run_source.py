"""Opens a source as the settings of a run want it: its part, its turn, its true speed."""

from pathlib import Path

from ppnet.errors import UserError
from tracking.run_settings import RunSettings
from tracking.video.factory import open_adapted
from tracking.video.source import VideoSource


def open_run_source(settings: RunSettings, spec: str | Path) -> VideoSource:
    """The source, adapted. UserError when there is nothing to read, or the region lies outside of its pictures."""
    source = open_adapted(spec, settings.adaptation, span=settings.span)
    if settings.region is not None:
        width, height = source.info.size_wh
        left, top, right, bottom = settings.region
        if min(right, width) - max(left, 0) < 2 or min(bottom, height) - max(top, 0) < 2:
            source.close()
            raise UserError(f"The region lies outside the picture, which is {width} pixels wide and {height} high.")
    return source
