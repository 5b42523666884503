"""The values that flow through the pipeline: Frame -> Detections -> Tracks -> FrameResult.

All are immutable; arrays are made read-only. N = 0 is normal: empty arrays of the right shape, never None.
"""

from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from ppnet.poses import Poses
from ppnet.skeleton import Skeleton

Array = npt.NDArray[np.generic]
_ANY_LENGTH = (None,)


class KeypointState(IntEnum):
    """Where a keypoint's position comes from."""

    MISSING = 0  # no position
    MEASURED = 1  # the network saw it in this frame
    PREDICTED = 2  # carried over a short gap by the filter
    EDITED = 3  # set by hand


class TrackState(IntEnum):
    """Where a person's box comes from."""

    TRACKED = 1  # confirmed by the detector or by the network's joints
    PREDICTED = 2  # lost for the moment; carried by the motion model


def _freeze(obj: object, name: str, dtype: npt.DTypeLike, shape: tuple[int | None, ...]) -> None:
    """Every frame comes by here a dozen times."""
    given = getattr(obj, name)
    array = np.ascontiguousarray(given, dtype)
    if array.shape != shape and (shape != _ANY_LENGTH or array.ndim != 1):
        raise ValueError(f"{type(obj).__name__}.{name}: shape {shape} wanted, got {array.shape}")
    if array.flags.writeable:
        array = array.copy() if array is given else array
        array.setflags(write=False)
    if array is not given:
        object.__setattr__(obj, name, array)


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture of a source.

    index: position in the source, from 0; gaps are allowed when live.
    time_s: presentation time in seconds as the file says it (live: a monotonic clock at the grab).
    image: (H, W, 3) uint8 RGB, upright (rotation already obeyed).
    """

    index: int
    time_s: float
    image: npt.NDArray[np.uint8] = field(repr=False)

    @property
    def size_wh(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.image.shape[1], self.image.shape[0]


@dataclass(frozen=True, slots=True)
class Detections:
    """N person boxes of one frame: boxes (N, 4) float32 xyxy image pixels, scores (N,) float32 in 0..1."""

    boxes: npt.NDArray[np.float32]
    scores: npt.NDArray[np.float32]

    def __post_init__(self) -> None:
        _freeze(self, "scores", np.float32, _ANY_LENGTH)
        _freeze(self, "boxes", np.float32, (len(self.scores), 4))

    def __len__(self) -> int:
        return len(self.scores)

    @classmethod
    def empty(cls) -> "Detections":
        """Nobody found."""
        return cls(np.zeros((0, 4), np.float32), np.zeros(0, np.float32))


@dataclass(frozen=True, slots=True)
class Tracks:
    """N people followed over time.

    ids: (N,) int64, from 1, never used again. boxes: (N, 4) float32 xyxy image pixels, all finite (else ValueError).
    scores: (N,) float32 score of the person's latest detection. states: (N,) uint8 `TrackState`.
    """

    ids: npt.NDArray[np.int64]
    boxes: npt.NDArray[np.float32]
    scores: npt.NDArray[np.float32]
    states: npt.NDArray[np.uint8]

    def __post_init__(self) -> None:
        _freeze(self, "ids", np.int64, _ANY_LENGTH)
        count = len(self.ids)
        _freeze(self, "boxes", np.float32, (count, 4))
        _freeze(self, "scores", np.float32, (count,))
        _freeze(self, "states", np.uint8, (count,))
        if not np.isfinite(self.boxes).all():
            raise ValueError("Tracks.boxes: every box must be finite")

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, rows: npt.NDArray[np.intp]) -> "Tracks":
        """Only these people, in this order; rows: (M,)."""
        return Tracks(self.ids[rows], self.boxes[rows], self.scores[rows], self.states[rows])

    @classmethod
    def empty(cls) -> "Tracks":
        """Nobody followed."""
        return cls(
            np.zeros(0, np.int64),
            np.zeros((0, 4), np.float32),
            np.zeros(0, np.float32),
            np.zeros(0, np.uint8),
        )


def unread_people(states: npt.NDArray[np.uint8], keypoints: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
    """(N,) people in view whom the network was not asked about, because they held still: their joints are predicted
    for this one frame. states: (N,) `TrackState`; keypoints: (N, K, 2) as the network gave them."""
    in_view = states == TrackState.TRACKED.value
    return np.asarray(in_view & ~np.isfinite(keypoints[..., 0]).any(axis=1), np.bool_)


@dataclass(frozen=True, slots=True)
class StageTimes:
    """Seconds that one frame spent in each stage."""

    detect_s: float = 0.0
    track_s: float = 0.0
    pose_s: float = 0.0
    smooth_s: float = 0.0

    @property
    def total_s(self) -> float:
        """All stages together."""
        return self.detect_s + self.track_s + self.pose_s + self.smooth_s


@dataclass(frozen=True, slots=True)
class FrameResult:
    """Everything that is known of one frame; holds no image, so that hours of results stay small.

    Row i of `raw`, `smoothed` and `states` belongs to row i of `tracks`.
    raw: the network's keypoints as they came (NaN and score 0 where it was not asked).
    smoothed: keypoints after the filter (equal to raw when smoothing is off, but below the confidence limit missing).
    states: (N, K) uint8 `KeypointState` of the smoothed keypoints.
    """

    frame_index: int
    time_s: float
    size_wh: tuple[int, int]
    tracks: Tracks
    raw: Poses
    smoothed: Poses
    states: npt.NDArray[np.uint8]
    times: StageTimes = StageTimes()

    def __post_init__(self) -> None:
        count = len(self.tracks)
        if not len(self.raw) == len(self.smoothed) == count:
            raise ValueError(f"{count} tracks but {len(self.raw)} raw and {len(self.smoothed)} smoothed poses")
        _freeze(self, "states", np.uint8, self.smoothed.scores.shape)

    def __len__(self) -> int:
        return len(self.tracks)

    @property
    def skeleton(self) -> Skeleton:
        """Names and order of the keypoints."""
        return self.smoothed.skeleton

    @property
    def unread(self) -> npt.NDArray[np.bool_]:
        """(N,) see `unread_people`."""
        return unread_people(self.tracks.states, self.raw.keypoints)

    @property
    def known_keypoints(self) -> npt.NDArray[np.float32]:
        """(N, K, 2) the smoothed keypoints, NaN where missing."""
        missing = self.states == KeypointState.MISSING
        return np.where(missing[..., None], np.float32(np.nan), self.smoothed.keypoints)
