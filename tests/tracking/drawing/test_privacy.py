"""Hidden heads: every pixel of a head is gone, the rest of the picture stays."""

from dataclasses import replace

import numpy as np

from ppnet.poses import Poses
from ppnet.skeleton import COCO_17, MPII_16
from tests.results import SIZE_WH, made_result
from tracking.drawing.privacy import BLOCKS, RecentResults, blur_faces, head_boxes, hidden_areas, private_picture
from tracking.drawing.style import PictureLayers
from tracking.session.edit_plan import with_smoothed
from tracking.types import KeypointState


def noise() -> np.ndarray:
    return np.random.default_rng(3).integers(0, 256, (SIZE_WH[1], SIZE_WH[0], 3), np.uint8)


def test_heads_become_blocks_and_the_rest_stays():
    image, result = noise(), made_result(5)
    hidden = blur_faces(image, [result], result.time_s)
    outside = np.ones(image.shape[:2], bool)
    for x1, y1, x2, y2 in head_boxes(result):
        rows = slice(max(int(np.floor(y1)), 0), int(np.ceil(y2)))
        columns = slice(max(int(np.floor(x1)), 0), int(np.ceil(x2)))
        outside[rows, columns] = False
        assert len(np.unique(hidden[rows, columns].reshape(-1, 3), axis=0)) <= BLOCKS**2
    np.testing.assert_array_equal(hidden[outside], image[outside])
    for row in range(len(result)):
        for x, y in result.smoothed.keypoints[row, :3]:
            assert (hidden[round(float(y)), round(float(x))] != image[round(float(y)), round(float(x))]).any()


def test_head_without_joints_is_the_top_of_the_box():
    result = made_result(0, ids=(1,))
    keypoints = np.full_like(result.smoothed.keypoints, np.nan)
    scores = np.zeros_like(result.smoothed.scores)
    bare = replace(result, smoothed=replace(result.smoothed, keypoints=keypoints, scores=scores))
    (head,) = head_boxes(bare)
    box = result.tracks.boxes[0]
    assert head[0] < box[0] < box[2] < head[2] and head[1] < box[1] < box[1] + 0.4 * (box[3] - box[1]) < head[3]
    lying = with_smoothed(made_result(0, ids=(1,), boxes=np.array([[50, 300, 350, 380]])), bare.smoothed, bare.states)
    (whole,) = head_boxes(lying)
    assert whole[0] < 50 and whole[2] > 350 and whole[1] < 300 and whole[3] > 380, "who lies may have the head anywhere"


def test_heads_are_found_by_the_joints_of_any_set():
    seen = made_result(0, ids=(1,))
    heights = {"head_top": 45, "upper_neck": 70, "shoulder": 80, "hip": 130, "knee": 175, "ankle": 215}
    keypoints = np.array(
        [[(100.0, heights.get(name.removeprefix("left_").removeprefix("right_"), 105)) for name in MPII_16.keypoints]],
        np.float32,
    )
    poses = Poses(keypoints, np.ones((1, 16), np.float32), MPII_16)
    (head,) = head_boxes(replace(seen, raw=poses, smoothed=poses, states=np.ones((1, 16), np.uint8)))
    assert head[1] < 45 and 70 < head[3] < 130, "head and neck, not the legs that come first in this set"


def test_joints_that_are_not_sure_do_not_narrow_what_is_hidden():
    result = made_result(0, ids=(1,))
    far = result.smoothed.keypoints.copy()
    far[:, :5] = (400.0, 300.0)
    unsure = np.full_like(result.smoothed.scores, 0.25)
    weak = with_smoothed(result, replace(result.smoothed, keypoints=far, scores=unsure), result.states)
    (head,), box = head_boxes(weak), result.tracks.boxes[0]
    assert head[0] < box[0] and head[1] < box[1] and head[2] > 400 and head[3] > 300


def test_where_people_overlap_a_face_may_be_the_others():
    near = made_result(0, ids=(1, 2), boxes=np.array([[70, 40, 160, 220], [150, 40, 230, 220]], np.float32))
    apart = made_result(0, ids=(1, 2), boxes=np.array([[70, 40, 130, 220], [170, 40, 230, 220]], np.float32))
    assert head_boxes(near)[0, 0] < 70 and head_boxes(near)[0, 2] > 160
    assert head_boxes(apart)[0, 0] > 70 - 12 and head_boxes(apart)[0, 2] < 160


