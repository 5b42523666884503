"""What is sent of a frame: everybody's smoothed joints with their confidence."""

from collections.abc import Iterator

import numpy as np

from tracking.export.confidence import confidences
from tracking.export.curves import Floats
from tracking.types import FrameResult


def people_of(result: FrameResult) -> Iterator[tuple[int, Floats]]:
    """For each person, lowest id first: id, and (K, 3) x, y in pixels and confidence, NaN where missing."""
    joints = np.concatenate([result.known_keypoints, confidences(result)[..., None]], axis=-1)
    for row in np.argsort(result.tracks.ids, kind="stable").tolist():
        yield int(result.tracks.ids[row]), joints[row]
