"""Exports as the window makes them: all formats of `tracking.export`; the video as it looks on the screen. No Qt."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from app.runs.nearby import Nearby
from tracking.drawing.style import PeopleStyle, PictureLayers, SceneStyle
from tracking.export.formats import export
from tracking.export.progress import ExportCancelled
from tracking.export.video import write_annotated_video
from tracking.session.edited_session import EditedSession
from tracking.session.session import Session

EXPLAINED = {
    "csv": "Every joint of everybody in every frame, steadied and as the network saw it",
    "tidy": "The same for statistics programs: one row for each joint",
    "angles": "Elbows, shoulders, hips, knees, trunk and head",
    "coco": "For evaluation tools and other networks",
    "openpose": "For programs that read OpenPose",
    "trc": "For OpenSim; resampled to an even rate, y upwards",
    "mot": "For tracking benchmarks",
    "marks": "Name, frame and time of every mark",
    "meta": "Source, settings and when they were changed, people, marks, scale, edits",
    "video": "As it looks in the window now, blurred faces included, with its sound",
}


@dataclass(frozen=True)
class Work:
    """What an export needs. video: of a file, where it lies. progress: takes 0 to 1. unit: see `export`.

    nearby: of a file, who is near in time, for blurred faces.
    """

    session: Session
    layers: PictureLayers
    people: PeopleStyle
    video: Path | None
    progress: Callable[[float], None]
    cancelled: Callable[[], bool]
    unit: str | None = None
    nearby: Nearby | None = None


def export_work(name: str, path: Path, work: Work) -> tuple[Path, ...]:
    """Writes one format with all edits in it; the path written, none when it was cancelled. UserError when it can't."""
    replay = EditedSession(work.session)
    replay.refresh(cancelled=work.cancelled)
    total = max(work.session.frame_count, 1)

    def tick(done: int) -> None:
        work.progress(done / total)
        if work.cancelled():
            raise ExportCancelled

    style = SceneStyle(work.layers, work.people)
    draw = partial(write_annotated_video, video=work.video, style=style, near=work.nearby)
    try:
        return (export(replay, name, path, tick=tick, write=draw if name == "video" else None, unit=work.unit),)
    except ExportCancelled:
        return ()
