"""Left and right exchanged by the network (legs crossing in side view): found from the motion, and undone."""

import numpy as np
import numpy.typing as npt

from ppnet.skeleton import skeleton_for

Floats = npt.NDArray[np.floating]

APART = 0.06  # left and right must be expected this far apart (sides), or nothing is certain
NEAR = 0.06  # after exchanging, both must lie this near to where they are expected
RATIO = 3.0  # and be so many times nearer than before


def pairs_of(count: int) -> npt.NDArray[np.int64]:
    """(P, 2) indices of left and right twins in the joint set with `count` keypoints; none for unknown sets."""
    try:
        twins = skeleton_for(count).flip_index
    except ValueError:
        return np.zeros((0, 2), np.int64)
    return np.array([(i, t) for i, t in enumerate(twins) if i < t], np.int64).reshape(-1, 2)


def certain_swaps(
    expected: Floats, found: Floats, sides: Floats, pairs: npt.NDArray[np.int64]
) -> npt.NDArray[np.bool_]:
    """(N, P) True where a pair found (N, K, 2) fits what is expected (N, K, 2) only with left and right exchanged.

    sides: (N,) sizes of the people in pixels. NaN on either side of a pair: not certain.
    """
    left, right = pairs[:, 0], pairs[:, 1]
    scale = sides[:, None]

    def away(first: Floats, second: Floats) -> Floats:
        return np.asarray(np.linalg.norm(first - second, axis=-1) / scale)

    with np.errstate(invalid="ignore", divide="ignore"):
        kept = np.hypot(away(found[:, left], expected[:, left]), away(found[:, right], expected[:, right]))
        crossed = np.hypot(away(found[:, right], expected[:, left]), away(found[:, left], expected[:, right]))
        apart = away(expected[:, left], expected[:, right])
        return np.asarray((apart > APART) & (crossed < NEAR) & (crossed * RATIO < kept))


def exchanged(
    values: npt.NDArray[np.float64], swap: npt.NDArray[np.bool_], pairs: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    """`values` (N, K, ...) with the twins of each pair exchanged where `swap` (N, P) is True."""
    order = np.tile(np.arange(values.shape[1]), (len(values), 1))
    for index, (left, right) in enumerate(pairs):
        rows = swap[:, index]
        order[rows, left], order[rows, right] = right, left
    return np.asarray(values[np.arange(len(values))[:, None], order])
