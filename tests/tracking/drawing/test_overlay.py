"""The overlay: every part shows, in its colour, where it belongs; the picture handed in stays as it is."""

from dataclasses import replace

import numpy as np
import pytest

from ppnet.errors import UserError
from ppnet.poses import Poses
from ppnet.skeleton import COCO_17, MPII_16
from tracking.drawing.overlay import SIDE_COLORS, OverlaySettings, draw, track_color
from tracking.types import FrameResult, KeypointState, Tracks, TrackState

GREY = 110
BODY = np.array(
    [[0, -90], [6, -96], [-6, -96], [14, -92], [-14, -92], [30, -60], [-30, -60], [45, -20], [-45, -20], [50, 20],
     [-50, 20], [20, 30], [-20, 30], [24, 80], [-24, 80], [26, 130], [-26, 130]], np.float32,
)  # fmt: skip
CENTER = np.array([160, 140])
NOTHING = OverlaySettings(skeletons=False, joints=False, boxes=False, labels=False)


def plain(size_wh=(320, 320)):
    return np.full((size_wh[1], size_wh[0], 3), GREY, np.uint8)


def person(center=(160, 140), *, score=1.0, states=None, track_state=TrackState.TRACKED, track_id=1, points=None):
    points = (BODY + center if points is None else points)[None].astype(np.float32)
    states = np.full((1, 17), KeypointState.MEASURED, np.uint8) if states is None else states
    box = [[center[0] - 60, center[1] - 110, center[0] + 60, center[1] + 140]]
    poses = Poses(points, np.full((1, 17), score, np.float32), COCO_17)
    tracks = Tracks(np.array([track_id]), np.array(box), np.array([0.9]), np.array([track_state]))
    return FrameResult(0, 0.0, (320, 320), tracks, poses, poses, states)


def changed(image):
    return (image != GREY).any(axis=2)


def only(**parts):
    return replace(NOTHING, **parts)


def near(image, x, y, color, reach=2):
    """Whether a pixel of about that colour lies at (x, y)."""
    patch = image[int(y) - reach : int(y) + reach + 1, int(x) - reach : int(x) + reach + 1].astype(int)
    return bool((np.abs(patch - color).max(axis=2) < 25).any())


def test_the_picture_handed_in_stays_as_it_is():
    image = plain()
    image.flags.writeable = False
    drawn = draw(image, person())
    assert (image == GREY).all() and changed(drawn).any()
    assert drawn.flags.writeable


def test_sides_have_their_colours():
    drawn = draw(plain(), person(), only(skeletons=True))
    left, right = SIDE_COLORS["left"], SIDE_COLORS["right"]
    assert left[2] > left[0] and right[0] > right[2], "left is blue, right is orange"
    assert near(drawn, 160 + 22, 140 + 55, SIDE_COLORS["left"]), "left thigh"
    assert near(drawn, 160 - 22, 140 + 55, SIDE_COLORS["right"]), "right thigh"
    assert near(drawn, 160, 140 - 60, SIDE_COLORS["middle"]), "shoulders"


@pytest.mark.parametrize("part", ["skeletons", "joints", "boxes", "labels"])
def test_every_part_can_be_left_out(part):
    whole, without = draw(plain(), person()), draw(plain(), person(), OverlaySettings(**{part: False}))
    assert (whole != without).any()
    assert changed(draw(plain(), person(), only(**{part: True}))).any()
    assert not changed(draw(plain(), person(), NOTHING)).any()


def test_missing_joints_and_their_edges_are_not_drawn():
    states = np.full((1, 17), KeypointState.MEASURED, np.uint8)
    states[0, [9, 13, 15]] = KeypointState.MISSING
    settings = only(skeletons=True, joints=True)
    difference = changed(draw(plain(), person(), settings)) & ~changed(draw(plain(), person(states=states), settings))
    for joint in (9, 15):
        x, y = BODY[joint].astype(int) + CENTER
        assert difference[y, x]
    points = BODY + CENTER
    points[15] = np.nan
    drawn = changed(draw(plain(), person(points=points), settings))
    assert not drawn[250:, 170:].any(), "a joint without a position is missing too"


