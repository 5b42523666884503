"""Everybody's smoothed joints over time, for formats that are not written frame by frame."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ppnet.errors import UserError
from tracking.export.confidence import confidences
from tracking.progress import Tick
from tracking.session.edited_session import EditedSession

MAX_GRID_JOINTS = 100_000_000
"""Joints of everybody in all frames that a grid may have: 1.2 GB."""

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Curve:
    """One person in the F frames in which they are.

    frames: (F,) indices in the source. times_s: (F,) presentation times in seconds. points: (F, K, 2) pixels of the
    upright picture, NaN where missing. confidence: (F, K), see `confidences`. scores: (F,) of the latest detection.
    """

    frames: npt.NDArray[np.int64]
    times_s: npt.NDArray[np.float64]
    points: Floats
    confidence: Floats
    scores: Floats


@dataclass(frozen=True)
class Grid:
    """P people in all F frames of the source from number 0 on; NaN where somebody is not there.

    points: (F, P, K, 2). confidence: (F, P, K). scores: (F, P).
    """

    ids: tuple[int, ...]
    points: Floats
    confidence: Floats
    scores: Floats


def person_label(track_id: int) -> str:
    """What formats that want a text call a person; their number is read out of it again."""
    return f"person{track_id}"


def curves(session: EditedSession, tick: Tick) -> dict[int, Curve]:
    """What exports write of everybody, by id in order."""
    rows: dict[int, list[tuple[int, float, Floats, Floats, float]]] = {}
    for edited in session.exported(tick):
        result = edited.result
        points, confidence = result.known_keypoints, confidences(result)
        for row, track_id in enumerate(result.tracks.ids.tolist()):
            score = float(result.tracks.scores[row])
            known = rows.setdefault(track_id, [])
            known.append((result.frame_index, result.time_s, points[row], confidence[row], score))
    return {
        track_id: Curve(
            np.array([row[0] for row in rows[track_id]], np.int64),
            np.array([row[1] for row in rows[track_id]], np.float64),
            np.stack([row[2] for row in rows[track_id]]),
            np.stack([row[3] for row in rows[track_id]]),
            np.array([row[4] for row in rows[track_id]], np.float32),
        )
        for track_id in sorted(rows)
    }


def grid(session: EditedSession, people: Mapping[int, Curve]) -> Grid:
    """The curves with a row for each frame of the source up to the last one that was tracked.

    UserError when that is too much: formats with such a grid are for what fits into memory.
    """
    frames, joints = session.stored.last_frame_index + 1, len(session.skeleton)
    if frames * max(1, len(people)) * joints > MAX_GRID_JOINTS:
        raise UserError(
            f"This format holds a place for everybody in every frame, {frames:,} times {len(people)} here, which is "
            "too much; delete or hide people who don't count, or choose csv, tidy or parquet."
        )
    points = np.full((frames, len(people), joints, 2), np.nan, np.float32)
    confidence = np.full((frames, len(people), joints), np.nan, np.float32)
    scores = np.full((frames, len(people)), np.nan, np.float32)
    for column, curve in enumerate(people.values()):
        points[curve.frames, column] = curve.points
        confidence[curve.frames, column] = curve.confidence
        scores[curve.frames, column] = curve.scores
    return Grid(tuple(people), points, confidence, scores)
