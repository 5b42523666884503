"""Hidden heads: every pixel of a head is gone, the rest of the picture stays."""

import numpy as np

from tests.results import SIZE_WH, made_result
from tracking.privacy import BLOCKS, blur_faces, head_boxes, plain_ground


def noise() -> np.ndarray:
    return np.random.default_rng(3).integers(0, 256, (SIZE_WH[1], SIZE_WH[0], 3), np.uint8)


def test_heads_become_blocks_and_the_rest_stays():
    image, result = noise(), made_result(5)
    hidden = blur_faces(image, result)
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
    bare = type(result)(
        **{name: getattr(result, name) for name in ("frame_index", "time_s", "size_wh", "tracks", "raw", "states")},
        smoothed=type(result.smoothed)(keypoints, np.zeros_like(result.smoothed.scores)),
    )
    (head,) = head_boxes(bare)
    box = result.tracks.boxes[0]
    assert head[1] == box[1] and head[0] < (box[0] + box[2]) / 2 < head[2]


def test_people_at_the_border_and_nobody():
    image = noise()
    edge = made_result(0, ids=(1,), boxes=np.array([[-50, -30, 40, 150]], np.float32))
    assert blur_faces(image, edge).shape == image.shape
    np.testing.assert_array_equal(blur_faces(image, made_result(0, ids=())), image)


def test_plain_ground_holds_nothing_of_the_picture():
    assert len(np.unique(plain_ground(noise()).reshape(-1, 3), axis=0)) == 1
