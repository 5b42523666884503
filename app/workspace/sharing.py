"""A slow-motion clip or a picture to show around, as the window makes them. No Qt."""

from dataclasses import replace
from pathlib import Path

from app.workspace.exporting import Work
from ppnet.output_files import write_png
from tracking.drawing.style import SceneStyle
from tracking.export.share import TRAIL_S, layers_to_share, shared_picture, write_shared_clip
from tracking.session.edited_session import EditedSession
from tracking.time_span import TimeSpan


def share_clip(path: Path, work: Work) -> tuple[Path, ...]:
    """Writes what lies between in and out point. Cancelled; UserError when it can't."""
    edited = EditedSession(work.session)
    edited.refresh(cancelled=work.progress.cancelled)
    total = max(len(edited.exported_span.indices(work.session.frame_times())), 1)
    return (
        write_shared_clip(
            edited,
            path,
            lambda done: work.progress.tell(done / total),
            style=_style(work),
            video=work.video,
        ),
    )


def share_picture(path: Path, work: Work, time_s: float) -> tuple[Path, ...]:
    """Writes the picture at that time. UserError when it can't."""
    edited = EditedSession(work.session, span=TimeSpan(time_s - TRAIL_S, time_s + 1e-5), whole=True)
    edited.refresh(cancelled=work.progress.cancelled)
    return (write_png(shared_picture(edited, style=_style(work), video=work.video), path),)


def _style(work: Work) -> SceneStyle:
    return replace(work.style, layers=layers_to_share(work.style.layers))
