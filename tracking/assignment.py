"""Who belongs to whom, where several could."""

import numpy as np
import numpy.typing as npt


def load() -> None:
    """Loads SciPy's optimisers now (in a thread of its own), so that no picture of a camera waits for them.

    They take longer to load than all else that a run needs beside its networks; elsewhere they are loaded when people
    are near each other for the first time.
    """
    import scipy.optimize  # noqa: F401


def cheapest_pairs(costs: npt.NDArray[np.floating]) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Rows and columns (each M, the shorter side of `costs`) of the pairs whose costs add up to the least."""
    from scipy.optimize import linear_sum_assignment

    return linear_sum_assignment(costs)
