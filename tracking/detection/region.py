"""Looks for people in one part of the picture only."""

import numpy as np
import numpy.typing as npt

from tracking.detection.detector import PersonDetector
from tracking.run_settings import Region
from tracking.types import Detections


class RegionDetector:
    """A detector that sees only `region` (x1, y1, x2, y2 in image pixels); small people in it are found more surely.

    Where the region lies outside of the picture nobody is found.
    """

    def __init__(self, detector: PersonDetector, region: Region) -> None:
        self._detector = detector
        self._region = region

    def detect(self, image: npt.NDArray[np.uint8]) -> Detections:
        """People within the region, in pixels of the whole RGB picture."""
        height, width = image.shape[:2]
        x1, x2 = (int(np.clip(round(x), 0, width)) for x in self._region[::2])
        y1, y2 = (int(np.clip(round(y), 0, height)) for y in self._region[1::2])
        if x2 - x1 < 2 or y2 - y1 < 2:
            return Detections.empty()
        found = self._detector.detect(np.ascontiguousarray(image[y1:y2, x1:x2]))
        return Detections(found.boxes + np.array([x1, y1, x1, y1], np.float32), found.scores)

    def close(self) -> None:
        """Frees the detector."""
        self._detector.close()
