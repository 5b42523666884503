"""Reads the tables of a session: whole frames, who is where without joints, and all rows of some people."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from ppnet.poses import Poses
from ppnet.skeleton import Skeleton
from tracking.boxes import longest_sides
from tracking.session import format as layout
from tracking.sightings import Sightings
from tracking.smoothing.in_picture import kept_inside
from tracking.types import FrameResult, Tracks


@dataclass(frozen=True)
class Rows:
    """People of many frames, one under the other, by frame.

    indices, times (F,): of all frames read. frames: (M,) index of the frame of each row; sizes_wh: (M, 2) its
    size. tracks, raw, smoothed: M rows; states: (M, K).
    """

    indices: npt.NDArray[np.int64]
    times: npt.NDArray[np.float64]
    frames: npt.NDArray[np.int64]
    sizes_wh: npt.NDArray[np.int64]
    tracks: Tracks
    raw: Poses
    smoothed: Poses
    states: npt.NDArray[np.uint8]


def results(database: sqlite3.Connection, first: int, last: int, most: int, skeleton: Skeleton) -> list[FrameResult]:
    """At most so many results with first <= frame_index <= last. ValueError when the rows are damaged."""
    frames = database.execute(
        f"SELECT {layout.FRAME_COLUMNS} FROM frames WHERE frame_index BETWEEN ? AND ? "  # noqa: S608
        "ORDER BY frame_index LIMIT ?",
        (first, last, most),
    ).fetchall()
    if not frames:
        return []
    people: dict[int, list[tuple[Any, ...]]] = {}
    found = database.execute(
        f"SELECT {layout.PEOPLE_COLUMNS} FROM people WHERE frame_index BETWEEN ? AND ? "  # noqa: S608
        "ORDER BY frame_index, row",
        (frames[0][0], frames[-1][0]),
    )
    for row in found:
        people.setdefault(row[0], []).append(row)
        if len(people[row[0]]) > layout.MAX_PEOPLE:
            raise ValueError(f"frame {row[0]} has too many people")
    if any(before >= after for before, after in pairwise([first - 1, *(frame[0] for frame in frames)])):
        raise ValueError("the frames are out of order")
    return [layout.result_from_rows(frame, people.get(frame[0], []), skeleton) for frame in frames]


def in_picture(result: FrameResult) -> FrameResult:
    """Without joints out of the picture, which sessions hold that were made when they were still carried on there."""
    smoothed, states = kept_inside(result.smoothed, result.states, longest_sides(result.tracks.boxes), result.size_wh)
    return result if smoothed is result.smoothed else replace(result, smoothed=smoothed, states=states)


def rows_in_picture(rows: Rows) -> Rows:
    """The same for rows of many frames."""
    smoothed, states = kept_inside(rows.smoothed, rows.states, longest_sides(rows.tracks.boxes), rows.sizes_wh[:, None])
    return replace(rows, smoothed=smoothed, states=states)


def sightings(database: sqlite3.Connection, start: int, end: int, most: int, keypoints: int) -> Sightings:
    """Who is where in at most so many frames with start <= frame_index < end. ValueError when the rows are damaged."""
    frames = _frames(database, start, end, most)
    if not frames:
        return Sightings.none()
    people = database.execute(
        f"SELECT {layout.SIGHTED_COLUMNS} FROM people WHERE frame_index BETWEEN ? AND ? "  # noqa: S608
        "ORDER BY frame_index, row",
        (frames[0][0], frames[-1][0]),
    ).fetchall()
    return layout.sightings_from_rows(frames, people, keypoints)


def rows(database: sqlite3.Connection, people: Sequence[int] | None, start: int, end: int, skeleton: Skeleton) -> Rows:
    """All rows of some people (None: of everybody). ValueError when they are damaged."""
    frames = _frames(database, start, end, -1)
    among = "" if people is None else f"AND track_id IN ({','.join(str(int(i)) for i in people)}) "
    found = database.execute(
        f"SELECT {layout.PEOPLE_COLUMNS} FROM people WHERE frame_index >= ? AND frame_index < ? {among}"  # noqa: S608
        "ORDER BY frame_index, row",
        (start, end),
    ).fetchall()
    times = layout.times_from([row[1] for row in frames])
    indices = np.array([row[0] for row in frames], np.int64)
    of_rows = np.array([row[0] for row in found], np.int64)
    if not np.isin(of_rows, indices).all():
        raise ValueError("frames and the people in them do not belong together")
    tracks, raw, smoothed, states = layout.stacked_from_rows(found, skeleton)
    layout.refuse_repeated(of_rows, tracks.ids)
    sizes_wh = np.array([row[2:] for row in frames], np.int64).reshape(len(frames), 2)
    return Rows(indices, times, of_rows, sizes_wh[np.searchsorted(indices, of_rows)], tracks, raw, smoothed, states)


def _frames(database: sqlite3.Connection, start: int, end: int, most: int) -> list[tuple[Any, ...]]:
    """Index, time and size of at most so many frames (-1: all), in order."""
    return database.execute(
        f"SELECT {layout.SIGHTED_FRAME_COLUMNS} FROM frames WHERE frame_index >= ? AND frame_index < ? "  # noqa: S608
        "ORDER BY frame_index LIMIT ?",
        (start, end, most),
    ).fetchall()


def first_backward(database: sqlite3.Connection) -> int | None:
    """See `Session.first_backward`."""
    row = database.execute(
        "SELECT frame_index FROM frames AS later WHERE time_s < (SELECT time_s FROM frames "
        "WHERE frame_index < later.frame_index ORDER BY frame_index DESC LIMIT 1) ORDER BY frame_index LIMIT 1"
    ).fetchone()
    return None if row is None else int(row[0])
