"""Tracks of other programs as a session over their video."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ppnet.errors import UserError
from ppnet.poses import Poses
from ppnet.skeleton import Skeleton
from tracking.importing.track_table import TrackTable, boxes_of
from tracking.run_settings import RunSettings
from tracking.session.edits import RenamePerson
from tracking.session.format import IMPORT_NOTES, SessionHeader
from tracking.session.session import Session
from tracking.types import FrameResult, KeypointState, Tracks, TrackState
from tracking.video.source import VideoInfo

MOST_APART_S = 2e-3  # time of a frame in the file and in the video


def write_session(
    table: TrackTable,
    skeleton: Skeleton,
    place: Path,
    *,
    source: VideoInfo,
    times_s: Sequence[float],
    made_from: tuple[str, str],
    overwrite: bool = False,
) -> None:
    """A complete session with every frame of the video. table: its joints those of the skeleton. times_s: all frames'.
    made_from: the file and what it is, for the notes.

    Smoothing is off: joints are as the file has them until another one is chosen. UserError when the file is of
    another video, or the place is taken or cannot be written.
    """
    _check(table, made_from[0], source, times_s)
    order = np.argsort(table.frames, kind="stable")
    bounds = np.searchsorted(table.frames[order], np.arange(len(times_s) + 1))
    settings = RunSettings().changed({"smoothing.kind": "off"})
    notes = dict(zip(IMPORT_NOTES, made_from, strict=True))
    header = SessionHeader(source=source, settings=settings.to_plain(), skeleton=skeleton, notes=notes)
    boxes = boxes_of(table.points) if table.boxes is None else table.boxes
    with Session.create(place, header, overwrite=overwrite) as session:
        for frame, time_s in enumerate(times_s):
            rows = order[bounds[frame] : bounds[frame + 1]]
            rows = rows[np.isfinite(boxes[rows]).all(axis=1)]
            session.append(_result(table, rows, boxes[rows], skeleton, (frame, float(time_s), source.size_wh)))
        for track_id, name in table.names.items():
            session.add_edit(RenamePerson(track_id, name))
        session.finish()


def _check(table: TrackTable, name: str, source: VideoInfo, times_s: Sequence[float]) -> None:
    if not len(table.frames):
        raise UserError(f"There is nobody in {name}.")
    last = int(table.frames.max())
    if last >= len(times_s):
        raise UserError(
            f"{name} is not of this video: it has people in frame {last}, but {source.name} has only {len(times_s)} "
            "frames."
        )
    if table.times_s is not None:
        apart = np.abs(table.times_s - np.asarray(times_s)[table.frames]) > MOST_APART_S
        if apart.any():
            row = int(apart.argmax())
            frame = int(table.frames[row])
            raise UserError(
                f"{name} is not of this video: frame {frame} is at {table.times_s[row]:.3f} s there and at "
                f"{times_s[frame]:.3f} s in {source.name}."
            )


def _result(
    table: TrackTable,
    rows: npt.NDArray[np.intp],
    boxes: npt.NDArray[np.float32],
    skeleton: Skeleton,
    frame: tuple[int, float, tuple[int, int]],
) -> FrameResult:
    points, scores = table.points[rows], table.scores[rows]
    there, answered = np.isfinite(points).all(axis=-1), np.nan_to_num(scores) > 0
    if table.states is not None:
        states = table.states[rows]
    else:
        seen = np.where(answered, KeypointState.MEASURED, KeypointState.PREDICTED)
        states = np.where(there, seen, KeypointState.MISSING).astype(np.uint8)
    raw = np.where((there & answered)[..., None], points, np.nan) if table.raw is None else table.raw[rows]
    known = np.nan_to_num(scores)
    person_scores = np.ones(len(rows)) if table.person_scores is None else table.person_scores[rows]
    if table.person_states is not None:
        person_states = table.person_states[rows]
    else:  # where no joint was answered the person is a guess of the file's program
        person_states = np.where(answered.any(axis=1), TrackState.TRACKED, TrackState.PREDICTED).astype(np.uint8)
    index, time_s, size_wh = frame
    return FrameResult(
        index,
        time_s,
        size_wh,
        Tracks(table.ids[rows], boxes, np.nan_to_num(person_scores), person_states),
        Poses(raw, np.where(np.isfinite(raw).all(axis=-1), known, 0), skeleton),
        Poses(points, known, skeleton),
        states,
    )
