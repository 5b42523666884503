"""Many small Kalman filters at once: one per person and keypoint, x and y sharing a covariance.

Letters and models are the textbook's (and filterpy's, against which a test checks them); everything is written for
whole arrays, because one object per joint takes ten times the time of a frame.
State x (m, 2, ...): position, velocity (and acceleration) of x and y; P (m, m, ...); m = 2 or 3. The joints come last:
numpy goes through hundreds of numbers in a row in the time of a few pairs.
"""

from collections.abc import Iterator
from itertools import product
from math import factorial
from typing import TypeVar

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Value = TypeVar("Value", bound=np.generic)


def advance(values: Floats, dt_s: Floats | float) -> None:
    """Replaces `values` (m, ...) by F @ values in place; F is a Taylor step of `dt_s` (one, or (...)) seconds."""
    for row in range(len(values)):
        for order in range(1, len(values) - row):
            values[row] += dt_s**order / factorial(order) * values[row + order]


def process_noise(size: int, dt_s: Floats | float) -> Iterator[tuple[int, int, Floats | float]]:
    """Row, column and value, a number or (...), of each of the m m numbers of Q for a spectral density of 1; continuous
    white noise, so that the frame rate hardly matters."""
    for i, j in product(range(size), repeat=2):
        order = 2 * size - 1 - i - j
        yield i, j, dt_s**order / (order * factorial(size - 1 - i) * factorial(size - 1 - j))


def predict(x: Floats, P: Floats, dt_s: Floats | float, *, density: Floats) -> tuple[Floats, Floats]:
    """Move all filters on by `dt_s` (one step, or (...)); `density` (...) is spectral."""
    x, P = x.copy(), P.copy()
    advance(x, dt_s)
    advance(P, dt_s)
    advance(P.swapaxes(0, 1), dt_s)
    for i, j, noise in process_noise(len(P), dt_s):
        P[i, j] += density * noise
    return x, P


def innovation(x: Floats, P: Floats, z: Floats, R: Floats) -> tuple[Floats, Floats]:
    """Residual (2, ...) of measured positions z (2, ...) with variance R (...), and its variance S (...)."""
    return z - x[0], P[0, 0] + R


def picked(values: npt.NDArray[Value], rows: npt.NDArray[np.int64]) -> npt.NDArray[Value]:
    """(..., len(rows), K) those rows of `values` (..., N, K); zeros where a row is -1."""
    answer = np.zeros((*values.shape[:-2], len(rows), values.shape[-1]), values.dtype)
    answer[..., rows >= 0, :] = values[..., rows[rows >= 0], :]
    return answer


def squared_lengths(steps: Floats) -> Floats:
    """(...) of vectors (2, ...)."""
    return np.asarray(steps[0] ** 2 + steps[1] ** 2)


def update(x: Floats, P: Floats, z: Floats, *, R: Floats, where: Mask) -> tuple[Floats, Floats]:
    """Take in positions z (2, ...), all finite, with variance R (...) where the mask (...) says so."""
    y, S = innovation(x, P, z, R)
    gain = ((where / S) * P[:, 0])[:, None]
    return x + gain * y, P - gain * P[0]


def start(z: Floats, *, R: Floats, spreads: Floats) -> tuple[Floats, Floats]:
    """Fresh filters at z (2, ...) with variance R (...); `spreads` (m - 1, ...) of unknown velocity (and more)."""
    size = len(spreads) + 1
    x = np.zeros((size, *z.shape))
    x[0] = z
    P = np.zeros((size, size, *R.shape))
    P[0, 0] = R
    for order in range(1, size):
        P[order, order] = spreads[order - 1] ** 2
    return x, P
