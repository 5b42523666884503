"""Angles on the picture: the number is that of tables and graphs, and it stands by its joint."""

from dataclasses import replace

import numpy as np
import pytest

from ppnet.errors import UserError
from ppnet.poses import Poses
from ppnet.skeleton import COCO_17
from tests.tracking.drawing.test_scene import BODY, CENTER, NOTHING, draw, only, person, plain
from tracking.angles import ANGLES, angle
from tracking.drawing.angle_arcs import GOLD
from tracking.drawing.colors import SIDE_COLORS
from tracking.drawing.scene import scene_of
from tracking.drawing.shapes import Label, Lines
from tracking.drawing.style import PeopleStyle, PictureLayers, SceneStyle
from tracking.drawing.text import label_picture, label_place
from tracking.types import FrameResult, KeypointState, Tracks

KNEE = COCO_17.index("left_knee")


def bent(ankle=(60, 82)):
    """A left shank that points to the right of the picture."""
    points = BODY + CENTER
    points[COCO_17.index("left_ankle")] = np.array(ankle) + CENTER
    return points


def shapes(result, *names, **people):
    return scene_of(result, SceneStyle(only(angles=names), PeopleStyle(**people))).shapes


@pytest.mark.parametrize("name", ANGLES)
def test_the_number_is_that_of_the_table(name):
    result = person(points=bent())
    (label,) = [shape for shape in shapes(result, name) if isinstance(shape, Label)]
    assert label.text == f"{round(float(angle(name, result.smoothed.keypoints)[0]))}°"


def test_the_arc_lies_between_the_limbs():
    result = person(points=bent())
    knee = result.smoothed.keypoints[0, KNEE]
    rim, _ = (shape for shape in shapes(result, "left_knee") if isinstance(shape, Lines))
    ends, arc = rim.points[:2], rim.points[2:]
    np.testing.assert_allclose(ends[0, 1], knee), np.testing.assert_allclose(ends[1, 0], knee)
    reach = np.hypot(*(arc[:, 0] - knee).T)
    np.testing.assert_allclose(reach, reach[0], rtol=1e-4)
    swept = np.degrees(np.arccos(np.dot(ends[0, 0] - knee, ends[1, 1] - knee) / reach[0] ** 2))
    assert swept == pytest.approx(float(angle("left_knee", result.smoothed.keypoints)[0]), abs=0.1)


@pytest.mark.parametrize("shift", [40, 0, -40])
def test_the_number_of_a_knee_stands_beside_that_knee(shift):
    """In a side view the legs cross: its number goes to the side that looks away from the other leg, in its colour."""
    points = BODY + CENTER
    knees = {"left": (shift / 2, 80), "right": (-shift / 2, 80)}
    for side, (x, y) in knees.items():
        points[COCO_17.index(f"{side}_knee")] = CENTER + np.array([x, y])
    labels = [shape for shape in shapes(person(points=points), "left_knee", "right_knee") if isinstance(shape, Label)]
    for (side, place), label in zip(knees.items(), labels, strict=True):
        assert label.ground == SIDE_COLORS[side]
        height, width = label_picture(label).shape[:2]
        left, top = label_place(label, (width, height), (320, 320))
        x, y = CENTER + place
        assert not (left < x < left + width and top < y < top + height), "it does not cover its joint"
        beside = left + width / 2 - x
        assert beside * place[0] > 0 if shift else abs(beside) < 1


def test_it_is_seen_in_the_picture():
    drawn = draw(plain(), person(points=bent()), only(angles=("left_knee",)))
    assert (np.abs(drawn.astype(int) - GOLD).max(axis=2) < 40).sum() > 30
    assert (draw(plain(), person(), NOTHING) == plain()).all()


def test_no_angle_without_all_its_joints():
    states = np.full((1, 17), KeypointState.MEASURED, np.uint8)
    states[0, COCO_17.index("left_ankle")] = KeypointState.MISSING
    assert shapes(person(states=states), "left_knee") == ()
    faint = replace(only(angles=("left_knee",)), min_score=0.5)
    assert scene_of(person(score=0.4), SceneStyle(faint)).shapes == ()


def test_of_the_chosen_person_alone():
    points = np.stack([bent(), bent((20, 130))]).astype(np.float32)
    boxes = np.array([[0, 0, 100, 200], [0, 0, 100, 200]])
    poses = Poses(points, np.ones((2, 17), np.float32), COCO_17)
    tracks = Tracks(np.array([1, 2]), boxes, np.ones(2), np.ones(2))
    states = np.full((2, 17), KeypointState.MEASURED, np.uint8)
    result = FrameResult(0, 0.0, (320, 320), tracks, poses, poses, states)
    count = [sum(isinstance(s, Label) for s in shapes(result, "left_knee", chosen=who)) for who in (None, 2, 7)]
    assert count == [2, 1, 2]


def test_an_unknown_angle_is_told():
    with pytest.raises(UserError, match="There is no angle knee; there are left_elbow"):
        PictureLayers(angles=("knee",))
