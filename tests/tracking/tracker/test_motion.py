import numpy as np
import pytest
from filterpy.common import Q_continuous_white_noise
from filterpy.kalman import KalmanFilter

from tracking.tracker.motion import BoxAnchor, BoxMotion
from tracking.tracker.settings import MotionSettings

SETTINGS = MotionSettings()
STILL = MotionSettings(size_memory_s=9e6)  # sizes as lasting as places: filterpy's plain model


def measured(box):
    return np.array([(box[0] + box[2]) / 2, (box[1] + box[3]) / 2, box[2] - box[0], box[3] - box[1]])


def test_same_as_filterpy():
    """One filter of eight numbers in filterpy does what our four of two numbers do."""
    rng = np.random.default_rng(2)
    box = np.array([100.0, 50.0, 180.0, 290.0])
    motion, one = BoxMotion(box, STILL), KalmanFilter(dim_x=8, dim_z=4)
    one.H = np.kron(np.eye(4), [[1.0, 0.0]])
    one.x = np.kron(measured(box), [1.0, 0.0])[:, None]
    one.P = np.diag(np.array([0.03**2, 1.0, 0.03**2, 1.0, 0.03**2, 0.2**2, 0.03**2, 0.2**2]) * 240.0**2)
    for _ in range(30):
        step_s, noise = float(rng.uniform(0.01, 0.1)), float(rng.uniform(1, 4))
        side = max(one.x[4, 0], one.x[6, 0])
        Q = np.kron(np.diag([0.5, 0.5, 0.1, 0.1]) * side**2, Q_continuous_white_noise(2, step_s, 1.0))
        one.predict(F=np.kron(np.eye(4), [[1.0, step_s], [0.0, 1.0]]), Q=Q)
        motion.predict(step_s)
        box = box + rng.normal(2, 3, 4)
        side = max(one.x[4, 0], one.x[6, 0])
        one.update(measured(box)[:, None], R=np.eye(4) * (0.03 * side * noise) ** 2)
        motion.update(box, noise=noise)
        assert measured(motion.box) == pytest.approx(one.x[::2, 0], rel=1e-6)
        assert motion.velocity == pytest.approx(one.x[[1, 3], 0], rel=1e-5, abs=1e-4)
        assert motion.position_variance == pytest.approx((one.P[0, 0] + one.P[2, 2]) / 2, rel=1e-6)


def test_a_frozen_box_keeps_the_mean_size_and_velocity():
    motion = BoxMotion(np.array([0.0, 0.0, 80.0, 200.0]), SETTINGS)
    for k in range(1, 40):
        motion.predict(0.05)
        cut = 60.0 if k > 37 else 0.0  # at last somebody steps in front
        motion.update(np.array([5.0 * k, 0.0, 5.0 * k + 80 - cut, 200.0]), noise=1.0)
        motion.average(0.05)
    disturbed = abs(motion.velocity[0] - 100)
    motion.freeze()
    assert abs(motion.velocity[0] - 100) < min(25, disturbed / 2)
    size, before = motion.box[2:] - motion.box[:2], motion.box
    assert size == pytest.approx([80, 200], abs=8)
    motion.predict(0.2)
    assert motion.box[2:] - motion.box[:2] == pytest.approx(size)
    assert motion.box[0] - before[0] == pytest.approx(motion.velocity[0] * 0.2)


def test_boxes_of_keypoints_move_and_grow_with_them():
    keypoints = np.array([[20.0, 20], [60, 20], [20, 180], [60, 180], [40, 100]])
    anchor = BoxAnchor(np.array([0.0, 0.0, 80.0, 200.0]), keypoints)
    whole, edges = anchor.boxes_of(keypoints * 1.2 + [30, 10], SETTINGS, least=4)
    assert whole == pytest.approx([30, 10, 126, 250])
    assert edges == pytest.approx([34, 14, 122, 246])
    missing = np.where(np.arange(5)[:, None] < 2, np.nan, keypoints)
    assert anchor.boxes_of(missing, SETTINGS, least=4) is None
