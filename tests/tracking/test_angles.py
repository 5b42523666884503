"""Angles of figures whose angles are known."""

import numpy as np
import pytest

from ppnet.skeleton import COCO_17, MPII_16
from tracking.angles import ANGLES, angle, angles


def figure(**places: tuple[float, float]) -> np.ndarray:
    points = np.full((17, 2), np.nan)
    for name, place in places.items():
        points[COCO_17.index(name)] = place
    return points


def test_twelve_angles_of_a_person_who_stands_straight() -> None:
    """Seen from the front, arms hanging: the person's left is on the right of the picture."""
    points = figure(
        left_ear=(110, 20), right_ear=(90, 20), left_shoulder=(130, 60), right_shoulder=(70, 60),
        left_elbow=(130, 110), right_elbow=(70, 110), left_wrist=(130, 160), right_wrist=(70, 160),
        left_hip=(130, 160), right_hip=(70, 160), left_knee=(130, 220), right_knee=(70, 220),
        left_ankle=(130, 280), right_ankle=(70, 280),
    )  # fmt: skip
    got = dict(zip(ANGLES, angles(points), strict=True))
    assert len(ANGLES) == 12
    straight = {name: 180.0 for side in ("left", "right") for name in (f"{side}_elbow", f"{side}_hip", f"{side}_knee")}
    level = dict.fromkeys(
        ("left_shoulder", "right_shoulder", "trunk_lean", "head_lean", "shoulder_tilt", "pelvis_tilt"), 0.0
    )
    assert got == pytest.approx({**straight, **level}, abs=1e-9)


@pytest.mark.parametrize("bend", [0, 30, 90, 150, 180])
def test_a_bent_knee_either_way(bend: float) -> None:
    for way in (1, -1):
        turn = np.radians(way * bend)
        ankle = (100 + 50 * np.sin(turn), 200 - 50 * np.cos(turn))
        points = figure(left_hip=(100, 150), left_knee=(100, 200), left_ankle=ankle)
        assert angle("left_knee", points) == pytest.approx(bend, abs=1e-5)


@pytest.mark.parametrize("lean", [-170, -45, 0, 20, 90, 179])
def test_leaning_to_the_right_of_the_picture_is_positive(lean: float) -> None:
    side = np.array([15, 0])
    top = np.array([100 + 60 * np.sin(np.radians(lean)), 200 - 60 * np.cos(np.radians(lean))])
    points = figure(left_hip=(110, 200), right_hip=(90, 200), left_shoulder=top + side, right_shoulder=top - side)
    assert angle("trunk_lean", points) == pytest.approx(lean)


def test_a_line_that_falls_to_the_right_is_a_positive_tilt_from_either_side() -> None:
    for facing in ("left", "right"), ("right", "left"):
        for drop, tilt in (0, 0), (50, 45), (-50, -45), (1e-9, 0), (-1e-9, 0):
            ends = {f"{facing[0]}_hip": (130, 100 + drop), f"{facing[1]}_hip": (80, 100)}
            assert angle("pelvis_tilt", figure(**ends)) == pytest.approx(tilt, abs=1e-6)


def test_missing_or_coinciding_joints_give_no_angle() -> None:
    assert np.isnan(angle("left_knee", figure(left_hip=(1, 2), left_knee=(3, 4))))
    same = figure(left_hip=(1, 2), left_knee=(1, 2), left_ankle=(3, 3))
    assert np.isnan(angle("left_knee", same))
    assert np.isnan(angles(np.full((4, 5, 17, 2), np.nan))).all() and angles(np.zeros((0, 17, 2))).shape == (0, 12)
    assert np.isnan(angle("head_lean", np.zeros((3, 16, 2)), MPII_16)).all()
    with pytest.raises(KeyError):
        angle("nose_knee", same)
