"""The filters for whole arrays against filterpy's own, one joint at a time."""

import numpy as np
import pytest

from tracking.smoothing import bank


@pytest.mark.parametrize("size", [2, 3])
def test_same_as_filterpy(size):
    from filterpy.common import Q_continuous_white_noise  # with much of SciPy, which not every worker needs
    from filterpy.kalman import KalmanFilter

    rng = np.random.default_rng(3)
    people, joints, density = 2, 3, np.array([[4.0, 9.0, 1.0], [0.5, 2.0, 3.0]])
    spreads = np.full((size - 1, people, joints), 5.0)
    z, R = rng.normal(0, 10, (2, people, joints)), rng.uniform(1, 4, (people, joints))
    x, P = bank.start(z, R=R, spreads=spreads)
    single = {}
    for n, k, axis in np.ndindex(people, joints, 2):
        one = KalmanFilter(dim_x=size, dim_z=1)
        one.H = np.eye(1, size)
        one.x = np.array([[z[axis, n, k]]] + [[0.0]] * (size - 1))
        one.P = np.diag([R[n, k]] + [25.0] * (size - 1))
        single[n, k, axis] = one
    for _ in range(20):
        dt = float(rng.uniform(0.01, 0.1))
        z, R = z + rng.normal(0, 3, z.shape), rng.uniform(1, 4, (people, joints))
        where = rng.random((people, joints)) < 0.8
        x, P = bank.predict(x, P, dt, density=density)
        x, P = bank.update(x, P, z, R=R, where=where)
        for (n, k, axis), one in single.items():
            one.predict(F=taylor_step(size, dt), Q=Q_continuous_white_noise(size, dt, density[n, k]))
            if where[n, k]:
                one.update(z[axis, n, k], R=R[n, k])
            assert x[:, axis, n, k] == pytest.approx(one.x[:, 0], rel=1e-9)
            assert P[:, :, n, k] == pytest.approx(one.P, rel=1e-6, abs=1e-9)


def taylor_step(size, dt_s):
    F = np.eye(size)
    bank.advance(F, dt_s)
    return F


def test_advancing_is_a_taylor_step():
    assert taylor_step(3, 0.5).tolist() == [[1, 0.5, 0.125], [0, 1, 0.5], [0, 0, 1]]


def test_everyone_may_take_a_step_of_their_own():
    rng = np.random.default_rng(5)
    z, density = rng.normal(0, 10, (2, 3, 4)), rng.uniform(1, 9, (3, 1))
    x, P = bank.start(z, R=np.ones((3, 4)), spreads=np.full((2, 3, 4), 5.0))
    x[1:] = rng.normal(0, 5, x[1:].shape)
    steps_s = np.array([0.04, 0.0, 0.1])
    together = bank.predict(x, P, steps_s[:, None], density=density)
    for row, step_s in enumerate(steps_s.tolist()):
        alone = bank.predict(x[:, :, row], P[:, :, row], step_s, density=density[row])
        np.testing.assert_allclose(together[0][:, :, row], alone[0])
        np.testing.assert_allclose(together[1][:, :, row], alone[1])


def test_nobody():
    x, P = np.zeros((2, 2, 0, 17)), np.zeros((2, 2, 0, 17))
    x, P = bank.predict(x, P, 0.1, density=np.zeros((0, 17)))
    assert x.shape == P.shape == (2, 2, 0, 17)
