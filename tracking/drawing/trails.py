"""The way each person has come during the last seconds."""

from collections import deque

import numpy as np
import numpy.typing as npt

from tracking.types import FrameResult

Points = npt.NDArray[np.float64]
HIPS = ("left_hip", "right_hip")


class Trails:
    """Collects where people are; starts again when time goes back or jumps."""

    def __init__(self, span_s: float = 2.0, *, jump_s: float = 1.0) -> None:
        self._span_s = span_s
        self._jump_s = jump_s
        self._time_s: float | None = None
        self._spots: dict[int, deque[tuple[float, float, float]]] = {}

    def add(self, result: FrameResult) -> None:
        """Takes the places of one frame: the middle of the hips, which is calmer than a box; else that of the box."""
        now = result.time_s
        if self._time_s is not None and not 0 <= now - self._time_s <= self._jump_s:
            self._spots.clear()
        self._time_s = now
        for person, (x, y) in zip(result.tracks.ids.tolist(), _middles(result).tolist(), strict=True):
            self._spots.setdefault(person, deque()).append((now, x, y))
        for person in list(self._spots):
            spots = self._spots[person]
            while spots and spots[0][0] < now - self._span_s:
                spots.popleft()
            if not spots:
                del self._spots[person]

    def clear(self) -> None:
        """Forgets everything."""
        self._spots.clear()
        self._time_s = None

    def lines(self) -> dict[int, Points]:
        """Person id to (M, 2) image pixels, oldest first."""
        return {person: np.array([spot[1:] for spot in spots]) for person, spots in self._spots.items()}


def _middles(result: FrameResult) -> Points:
    """(N, 2) the middle of everybody's hips, or of their box where none is known."""
    corners = result.tracks.boxes.astype(np.float64).reshape(-1, 2, 2)
    names = result.skeleton.keypoints
    hips = result.known_keypoints[:, [names.index(name) for name in HIPS if name in names]].astype(np.float64)
    known = np.asarray(np.isfinite(hips).all(axis=2))
    count = known.sum(axis=1)[:, None]
    middles = np.where(known[..., None], hips, 0.0).sum(axis=1) / np.maximum(count, 1)
    return np.where(count > 0, middles, corners.mean(axis=1))
