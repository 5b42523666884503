"""Smoothing made again from the raw joints of a whole run, without the network."""

import threading
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ppnet.poses import Poses
from tracking.pose_store import PoseStore
from tracking.smoothing import SmoothingSettings, make_smoother, smoothed_in_picture
from tracking.types import FrameResult

Smoothed = tuple[Poses, npt.NDArray[np.uint8]]
CHUNK_ROWS = 10_000  # read at once; others wait so long
LOOK_S = 0.05


class SmoothedPerson(NamedTuple):
    """One person's: indices of the frames (M,), keypoints (M, K, 2) pixels, states (M, K)."""

    frames: npt.NDArray[np.int64]
    keypoints: npt.NDArray[np.float32]
    states: npt.NDArray[np.uint8]


class SmoothedRun:
    """Smoothed joints and their states by frame; those of a long run lie in a temporary file."""

    def __init__(
        self, frames: Iterable[tuple[int, Poses, npt.NDArray[np.uint8]]] = (), ids: Sequence[int] = ()
    ) -> None:
        """frames: as `smooth_again` gives them; their indices rise. ids: numbers of all people, frame by frame, known
        when these are all given. UserError when there is no room for the file."""
        self._indices, self._ends = array("q"), array("q", [0])
        self._rows: PoseStore | None = None
        for frame_index, poses, states in frames:
            self._rows = PoseStore(poses.skeleton) if self._rows is None else self._rows
            self._rows.add(poses, states)
            self._indices.append(frame_index)
            self._ends.append(len(self._rows))
        self._ids = np.array(ids, np.int64)

    def get(self, frame_index: int) -> Smoothed | None:
        """One frame's; None where there is none."""
        at = bisect_left(self._indices, frame_index)
        if self._rows is None or at == len(self._indices) or self._indices[at] != frame_index:
            return None
        return self._rows.read(self._ends[at], self._ends[at + 1])

    def of_person(self, person: int) -> SmoothedPerson:
        """All that there is of one person."""
        numbers = np.flatnonzero(self._ids == person)
        frames = np.array(self._indices, np.int64)[np.searchsorted(self._ends, numbers, side="right") - 1]
        rows, joints = self._rows, 1 if self._rows is None else len(self._rows.skeleton)
        keypoints = np.empty((len(numbers), joints, 2), np.float32)
        states = np.empty((len(numbers), joints), np.uint8)
        for start in range(0, 0 if rows is None else len(rows), CHUNK_ROWS):
            own = slice(*np.searchsorted(numbers, (start, start + CHUNK_ROWS)))
            if rows is not None and own.start < own.stop:
                among = numbers[own] - start
                poses, of_joints = rows.read(start, start + CHUNK_ROWS)
                keypoints[own], states[own] = poses.keypoints[among], of_joints[among]
        return SmoothedPerson(frames, keypoints, states)


class LastSmoothing:
    """The smoothing of a session that was made last, kept as window, faces and exports mostly want the same one."""

    def __init__(self) -> None:
        self._made, self._made_for = SmoothedRun(), object()
        self._lock = threading.Lock()

    def get(
        self, wanted: object, make: Callable[[], SmoothedRun | None], cancelled: Callable[[], bool]
    ) -> SmoothedRun | None:
        """What is wanted, made unless it is there; whoever comes while one is made waits. None when it was cancelled.

        wanted: what it depends on, compared by ==.
        """
        while not self._lock.acquire(timeout=LOOK_S):
            if cancelled():
                return None
        try:
            if self._made_for != wanted:
                made = make()
                if made is None:
                    return None
                self._made, self._made_for = made, wanted
            return self._made
        finally:
            self._lock.release()


def smooth_again(
    results: Iterable[FrameResult], settings: SmoothingSettings
) -> Iterator[tuple[int, Poses, npt.NDArray[np.uint8]]]:
    """(frame_index, smoothed, states) of every frame, in order; rows as in the results.

    One that looks ahead looks at the whole run before it gives the first frame; the others give each frame as they go.
    """
    if settings.looks_ahead:
        from tracking.smoothing.rts import smooth_run

        yield from smooth_run(results, settings)
        return
    smoother = make_smoother(settings)
    for result in results:
        tracks = result.tracks
        poses, states = smoothed_in_picture(
            smoother,
            tracks.ids,
            result.raw,
            tracks.boxes,
            result.time_s,
            size_wh=result.size_wh,
            unread=result.unread,
        )
        yield result.frame_index, poses, states
