"""Exports as the window makes them: all formats of `tracking.export`; the video as it looks on the screen. No Qt."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from app.runs.nearby import Nearby
from app.runs.recorded_picture import drawer, write_span
from tracking.drawing.style import PeopleStyle, SceneStyle
from tracking.export.formats import export
from tracking.export.progress import ExportCancelled, Tick
from tracking.session.edited_session import EditedSession
from tracking.session.session import Session
from tracking.types import Frame
from tracking.video.source import VideoSource

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
    """What an export needs. `progress` takes 0 to 1; `open_video` is None for live runs; `unit`: see `export`.

    nearby: of files, who is near in time, for blurred faces.
    """

    session: Session
    layers: SceneStyle
    people: PeopleStyle
    open_video: Callable[[], VideoSource] | None
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

    try:
        write = _video_writer(work) if name == "video" else None
        return (export(replay, name, path, tick=tick, write=write, unit=work.unit),)
    except ExportCancelled:
        return ()


def _video_writer(work: Work) -> Callable[[EditedSession, Path, Tick], None]:
    open_video = work.open_video
    if open_video is None:
        raise ValueError("a live run has no video to draw on")
    nearby = work.nearby
    draw = drawer(
        lambda: work.layers, lambda: work.people, near=lambda frame, result: nearby(frame) if nearby else (result,)
    )

    def write(replay: EditedSession, path: Path, _tick: Tick) -> None:
        first_s, last_s = map(replay.plan.span.clip, replay.stored.time_span or (0.0, 0.0))

        def picture(frame: Frame) -> npt.NDArray[np.uint8]:
            work.progress(min((frame.time_s - first_s) / max(last_s - first_s, 1e-6), 1.0))
            image: npt.NDArray[np.uint8] = draw(frame, replay.result(frame.index))
            return image

        with open_video() as source:
            written = write_span(source, path, span=replay.plan.span, pictures=picture, cancelled=work.cancelled)
        if written is None:
            raise ExportCancelled

    return write