def test_who_is_lost_or_about_to_come_stays_hidden_for_a_while():
    image, seen = noise(), made_result(30, ids=(1,))
    x, y = seen.smoothed.keypoints[0, 0].round().astype(int)
    for later, hidden in ((31, True), (50, True), (59, True), (64, False)):
        blurred = blur_faces(image, [seen, made_result(later, ids=())], later / 30)
        assert bool((blurred[y, x] != image[y, x]).any()) is hidden
    assert (blur_faces(image, [made_result(20, ids=()), seen], 20 / 30)[y, x] != image[y, x]).any()
    small, large = (np.ptp(hidden_areas([seen], 1.0 + s).reshape(2, 2), axis=0) for s in (0.0, 0.5))
    assert (large > small).all(), "they may have moved meanwhile"
    recent = RecentResults()
    assert [len(recent.add(made_result(index, ids=()))) for index in (0, 15, 29, 45, 200)] == [1, 2, 3, 3, 1]


def test_around_one_person_followed_alone_nobody_can_be_recognised():
    image, result = noise(), made_result(5, ids=(1,))
    hidden = blur_faces(image, [result], result.time_s, alone=True)
    x1, _, x2, y2 = result.tracks.boxes[0].round().astype(int)
    assert (hidden[y2 - 60 : y2, x1:x2] == image[y2 - 60 : y2, x1:x2]).all(), "the person stays clear"
    assert len(np.unique(hidden[:, x2 + 60 :].reshape(-1, 3), axis=0)) <= 24 * 32
    nobody = blur_faces(image, [made_result(5, ids=())], 5 / 30, alone=True)
    assert len(np.unique(nobody.reshape(-1, 3), axis=0)) <= 24 * 32


def test_people_at_the_border_and_nobody():
    image = noise()
    edge = made_result(0, ids=(1,), boxes=np.array([[-50, -30, 40, 150]], np.float32))
    assert blur_faces(image, [edge], 0.0).shape == image.shape
    np.testing.assert_array_equal(blur_faces(image, [made_result(0, ids=())], 0.0), image)


def test_plain_ground_holds_nothing_of_the_picture():
    hidden = private_picture(noise(), made_result(5), PictureLayers(plain_ground=True))
    assert len(np.unique(hidden.reshape(-1, 3), axis=0)) == 1


def test_where_nobody_was_looked_for_nobody_is_shown():
    hidden = private_picture(noise(), None, PictureLayers(blur_faces=True))
    assert len(np.unique(hidden.reshape(-1, 3), axis=0)) == 1


def test_the_picture_stays_where_nobody_is_to_be_hidden():
    image = noise()
    assert private_picture(image, made_result(5), PictureLayers()) is image
    assert private_picture(image, None, PictureLayers()) is image


def test_faces_are_hidden_by_the_results_near_in_time():
    image, seen, gone = noise(), made_result(30, ids=(1,)), made_result(31, ids=())
    x, y = seen.smoothed.keypoints[0, 0].round().astype(int)
    layers = PictureLayers(blur_faces=True)
    assert (private_picture(image, gone, layers, near=(seen, gone))[y, x] != image[y, x]).any()
    np.testing.assert_array_equal(private_picture(image, gone, layers), image)


def test_the_head_of_who_is_not_read_in_a_frame_stays_hidden_as_before():
    result = made_result(0, ids=(1,))
    sure = np.full_like(result.smoothed.scores, 0.9)
    usual = with_smoothed(result, replace(result.smoothed, scores=sure), result.states)
    states = np.full_like(result.states, KeypointState.PREDICTED)
    states[0, 3] = KeypointState.MISSING
    unread = replace(usual, raw=Poses.empty(COCO_17, 1), states=states)
    usual = replace(usual, states=np.where(states == KeypointState.PREDICTED, KeypointState.MEASURED, states))
    np.testing.assert_allclose(head_boxes(unread), head_boxes(usual))
