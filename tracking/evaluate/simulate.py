"""Stand-ins for detector and network that answer from the truth: perfect boxes, and joints with a network's faults.

They need no picture, so hundreds of clips can be tried in the time that the networks need for one.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ppnet.poses import Poses
from ppnet.skeleton import COCO_17
from tracking import boxes as box_math
from tracking.evaluate.truth import VISIBLE, Truth, TruthFrame
from tracking.types import Detections

MIN_SEEN = 0.25  # people of whom less can be seen are nobody's duty: neither a miss nor a false answer
SHOWN = 0.1  # a network says nothing about people of whom less shows


class TrueBoxes:
    """A detector that knows everyone of whom enough can be seen. Set `index` to the frame before each picture."""

    def __init__(self, truth: Truth) -> None:
        self.index = 0
        self._truth = truth

    def detect(self, image: npt.NDArray[np.uint8]) -> Detections:
        """See `PersonDetector.detect`; the picture is not looked at."""
        frame = self._truth.frames[self.index]
        seen = frame.seen_share >= MIN_SEEN
        scores = 0.5 + 0.5 * frame.seen_share[seen]
        return Detections(frame.boxes[seen].astype(np.float32), scores.astype(np.float32))

    def close(self) -> None:
        """Nothing to free."""


@dataclass(frozen=True)
class Faults:
    """How far a simulated network is off; lengths as fractions of the box's longest side.

    noise: independent from frame to frame. drift: slowly changing error, with a memory of `memory_s`.
    covered_factor: by how much both grow for joints that are covered. wild: share of joints put anywhere in the
    box. exchanged: share of frames in which left and right legs are exchanged.
    """

    noise: float = 0.008
    drift: float = 0.008
    memory_s: float = 0.15
    covered_factor: float = 3.0
    wild: float = 0.01
    exchanged: float = 0.01


class SimulatedNetwork:
    """An estimator that finds in each box the person who fills it best, as a network would: who stands in front.

    Deterministic: the same clip, seed and calls give the same joints. Set `index` before each picture.
    """

    def __init__(self, truth: Truth, *, faults: Faults | None = None, seed: int = 1) -> None:
        self.index = 0
        self._truth = truth
        self._faults = faults or Faults()
        self._seed = seed
        self._drifts = _drifts(truth, self._faults, seed)

    def estimate(self, image: npt.NDArray[np.uint8], boxes: npt.NDArray[np.float32]) -> Poses:
        """See `PoseEstimator.estimate`; the picture is not looked at."""
        frame = self._truth.frames[self.index]
        keypoints = np.full((len(boxes), 17, 2), np.nan, np.float32)
        scores = np.zeros((len(boxes), 17), np.float32)
        for row, box in enumerate(boxes):
            person = _foremost(frame, box.astype(np.float64))
            if person is not None:
                keypoints[row], scores[row] = self._answer(frame, person)
        return Poses(keypoints, scores, COCO_17)

    def _answer(self, frame: TruthFrame, person: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        faults, track_id = self._faults, int(frame.ids[person])
        rng = np.random.default_rng((self._seed, self.index, track_id))
        side = float(box_math.sizes(frame.boxes[person : person + 1]).max())
        covered = frame.visibility[person] != VISIBLE
        factor = np.where(covered, faults.covered_factor, 1.0)[:, None] * side
        noise = rng.normal(0, faults.noise, (17, 2)) + self._drifts[track_id][self.index]
        keypoints = frame.keypoints[person] + noise * factor
        scores = np.clip(np.where(covered, 0.4, 0.85) + rng.normal(0, 0.08, 17), 0.05, 1.0)
        wild = rng.random(17) < faults.wild
        keypoints[wild] = rng.uniform(frame.boxes[person, :2], frame.boxes[person, 2:], (int(wild.sum()), 2))
        scores[wild] *= 0.5
        if rng.random() < faults.exchanged:
            legs = np.arange(11, 17)
            twins = COCO_17.flip_index[legs]
            keypoints[legs], scores[legs] = keypoints[twins], scores[twins]
        scores[frame.visibility[person] == 0] = 0.05
        return keypoints, scores


def _foremost(frame: TruthFrame, box: npt.NDArray[np.float64]) -> int | None:
    """Index of the person whom a network would find in a box: the one who fills it, if enough of them shows."""
    if not len(frame):
        return None
    fit = box_math.iou_matrix(box[None], frame.boxes)[0] * (0.2 + 0.8 * frame.seen_share)
    best = int(np.argmax(fit))
    return best if fit[best] > 0.1 and frame.seen_share[best] >= SHOWN else None


def _drifts(truth: Truth, faults: Faults, seed: int) -> dict[int, npt.NDArray[np.float64]]:
    """Track id -> (T, 17, 2) slowly changing errors (a first-order process in the clip's own time)."""
    ids = sorted({int(track_id) for frame in truth.frames for track_id in frame.ids})
    times = np.array([frame.time_s for frame in truth.frames])
    drifts = {}
    for track_id in ids:
        rng = np.random.default_rng((seed, 7919, track_id))
        drift = np.zeros((len(times), 17, 2))
        drift[0] = rng.normal(0, faults.drift, (17, 2))
        for t, step_s in enumerate(np.diff(times), start=1):
            keep = np.exp(-max(step_s, 0.0) / faults.memory_s)
            drift[t] = keep * drift[t - 1] + rng.normal(0, faults.drift * np.sqrt(1 - keep**2), (17, 2))
        drifts[track_id] = drift
    return drifts
