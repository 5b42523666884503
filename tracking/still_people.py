"""Who holds still, and need not be read in the next frame (docs/performance.md says what that saves and costs)."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from ppnet.poses import Poses
from tracking import boxes as box_math
from tracking.types import KeypointState, Tracks, TrackState, unread_people

Image = npt.NDArray[np.uint8]
Ids = npt.NDArray[np.int64]
Floats = npt.NDArray[np.floating]

MOST_MOVED = 0.02
"""Heights that the joints of somebody still move in a frame."""
SHARE = 90
"""Percentile of the joints of which that is true: a hand counts, a single wild answer doesn't."""
LEAST_JOINTS = 4
"""Joints seen twice without which nobody knows whether somebody moves."""
MOST_CHANGED = 14.0
"""Of 255, by which any part of their picture may have changed since they were read."""
LONGEST_S = 0.055
"""Since then; slower pictures leave too much time to move in."""
PICTURE_WH, PARTS_WH = (36, 48), (6, 8)
FINEST = 96
"""Rows of the picture that are looked at: more say nothing more, and take longer."""
AROUND = 0.1
"""Sides of the box beyond its border that are looked at as well: limbs begin to move out of it."""


@dataclass(frozen=True, eq=False)
class _Reading:
    """One person when they were last read: frame and time, keypoints (K, 2) of the network, NaN where it wasn't sure,
    which area of the picture is theirs, and what lies there (48, 36) if they held still, else None."""

    frame: int
    time_s: float
    keypoints: Floats
    area: Floats
    picture: Image | None


class StillPeople:
    """Decides whom the network need not read in a frame: who moved little between their last two readings, was read in
    the frame before, and whose picture has hardly changed since. Never two frames in a row.

    Of whom a joint is carried on just now is read again, so that it is found as soon as it can be seen.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget everyone; nobody is left out until they have been read twice."""
        self._frame = 0
        self._readings: dict[int, _Reading] = {}

    def left_out(self, image: Image, ids: Ids, time_s: float, *, longest_s: float = LONGEST_S) -> npt.NDArray[np.bool_]:
        """(M,) whether each person may be left out of this frame, which is the next one.

        ids: (M,) 0 for those who must be read. longest_s: for which a joint may be carried on.
        """
        self._frame += 1
        longest_s = min(longest_s, LONGEST_S)
        known = [self._readings.get(number) for number in ids.tolist()]
        return np.array([one is not None and self._is_still(one, image, time_s, longest_s) for one in known], np.bool_)

    def _is_still(self, reading: _Reading, image: Image, time_s: float, longest_s: float) -> bool:
        is_next = reading.frame == self._frame - 1 and 0 < time_s - reading.time_s <= longest_s
        if reading.picture is None or not is_next:
            return False
        return _change(reading.picture, _picture(image, reading.area)) <= MOST_CHANGED

    def take(
        self,
        image: Image,
        tracks: Tracks,
        raw: Poses,
        states: npt.NDArray[np.uint8],
        time_s: float,
        *,
        min_score: float,
    ) -> None:
        """What came of the frame: everybody, what the network said and the (N, K) `KeypointState` of their joints.
        Keypoints below `min_score` say nothing of how somebody moves."""
        before, self._readings = self._readings, {}
        sure = (raw.scores >= min_score) & raw.placed
        keypoints = np.where(sure[..., None], raw.keypoints, np.nan)
        carried = (states == KeypointState.PREDICTED).any(axis=1)
        unread = unread_people(tracks.states, raw.keypoints)
        for row in np.flatnonzero(tracks.states == TrackState.TRACKED).tolist():
            number, last = int(tracks.ids[row]), before.get(int(tracks.ids[row]))
            if unread[row]:
                self._readings |= {} if last is None else {number: last}
                continue
            box = tracks.boxes[row].astype(np.float64)
            area, picture = _around(box), None
            if last is not None and not carried[row]:
                moved = _moved(last.keypoints, keypoints[row], box)
                if moved <= MOST_MOVED * (self._frame - last.frame):
                    picture = _picture(image, area)
            self._readings[number] = _Reading(self._frame, time_s, keypoints[row], area, picture)


def _moved(before: Floats, now: Floats, box: Floats) -> float:
    """How far most joints (K, 2) have moved, heights of the box; inf where too few are known."""
    ways = np.hypot(*(now - before).T)
    known = np.isfinite(ways)
    if known.sum() < LEAST_JOINTS:
        return np.inf
    return float(np.percentile(ways[known], SHARE) / max(box[3] - box[1], 1.0))


def _around(box: Floats) -> Floats:
    reach = AROUND * box_math.sizes(box[None])[0]
    return np.concatenate([box[:2] - reach, box[2:] + reach])


def _picture(image: Image, area: Floats) -> Image:
    """(48, 36) the green of an RGB picture (H, W, 3) in an area x1, y1, x2, y2: it says as much as grey, sooner."""
    limits = np.tile(image.shape[1::-1], 2)
    x1, y1, x2, y2 = np.clip(np.rint(area), 0, limits).astype(int).tolist()
    if x2 <= x1 or y2 <= y1:
        return np.zeros(PICTURE_WH[::-1], np.uint8)
    step = max(1, (y2 - y1) // FINEST)
    green = np.ascontiguousarray(image[y1:y2:step, x1:x2:step, 1])
    return np.asarray(cv2.resize(green, PICTURE_WH, interpolation=cv2.INTER_AREA), np.uint8)


def _change(before: Image, now: Image) -> float:
    """Mean difference of two pictures (48, 36) in that of their parts where it is largest."""
    return float(cv2.resize(cv2.absdiff(before, now), PARTS_WH, interpolation=cv2.INTER_AREA).max())
