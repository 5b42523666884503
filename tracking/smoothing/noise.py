"""How exact answers are thought to be, and how freely joints move: what all filters of joints share."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

NOISE = 0.012  # standard deviation of a keypoint with score 1, sides; it grows as the score falls
START_SPREADS = (1.0, 10.0)  # of an unknown velocity and acceleration, sides per s and s^2
DOUBTFUL = 1.5  # answers more standard deviations off than this are thought to be less exact than usual


def motion_density(sides: Floats, density: float) -> Floats:
    """(...) spectral density, in square pixels, of what drives the joints of people of these sizes (...), pixels;
    `density` is that of somebody of size 1."""
    return np.asarray(density * sides**2)


def measurement_variance(sides: Floats, scores: Floats) -> Floats:
    """(..., N, K) variance in square pixels of keypoints with these scores on people of these sizes (..., N, 1)."""
    return np.asarray((NOISE * sides / scores.clip(0.2, 1.0)) ** 2)


def doubted(noise: Floats, away: Floats, variance: Floats) -> Floats:
    """`noise` of answers, more where they lie far off (`away`, squared) for the `variance` expected of them: the
    further, the less they weigh. After a mistake of the network a joint glides, it doesn't jump."""
    return np.where(away > DOUBTFUL**2 * variance, away / DOUBTFUL**2, noise)


def spreads(sides: Floats, order: int) -> Floats:
    """(order, N) of the velocity (and acceleration) of joints met for the first time, on people of these sizes (N,)."""
    return np.multiply.outer(START_SPREADS[:order], sides)
