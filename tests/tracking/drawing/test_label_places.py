"""Numbers on the picture don't cover each other, stay inside it, and go along with their joints without jumps."""

import numpy as np
import pytest

from ppnet.poses import Poses
from ppnet.skeleton import COCO_17
from tests.results import SIZE_WH
from tests.tracking.drawing.test_scene import BODY, only
from tracking.angles import ANGLES
from tracking.drawing.colors import DARK_INK
from tracking.drawing.label_places import Number, apart
from tracking.drawing.scene import scene_of
from tracking.drawing.shapes import Label
from tracking.drawing.style import SceneStyle
from tracking.drawing.text import label_picture, label_place
from tracking.types import FrameResult, KeypointState, Tracks

KNEES = ("left_knee", "right_knee")


def crowd(*centers, scale=1.0, noise=0.0, seed=0, knees=None):
    """People about those places; `noise` pixels off; knees (N, 2, 2): where they are instead, from the middle."""
    middles = np.array(centers, np.float32)
    joints = scale * BODY + middles[:, None] + np.random.default_rng(seed).normal(0, noise, (len(middles), 17, 2))
    if knees is not None:
        joints[:, 13:15] = middles[:, None] + knees
    poses = Poses(joints.astype(np.float32), np.ones((len(middles), 17), np.float32), COCO_17)
    boxes = np.concatenate([middles - scale * np.float32([60, 110]), middles + scale * np.float32([60, 140])], axis=1)
    tracks = Tracks(np.arange(1, len(middles) + 1), boxes, np.ones(len(middles)), np.ones(len(middles)))
    states = np.full((len(middles), 17), KeypointState.MEASURED, np.uint8)
    return FrameResult(0, 0.0, SIZE_WH, tracks, poses, poses, states)


def plates(result, names, zoom=1.0):
    """(N, 4) left, top, right, bottom of the numbers as they are painted, image pixels."""
    scene = scene_of(result, SceneStyle(only(angles=names), zoom=zoom))
    corners = []
    for label in (shape for shape in scene.shapes if isinstance(shape, Label)):
        height, width = np.array(label_picture(label, zoom).shape[:2]) / zoom
        left, top = label_place(label, (width, height), scene.size_wh)
        corners.append((left, top, left + width, top + height))
    return np.array(corners)


def covered(corners):
    """Pairs of plates that share more than a pixel's edge."""
    shared = np.minimum(corners[:, None, 2:], corners[:, 2:]) - np.maximum(corners[:, None, :2], corners[:, :2])
    return int((np.triu((shared > 0.01).all(axis=2), 1)).sum())


@pytest.mark.parametrize("zoom", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("seed", range(6))
def test_no_number_covers_another(seed, zoom):
    people = crowd((200, 200), (230, 210), (330, 190), scale=0.9, noise=12, seed=seed)
    corners = plates(people, (*KNEES, "left_hip", "right_hip"), zoom)
    assert len(corners) == 12 and covered(corners) == 0


def test_at_the_edges_of_the_picture_they_stay_inside_and_apart():
    for center in ((5, 470), (635, 470), (5, 10), (635, 10)):
        corners = plates(crowd(center, center, noise=3), KNEES)
        assert covered(corners) == 0
        assert corners.min() >= 0 and (corners[:, 2:].max(axis=0) <= SIZE_WH).all()


def test_what_is_not_in_the_way_stays_where_it_is():
    alone, together = plates(crowd((150, 200)), KNEES), plates(crowd((150, 200), (500, 200)), KNEES)
    assert [corners in together.tolist() for corners in alone.tolist()] == [True, True]


def test_knees_that_cross_and_people_that_pass_make_no_number_jump():
    """A person walks past another, one pixel a frame, and the knees of both swing."""
    shown = []
    for step in range(400):
        turns = step / 20 + np.array([0.0, 2.0])
        left = np.stack([25 * np.sin(turns), np.full(2, 80.0)], axis=1)
        right = np.stack([-25 * np.sin(turns), 80 + 3 * np.cos(turns)], axis=1)
        people = crowd((120 + step, 200), (320, 203), knees=np.stack([left, right], axis=1))
        corners = plates(people, KNEES)
        assert covered(corners) == 0, step
        shown.append(corners)
    tops = np.array(shown)[:, :, 1]
    assert np.ptp(tops, axis=0).min() > 15, "nothing had to give way"
    assert np.abs(np.diff(tops, axis=0)).max() < 8


@pytest.mark.parametrize("zoom", [0.5, 1.0])
def test_what_has_no_room_is_left_out(zoom):
    """All angles of ten people at one place: more numbers than fit above each other."""
    names = tuple(ANGLES)
    crowded = plates(crowd(*[(320, 200)] * 10, scale=0.3, noise=2), names, zoom)
    assert covered(crowded) == 0 and 0 < len(crowded) < 120
    assert crowded.min() >= 0 and (crowded[:, 2:].max(axis=0) <= SIZE_WH).all()
    alone = plates(crowd((320, 200), scale=0.3, noise=2), names, zoom)
    assert len(alone) == len(names) and covered(alone) == 0, "and only then"


def test_labels_keep_their_order_and_words():
    labels = [Label(f"{number}°", (100.0, 100.0 + number), 20, DARK_INK, DARK_INK) for number in (3, 1, 2)]
    placed = apart([Number(label, label.at[1]) for label in labels], (300, 300))
    assert [label.text for label in placed] == ["3°", "1°", "2°"]
    assert sorted(placed, key=lambda label: label.at[1]) == [placed[1], placed[2], placed[0]], "the upper one goes up"
    assert [label.at[0] for label in placed] == [100.0] * 3
    lower = apart([Number(labels[1], 101.0, lower=1.0), Number(labels[0], 103.0)], (300, 300))
    assert lower[0].at[1] > lower[1].at[1], "but where it belongs below"
    assert apart([], (300, 300)) == []
