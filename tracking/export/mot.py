"""MOTChallenge text: boxes and ids, one line per person and frame, no header."""

from pathlib import Path

from tracking.progress import Tick
from tracking.session.edited_session import EditedSession


def write_mot_txt(session: EditedSession, path: Path, tick: Tick) -> None:
    """`frame,id,left,top,width,height,score,-1,-1,-1`; the first frame is number 1, the first pixel 1, 1."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for edited in session.exported(tick):
            tracks = edited.result.tracks
            for track_id, (x1, y1, x2, y2), score in zip(
                tracks.ids.tolist(), tracks.boxes.tolist(), tracks.scores.tolist(), strict=True
            ):
                box = f"{x1 + 1:.2f},{y1 + 1:.2f},{x2 - x1:.2f},{y2 - y1:.2f}"
                file.write(f"{edited.result.frame_index + 1},{track_id},{box},{score:.4f},-1,-1,-1\n")
