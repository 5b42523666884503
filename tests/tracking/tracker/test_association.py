import numpy as np

from tracking.tracker.association import Stage, assign, match


def stage(name, cost, gate):
    """Of matrices (T, D)."""
    rows, columns = np.nonzero(gate)
    return Stage(name, rows, columns, cost[rows, columns])


def test_least_total_cost_wins():
    cost = -np.array([[0.9, 0.8], [0.85, 0.1]])
    assert sorted(assign(cost, np.ones((2, 2), bool))) == [(0, 1), (1, 0)]
    assert assign(cost, np.array([[True, False], [False, False]])) == [(0, 0)]
    alone = assign(-np.array([[0.9, 0.2], [0.3, 0.9]]), np.array([[True, True], [True, False]]))
    assert alone == [(0, 0)], "one good pair is more than two poor ones"
    assert assign(np.zeros((0, 3)), np.zeros((0, 3), bool)) == []


def test_later_stages_match_what_earlier_ones_left():
    everything = np.ones((2, 2), bool)
    first = stage("first", -np.array([[0.1, 0.0], [0.0, 0.0]]), np.array([[True, False], [False, False]]))
    second = stage("second", -np.array([[0.2, 0.9], [0.9, 0.1]]), everything)
    assert match([first, second], tracks=2, detections=2) == {0: 0, 1: 1}
    assert match([second], tracks=2, detections=2) == {0: 1, 1: 0}
