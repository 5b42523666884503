"""Joint and segment angles in the picture plane, in degrees (docs/exports.md says what each means).

A joint angle is the inner angle at a joint, 0 to 180: 180 is a straight elbow, knee or hip, 0 an arm along the trunk.
A lean is the turn of a segment away from upright, -180 to 180, and a tilt that of a left-right line away from level,
-90 to 90 whichever side faces the camera; both are positive when they turn clockwise in the picture.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ppnet.skeleton import COCO_17, Skeleton

Floats = npt.NDArray[np.float64]
Points = tuple[str, ...]


@dataclass(frozen=True)
class Arc:
    """Where an angle lies in the picture: from direction `start_deg` through `sweep_deg` about `at` (..., 2) pixels.

    Directions are clockwise from the picture's right, (...) degrees; NaN where a keypoint is missing.
    """

    at: Floats
    start_deg: Floats
    sweep_deg: Floats


@dataclass(frozen=True)
class JointAngle:
    """Inner angle at `at` between the directions to `one` and `other`; each a keypoint, or the middle of several."""

    one: Points
    at: Points
    other: Points
    words: str

    @property
    def needs(self) -> Points:
        """Names of the keypoints it is made from."""
        return self.one + self.at + self.other

    def arc(self, keypoints: npt.NDArray[np.floating], skeleton: Skeleton) -> Arc:
        """From `one` the shorter way to `other`, for keypoints (..., K, 2)."""
        at = middle_of(keypoints, self.at, skeleton)
        return inner_arc(middle_of(keypoints, self.one, skeleton), at, middle_of(keypoints, self.other, skeleton))

    def of(self, keypoints: npt.NDArray[np.floating], skeleton: Skeleton) -> Floats:
        """(...) degrees of keypoints (..., K, 2)."""
        return np.abs(self.arc(keypoints, skeleton).sweep_deg)


@dataclass(frozen=True)
class SegmentAngle:
    """Turn of the line `start` to `end` away from `rest_deg` (0: level, -90: upwards), clockwise positive.

    turn_deg: after so much the line looks the same again: 360, or 180 for a line without a direction.
    """

    start: Points
    end: Points
    rest_deg: float
    words: str
    turn_deg: float = 360.0

    @property
    def needs(self) -> Points:
        """Names of the keypoints it is made from."""
        return self.start + self.end

    def arc(self, keypoints: npt.NDArray[np.floating], skeleton: Skeleton) -> Arc:
        """From rest to the line, about its start, for keypoints (..., K, 2)."""
        at = middle_of(keypoints, self.start, skeleton)
        return turned_arc(at, middle_of(keypoints, self.end, skeleton), rest_deg=self.rest_deg, turn_deg=self.turn_deg)

    def of(self, keypoints: npt.NDArray[np.floating], skeleton: Skeleton) -> Floats:
        """(...) degrees of keypoints (..., K, 2), from minus to plus half a turn."""
        return self.arc(keypoints, skeleton).sweep_deg


SHOULDERS, HIPS, EARS = ("left_shoulder", "right_shoulder"), ("left_hip", "right_hip"), ("left_ear", "right_ear")


def _both(name: str, one: str, at: str, other: str, words: str) -> dict[str, "JointAngle | SegmentAngle"]:
    return {
        f"{side}_{name}": JointAngle(
            (f"{side}_{one}",), (f"{side}_{at}",), (f"{side}_{other}",), f"{side.capitalize()} {words}"
        )
        for side in ("left", "right")
    }


ANGLES: dict[str, JointAngle | SegmentAngle] = {
    **_both("elbow", "shoulder", "elbow", "wrist", "elbow"),
    **_both("shoulder", "elbow", "shoulder", "hip", "shoulder"),
    **_both("hip", "shoulder", "hip", "knee", "hip"),
    **_both("knee", "hip", "knee", "ankle", "knee"),
    "trunk_lean": SegmentAngle(HIPS, SHOULDERS, -90.0, "Trunk lean"),
    "head_lean": SegmentAngle(SHOULDERS, EARS, -90.0, "Head lean"),
    "shoulder_tilt": SegmentAngle(("right_shoulder",), ("left_shoulder",), 0.0, "Shoulder tilt", 180.0),
    "pelvis_tilt": SegmentAngle(("right_hip",), ("left_hip",), 0.0, "Pelvis tilt", 180.0),
}
"""The twelve common angles, by the name that heads their column."""


def angle(name: str, keypoints: npt.NDArray[np.floating], skeleton: Skeleton = COCO_17) -> Floats:
    """(...) degrees of one of `ANGLES` for keypoints (..., K, 2); NaN where a keypoint that it needs is missing.

    KeyError for an unknown name; all NaN when the skeleton has no such keypoint.
    """
    definition = ANGLES[name]
    if not has_angle(name, skeleton):
        return np.full(np.asarray(keypoints).shape[:-2], np.nan)
    return definition.of(np.asarray(keypoints), skeleton)


def has_angle(name: str, skeleton: Skeleton) -> bool:
    """Whether a skeleton has all keypoints that an angle needs. KeyError for an unknown name."""
    return set(ANGLES[name].needs) <= set(skeleton.keypoints)


def angles(keypoints: npt.NDArray[np.floating], skeleton: Skeleton = COCO_17) -> Floats:
    """(..., 12) degrees, in the order of `ANGLES`."""
    return np.stack([angle(name, keypoints, skeleton) for name in ANGLES], axis=-1)


def inner_arc(one: Floats, at: Floats, other: Floats) -> Arc:
    """The inner angle at `at`, from `one` the shorter way to `other`; all (..., 2) pixels."""
    first, second = one - at, other - at
    cross = first[..., 0] * second[..., 1] - first[..., 1] * second[..., 0]
    dot = (first * second).sum(axis=-1)
    return Arc(at, _direction(first), _known(np.degrees(np.arctan2(cross, dot)), first, second))


def turned_arc(start: Floats, end: Floats, *, rest_deg: float, turn_deg: float = 360.0) -> Arc:
    """The turn of the line `start` to `end`, both (..., 2) pixels, away from `rest_deg`: see `SegmentAngle`."""
    line, half = end - start, turn_deg / 2
    direction = _direction(line)
    sweep = half - (half - (direction - rest_deg)) % turn_deg
    return Arc(start, direction - sweep, _known(sweep, line))


def middle_of(keypoints: npt.NDArray[np.floating], names: Points, skeleton: Skeleton) -> Floats:
    """(..., 2) the mean of the named keypoints; NaN when one is missing."""
    index = [skeleton.index(name) for name in names]
    return np.asarray(np.asarray(keypoints, np.float64)[..., index, :].mean(axis=-2))


def _direction(line: Floats) -> Floats:
    """(...) degrees of directions (..., 2); y runs down, so they are clockwise."""
    return np.degrees(np.arctan2(line[..., 1], line[..., 0]))


def _known(angle_deg: Floats, *lines: Floats) -> Floats:
    """NaN where a line has no direction."""
    some = np.all([np.isfinite(line).all(axis=-1) & (line != 0).any(axis=-1) for line in lines], axis=0)
    return np.where(some, angle_deg, np.nan)
