"""`PoseStore`: many poses, in memory while they are few, else in a temporary file."""

import tempfile
import threading
import weakref

import numpy as np
import numpy.typing as npt

from ppnet.errors import UserError
from ppnet.poses import Poses
from ppnet.skeleton import Skeleton

MEMORY_BYTES = 2**22


class PoseStore:
    """Poses with the states of their joints, numbered from 0 in the order in which they come. For any thread."""

    def __init__(self, skeleton: Skeleton) -> None:
        self.skeleton, joints = skeleton, len(skeleton)
        self._row = np.dtype(
            [("keypoints", "f4", (joints, 2)), ("scores", "f4", (joints,)), ("states", "u1", (joints,))]
        )
        self._count, self._is_at_end = 0, True
        self._lock = threading.Lock()
        self._file = tempfile.SpooledTemporaryFile(MEMORY_BYTES)  # noqa: SIM115 - closed by `finalize`
        weakref.finalize(self, self._file.close)

    def __len__(self) -> int:
        return self._count

    def add(self, poses: Poses, states: npt.NDArray[np.uint8]) -> int:
        """Puts N poses with their states (N, K) behind the others; returns the number of the first. UserError when
        there is no room."""
        rows = np.empty(len(poses), self._row)
        rows["keypoints"], rows["scores"], rows["states"] = poses.keypoints, poses.scores, states
        with self._lock:
            first = self._count
            try:
                if not self._is_at_end:
                    self._file.seek(first * self._row.itemsize)
                self._file.write(rows.tobytes())
            except OSError as error:
                raise UserError(
                    f"The temporary folder cannot be written ({error.strerror}); free some space there, or set the "
                    "variable TMPDIR to another folder."
                ) from error
            self._count, self._is_at_end = first + len(rows), True
            return first

    def read(self, first: int, last: int) -> tuple[Poses, npt.NDArray[np.uint8]]:
        """Those with first <= number < last, and their states."""
        size = self._row.itemsize
        with self._lock:
            self._is_at_end = False
            self._file.seek(first * size)
            rows = np.frombuffer(self._file.read((last - first) * size), self._row)
        keypoints, scores, states = (np.ascontiguousarray(rows[name]) for name in ("keypoints", "scores", "states"))
        return Poses(keypoints, scores, self.skeleton), states
