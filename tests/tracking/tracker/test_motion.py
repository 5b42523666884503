import numpy as np
import pytest

from tracking.tracker.motion import BoxFilters, boxes_of_keypoints
from tracking.tracker.settings import MotionSettings

SETTINGS = MotionSettings()
FIRST = np.array([0])
STILL = MotionSettings(size_memory_s=9e6)  # sizes as lasting as places: filterpy's plain model


def measured(box):
    return np.array([(box[0] + box[2]) / 2, (box[1] + box[3]) / 2, box[2] - box[0], box[3] - box[1]])


def test_same_as_filterpy():
    """One filter of eight numbers in filterpy does what our four of two numbers do."""
    from filterpy.common import Q_continuous_white_noise  # with much of SciPy, which not every worker needs
    from filterpy.kalman import KalmanFilter

    rng = np.random.default_rng(2)
    box = np.array([100.0, 50.0, 180.0, 290.0])
    motion, one = BoxFilters.start(box[None], STILL), KalmanFilter(dim_x=8, dim_z=4)
    one.H = np.kron(np.eye(4), [[1.0, 0.0]])
    one.x = np.kron(measured(box), [1.0, 0.0])[:, None]
    one.P = np.diag(np.array([0.03**2, 1.0, 0.03**2, 1.0, 0.03**2, 0.2**2, 0.03**2, 0.2**2]) * 240.0**2)
    for _ in range(30):
        step_s, noise = float(rng.uniform(0.01, 0.1)), float(rng.uniform(1, 4))
        side = max(one.x[4, 0], one.x[6, 0])
        Q = np.kron(np.diag([0.5, 0.5, 0.1, 0.1]) * side**2, Q_continuous_white_noise(2, step_s, 1.0))
        one.predict(F=np.kron(np.eye(4), [[1.0, step_s], [0.0, 1.0]]), Q=Q)
        motion.predict(step_s, STILL)
        box = box + rng.normal(2, 3, 4)
        side = max(one.x[4, 0], one.x[6, 0])
        one.update(measured(box)[:, None], R=np.eye(4) * (0.03 * side * noise) ** 2)
        motion.update(FIRST, motion.innovation(box[None]), np.array([noise]), STILL)
        assert measured(motion.boxes[0]) == pytest.approx(one.x[::2, 0], rel=1e-6)
        assert motion.speed[0, :2] == pytest.approx(one.x[[1, 3], 0], rel=1e-5, abs=1e-4)
        assert motion.position_variances[0] == pytest.approx((one.P[0, 0] + one.P[2, 2]) / 2, rel=1e-6)


def test_everybody_moves_as_if_alone():
    """Whoever is measured, averaged or frozen in a frame; the others only move on."""
    rng = np.random.default_rng(4)
    corners = rng.uniform(0, 500, (4, 2))
    boxes = np.concatenate([corners, corners + rng.uniform(30, 200, (4, 2))], axis=1)
    together = BoxFilters.start(boxes, SETTINGS)
    alone = [BoxFilters.start(box[None], SETTINGS) for box in boxes]
    for _ in range(12):
        rows = np.flatnonzero(rng.random(4) < 0.6)
        found, noise = boxes + rng.normal(0, 5, (4, 4)), rng.uniform(1, 4, 4)
        steps_s, frozen = rng.uniform(0, 0.2, len(rows)), rows[:1]
        together.predict(0.04, SETTINGS)
        together.update(rows, together.innovation(found), noise, SETTINGS)
        together.average(rows, steps_s, SETTINGS)
        together.freeze(frozen)
        for row, one in enumerate(alone):
            one.predict(0.04, SETTINGS)
            if row in rows:
                one.update(FIRST, one.innovation(found[[row]]), noise[[row]], SETTINGS)
                one.average(FIRST, steps_s[rows == row], SETTINGS)
            if row in frozen:
                one.freeze(FIRST)
        np.testing.assert_allclose(together.boxes, np.concatenate([one.boxes for one in alone]))
        np.testing.assert_allclose(together.position_variances, [one.position_variances[0] for one in alone])


def test_a_frozen_box_keeps_the_mean_size_and_velocity():
    motion = BoxFilters.start(np.array([[0.0, 0.0, 80.0, 200.0]]), SETTINGS)
    for k in range(1, 40):
        motion.predict(0.05, SETTINGS)
        cut = 60.0 if k > 37 else 0.0  # at last somebody steps in front
        measured = motion.innovation(np.array([[5.0 * k, 0.0, 5.0 * k + 80 - cut, 200.0]]))
        motion.update(FIRST, measured, np.ones(1), SETTINGS)
        motion.average(FIRST, np.array([0.05]), SETTINGS)
    disturbed = abs(motion.speed[0, 0] - 100)
    motion.freeze(FIRST)
    speed = motion.speed[0, 0]
    assert abs(speed - 100) < min(25, disturbed / 2)
    before = motion.boxes[0].copy()
    size = before[2:] - before[:2]
    assert size == pytest.approx([80, 200], abs=8)
    motion.predict(0.2, SETTINGS)
    assert motion.boxes[0, 2:] - motion.boxes[0, :2] == pytest.approx(size)
    assert motion.boxes[0, 0] - before[0] == pytest.approx(speed * 0.2)


def test_boxes_of_keypoints_move_and_grow_with_them():
    keypoints = np.array([[20.0, 20], [60, 20], [20, 180], [60, 180], [40, 100]])
    anchor = np.array([0.0, 0.0, 80.0, 200.0])
    missing = np.where(np.arange(5)[:, None] < 2, np.nan, keypoints)
    found = np.stack([keypoints * 1.2 + [30, 10], missing, keypoints + np.array([7, 0])])
    wholes, edges = boxes_of_keypoints(
        np.stack([anchor] * 3), np.stack([keypoints] * 3), found, SETTINGS, least=4
    )  # fmt: skip
    assert wholes[0] == pytest.approx([30, 10, 126, 250])
    assert edges[0] == pytest.approx([34, 14, 122, 246])
    assert np.isnan(wholes[1]).all() and np.isnan(edges[1]).all(), "too few in common"
    assert wholes[2] == pytest.approx(anchor + np.array([7, 0, 7, 0])) == edges[2]