def test_joints_below_the_limit_are_left_out():
    drawn = draw(plain(), person(score=0.4), only(joints=True, min_score=0.5))
    assert not changed(drawn).any()
    assert changed(draw(plain(), person(score=0.4), only(joints=True, min_score=0.3))).any()


def test_joints_grow_with_confidence():
    sizes = [changed(draw(plain(), person(score=score), only(joints=True))).sum() for score in (0.1, 0.5, 1.0)]
    assert sizes[0] < sizes[1] < sizes[2]


def test_predicted_joints_are_hollow_and_their_edges_dashed():
    states = np.full((1, 17), KeypointState.PREDICTED, np.uint8)
    settings = only(joints=True, line_width=4)
    x, y = BODY[15].astype(int) + CENTER
    assert changed(draw(plain(), person(), settings))[y, x]
    assert not changed(draw(plain(), person(states=states), settings))[y, x]
    solid = changed(draw(plain(), person(), only(skeletons=True))).sum()
    dashed = changed(draw(plain(), person(states=states), only(skeletons=True))).sum()
    assert 0.3 * solid < dashed < 0.85 * solid


def test_predicted_people_have_dashed_boxes():
    solid = changed(draw(plain(), person(), only(boxes=True))).sum()
    dashed = changed(draw(plain(), person(track_state=TrackState.PREDICTED), only(boxes=True))).sum()
    assert 0.3 * solid < dashed < 0.8 * solid


def test_ids_have_their_colour_and_name():
    assert len({track_color(number) for number in range(1, 60)}) == 59
    drawn = draw(plain(), person(track_id=7), only(boxes=True))
    assert near(drawn, 100, 200, track_color(7))
    label = changed(draw(plain(), person(), only(labels=True))).sum()
    assert changed(draw(plain(), person(), only(labels=True, names={1: "Anna Lena"}))).sum() > 2 * label
    assert changed(draw(plain(), person(), only(labels=True, scores=True))).sum() > 2 * label


def test_raw_and_hidden():
    result = person()
    moved = replace(result, smoothed=Poses(result.raw.keypoints + 40, result.raw.scores, COCO_17))
    left_ankle = BODY[15].astype(int) + CENTER
    assert changed(draw(plain(), moved, only(joints=True, raw=True)))[left_ankle[1], left_ankle[0]]
    assert not changed(draw(plain(), moved, only(joints=True)))[left_ankle[1], left_ankle[0]]
    assert not changed(draw(plain(), result, OverlaySettings(hidden=frozenset({1})))).any()


@pytest.mark.parametrize("center", [(0, 0), (320, 320), (-500, 100), (1e7, -1e7), (160, 30)])
def test_people_outside_the_picture_do_no_harm(center):
    drawn = draw(plain(), person(center))
    assert drawn.shape == (320, 320, 3)
    for size_wh in ((1, 1), (3, 2), (40, 9)):
        assert draw(plain(size_wh), person(center)).shape == (size_wh[1], size_wh[0], 3)


def test_nobody_and_broken_numbers():
    empty = Poses.empty(COCO_17)
    nobody = FrameResult(0, 0.0, (320, 320), Tracks.empty(), empty, empty, np.zeros((0, 17), np.uint8))
    assert not changed(draw(plain(), nobody)).any()
    lost = person(points=np.full((17, 2), np.nan, np.float32))
    assert not changed(draw(plain(), lost, only(skeletons=True, joints=True))).any()


def test_sixteen_joints_are_drawn_too():
    poses = Poses((BODY[None, :16] + CENTER).astype(np.float32), np.ones((1, 16), np.float32), MPII_16)
    result = FrameResult(0, 0.0, (320, 320), person().tracks, poses, poses, np.ones((1, 16), np.uint8))
    assert changed(draw(plain(), result, only(skeletons=True))).any()


def test_settings_out_of_range():
    for settings in ({"min_score": 2}, {"line_width": 0}, {"line_width": 1000}):
        with pytest.raises(UserError):
            OverlaySettings(**settings)
