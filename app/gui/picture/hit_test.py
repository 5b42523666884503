"""What lies under the mouse: pure functions on a frame's result."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tracking.types import FrameResult, KeypointState


@dataclass(frozen=True, slots=True)
class HitTarget:
    """A person, and the keypoint of theirs when one was close enough (else None)."""

    person_id: int
    keypoint: int | None = None


def hit_test(
    result: FrameResult,
    point: npt.ArrayLike,
    *,
    reach_px: float,
    only_person: int | None = None,
) -> HitTarget | None:
    """The keypoint within `reach_px` image pixels of `point` (x, y), else the smallest box around it.

    Keypoints of `only_person` (the chosen one) win over those of other people.
    """
    if len(result) == 0:
        return None
    spot = np.asarray(point, np.float64)
    distances = np.linalg.norm(result.smoothed.keypoints - spot, axis=2)
    distances[result.states == KeypointState.MISSING] = np.inf
    distances = np.where(np.isnan(distances), np.inf, distances)
    if only_person is not None and (chosen := np.flatnonzero(result.tracks.ids == only_person)).size:
        row = int(chosen[0])
        joint = int(np.argmin(distances[row]))
        if distances[row, joint] <= reach_px:
            return HitTarget(only_person, joint)
    row, joint = divmod(int(np.argmin(distances)), distances.shape[1])
    if distances[row, joint] <= reach_px:
        return HitTarget(int(result.tracks.ids[row]), joint)
    return _smallest_box(result, spot)


def target_words(result: FrameResult, target: HitTarget) -> str:
    """A joint in words: its name, and how much there is to it."""
    if target.keypoint is None:
        return ""
    row = int(np.flatnonzero(result.tracks.ids == target.person_id)[0])
    name = result.skeleton.keypoints[target.keypoint].replace("_", " ")
    state = result.states[row, target.keypoint]
    if state == KeypointState.EDITED:
        return f"{name}, set by hand"
    confidence = f"{name}, confidence {100 * float(result.smoothed.scores[row, target.keypoint]):.0f} %"
    if state != KeypointState.PREDICTED:
        return confidence
    return (
        f"{confidence}, predicted: not read in this frame"
        if result.unread[row]
        else f"{confidence}, predicted: not seen here"
    )


def _smallest_box(result: FrameResult, spot: npt.NDArray[np.float64]) -> HitTarget | None:
    boxes = result.tracks.boxes
    inside = np.all((boxes[:, :2] <= spot) & (spot <= boxes[:, 2:]), axis=1)
    if not inside.any():
        return None
    areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    row = int(np.argmin(np.where(inside, areas, np.inf)))
    return HitTarget(int(result.tracks.ids[row]))
