"""Smoothing made again from the raw joints of a whole run, without the network."""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ppnet.poses import Poses
from ppnet.skeleton import Skeleton
from tracking.smoothing import SmoothingSettings, make_smoother
from tracking.types import FrameResult

Smoothed = tuple[Poses, npt.NDArray[np.uint8]]


class SmoothedPerson(NamedTuple):
    """One person's: indices of the frames (M,), keypoints (M, K, 2) pixels, states (M, K)."""

    frames: npt.NDArray[np.int64]
    keypoints: npt.NDArray[np.float32]
    states: npt.NDArray[np.uint8]


class SmoothedRun:
    """Smoothed joints and their states by frame, in a few long arrays: hours of them take little memory."""

    def __init__(
        self, frames: Iterable[tuple[int, Poses, npt.NDArray[np.uint8]]] = (), ids: Sequence[int] = ()
    ) -> None:
        """frames: as `smooth_again` gives them; their indices rise. ids: numbers of all people, frame by frame, known
        when these are all given."""
        self._indices, self._ends = array("q"), array("q", [0])
        self._skeleton: Skeleton | None = None
        keypoints, scores, states = array("f"), array("f"), array("B")
        for frame_index, poses, of_joints in frames:
            self._skeleton = poses.skeleton
            self._indices.append(frame_index)
            self._ends.append(self._ends[-1] + len(poses))
            keypoints.frombytes(poses.keypoints.tobytes())
            scores.frombytes(poses.scores.tobytes())
            states.frombytes(of_joints.tobytes())
        self._keypoints, self._scores = np.frombuffer(keypoints, np.float32), np.frombuffer(scores, np.float32)
        self._states = np.frombuffer(states, np.uint8)
        self._ids = np.array(ids, np.int64)

    def get(self, frame_index: int) -> Smoothed | None:
        """One frame's; None where there is none."""
        at = bisect_left(self._indices, frame_index)
        if self._skeleton is None or at == len(self._indices) or self._indices[at] != frame_index:
            return None
        joints = len(self._skeleton)
        rows = slice(self._ends[at] * joints, self._ends[at + 1] * joints)
        keypoints = self._keypoints[2 * rows.start : 2 * rows.stop].reshape(-1, joints, 2)
        poses = Poses(keypoints, self._scores[rows].reshape(-1, joints), self._skeleton)
        return poses, self._states[rows].reshape(-1, joints)

    def of_person(self, person: int) -> SmoothedPerson:
        """All that there is of one person."""
        joints = 1 if self._skeleton is None else len(self._skeleton)
        rows = np.flatnonzero(self._ids == person)
        frames = np.array(self._indices, np.int64)[np.searchsorted(self._ends, rows, side="right") - 1]
        keypoints, states = self._keypoints.reshape(-1, joints, 2), self._states.reshape(-1, joints)
        return SmoothedPerson(frames, keypoints[rows], states[rows])


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
        poses, states = smoother.update(result.tracks.ids, result.raw, result.tracks.boxes, result.time_s)
        yield result.frame_index, poses, states
