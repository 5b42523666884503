import numpy as np
import pytest

from tracking import boxes


def test_iou_of_known_boxes():
    first = np.array([[0, 0, 10, 10], [0, 0, 10, 10], [5, 5, 5, 9]], float)
    second = np.array([[0, 0, 10, 10], [5, 0, 15, 10], [20, 20, 30, 30]], float)
    iou = boxes.iou_matrix(first, second)
    assert iou.shape == (3, 3)
    assert iou[0] == pytest.approx([1, 1 / 3, 0])
    assert (iou[2] == 0).all(), "a box without area overlaps nothing"


def test_iou_of_nothing_and_of_nan():
    empty = np.zeros((0, 4))
    assert boxes.iou_matrix(empty, np.zeros((2, 4))).shape == (0, 2)
    assert boxes.iou_matrix(np.full((1, 4), np.nan), np.array([[0, 0, 1, 1.0]])) == 0


def test_clip_and_visible_fraction():
    given = np.array([[-10, -10, 10, 10], [200, 0, 300, 50]], float)
    assert boxes.clip(given, (100, 100)).tolist() == [[0, 0, 10, 10], [100, 0, 100, 50]]
    assert boxes.visible_fraction(given, (100, 100)) == pytest.approx([0.25, 0])


def test_usable():
    given = np.array([[0, 0, 10, 10], [0, 0, 0, 10], [np.nan, 0, 5, 5], [-50, 0, -10, 10], [10, 10, 0, 0]], float)
    assert boxes.usable(given, (100, 100)).tolist() == [True, False, False, False, False]
    assert boxes.usable(np.zeros((0, 4)), (100, 100)).shape == (0,)


def test_non_maximum_suppression_keeps_the_best_of_overlapping_ones():
    given = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [30, 0, 40, 10], [0, 0, 10, 10]], float)
    scores = np.array([0.5, 0.9, 0.3, 0.4])
    assert boxes.non_maximum_suppression(given, scores, max_iou=0.6).tolist() == [1, 2]
    assert boxes.non_maximum_suppression(given, scores, max_iou=1.0).tolist() == [1, 0, 3, 2]
    assert boxes.non_maximum_suppression(given[:0], scores[:0], max_iou=0.6).tolist() == []


def test_what_two_boxes_share():
    box = np.array([[0, 0, 10, 20.0]] * 3)
    others = np.array([[5, 0, 15, 20], [0, 0, 10, 20], [50, 50, 60, 60]], float)
    assert boxes.paired_intersections(box, others).tolist() == [100, 200, 0]
    assert boxes.paired_intersections(box[:0], others[:0]).shape == (0,)
