"""A detector of your own in place of ours: python examples/own_detector.py clip.mp4

Here it says that somebody may be anywhere in the picture, which is right for one person who fills it.
"""

import sys

import numpy as np

import ppnet_live as pl
from tracking.types import Detections

if len(sys.argv) != 2:
    sys.exit(__doc__)


class WholePicture:
    """One box around everything."""

    def detect(self, image: np.ndarray) -> Detections:
        """People in an RGB picture (H, W, 3)."""
        height, width = image.shape[:2]
        return Detections(np.array([[0, 0, width, height]], np.float32), np.array([0.9], np.float32))


try:
    frames = list(pl.track(sys.argv[1], detector=WholePicture()))
except pl.UserError as error:
    print(error, file=sys.stderr)
    sys.exit(2)
print(f"{len(frames)} frames, {max(len(frame.people) for frame in frames)} person at most")
