"""Many small Kalman filters at once: one per person and keypoint, x and y sharing a covariance.

Letters and models are the textbook's (and filterpy's, against which a test checks them); everything is written for
whole arrays, because one object per joint takes ten times the time of a frame.
State x (..., m, 2): position, velocity (and acceleration) of x and y; P (..., m, m); m = 2 or 3.
"""

import math
from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Value = TypeVar("Value", bound=np.generic)


def transition(size: int, dt_s: Floats | float) -> Floats:
    """F of a step of `dt_s` seconds: (m, m), or (N, 1, m, m) for (N,) different ones."""
    return _each(_taylor, size, dt_s)


def process_noise(size: int, dt_s: Floats | float) -> Floats:
    """Q for a spectral density of 1, shaped as F; continuous white noise, so that the frame rate hardly matters."""
    return _each(_white_noise, size, dt_s)


def _each(model: Callable[[int, float], Floats], size: int, dt_s: Floats | float) -> Floats:
    if isinstance(dt_s, float):
        return model(size, dt_s)
    steps = np.atleast_1d(dt_s)
    if (steps == steps[:1]).all():
        return model(size, float(steps[0]) if len(steps) else 0.0)
    return np.stack([model(size, float(step)) for step in steps])[:, None]


@lru_cache(maxsize=256)
def _taylor(size: int, dt_s: float) -> Floats:
    F = np.eye(size)
    for order in range(1, size):
        F += np.diag(np.full(size - order, dt_s**order / math.factorial(order)), order)
    return F


@lru_cache(maxsize=256)
def _white_noise(size: int, dt_s: float) -> Floats:
    Q = np.empty((size, size))
    for i, j in np.ndindex(size, size):
        order = 2 * size - 1 - i - j
        Q[i, j] = dt_s**order / (order * math.factorial(size - 1 - i) * math.factorial(size - 1 - j))
    return Q


def predict(x: Floats, P: Floats, dt_s: Floats | float, *, density: Floats) -> tuple[Floats, Floats]:
    """Move all filters on by `dt_s` (one step, or one for each of N people); `density` (...) is spectral."""
    Q = density[..., None, None] * process_noise(P.shape[-1], dt_s)
    return _product(_of_state, x, dt_s), _product(_of_covariance, P, dt_s) + Q


def _product(model: Callable[[int, float], Floats], values: Floats, dt_s: Floats | float) -> Floats:
    """`values` (..., m, n), each taken as one row and multiplied by the model's matrix: one large product takes a
    third of the time of hundreds of tiny ones."""
    by = _each(model, values.shape[-2], dt_s)
    rows = values.reshape(*values.shape[:-2], by.shape[-1])
    return np.asarray((rows @ (by if by.ndim == 2 else by[:, 0])).reshape(values.shape))


@lru_cache(maxsize=256)
def _of_state(size: int, dt_s: float) -> Floats:
    """(2 m, 2 m) by which a state as a row becomes F @ x."""
    return _kronecker(_taylor(size, dt_s), np.eye(2)).T


@lru_cache(maxsize=256)
def _of_covariance(size: int, dt_s: float) -> Floats:
    """(m m, m m) by which a covariance as a row becomes F @ P @ F.T."""
    F = _taylor(size, dt_s)
    return _kronecker(F, F).T


def _kronecker(first: Floats, second: Floats) -> Floats:
    """As `np.kron`, in a fraction of the time."""
    size = len(first) * len(second)
    return np.multiply.outer(first, second).swapaxes(1, 2).reshape(size, size)


def innovation(x: Floats, P: Floats, z: Floats, R: Floats) -> tuple[Floats, Floats]:
    """Residual (..., 2) of measured positions z (..., 2) with variance R (...), and its variance S (...)."""
    return z - x[..., 0, :], P[..., 0, 0] + R


def picked(values: npt.NDArray[Value], rows: npt.NDArray[np.int64]) -> npt.NDArray[Value]:
    """(len(rows), ...) those rows of `values`; zeros where a row is -1."""
    answer = np.zeros((len(rows), *values.shape[1:]), values.dtype)
    answer[rows >= 0] = values[rows[rows >= 0]]
    return answer


def squared_lengths(steps: Floats) -> Floats:
    """(...) of vectors (..., 2)."""
    return np.asarray(steps[..., 0] ** 2 + steps[..., 1] ** 2)


def update(x: Floats, P: Floats, z: Floats, *, R: Floats, where: Mask) -> tuple[Floats, Floats]:
    """Take in positions z (..., 2), all finite, with variance R (...) where the mask (...) says so."""
    y, S = innovation(x, P, z, R)
    gain = (where / S)[..., None] * P[..., :, 0]
    return x + gain[..., None] * y[..., None, :], P - gain[..., :, None] * P[..., None, 0, :]


def start(z: Floats, *, R: Floats, spreads: Floats) -> tuple[Floats, Floats]:
    """Fresh filters at z (..., 2) with variance R (...); `spreads` (..., m - 1) of unknown velocity (and more)."""
    size = spreads.shape[-1] + 1
    x = np.zeros((*z.shape[:-1], size, 2))
    x[..., 0, :] = z
    P = np.zeros((*z.shape[:-1], size, size))
    P[..., 0, 0] = R
    for order in range(1, size):
        P[..., order, order] = spreads[..., order - 1] ** 2
    return x, P
