"""The confidence of keypoints as every format writes it."""

import numpy as np
import numpy.typing as npt

from tracking.types import FrameResult, KeypointState


def confidences(result: FrameResult) -> npt.NDArray[np.float32]:
    """(N, K): the network's own score; 1 where a joint was set by hand, NaN where the network gave no answer."""
    answered = result.raw.placed & np.isfinite(result.raw.scores)
    scores = np.where(answered, result.raw.scores, np.float32(np.nan))
    return np.where(result.states == KeypointState.EDITED, np.float32(1), scores)
