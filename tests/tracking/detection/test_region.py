"""Looking at one part of the picture."""

import numpy as np

from tracking.detection.region import RegionDetector
from tracking.types import Detections


class Seen:
    """Finds one person in the middle of whatever it is shown."""

    def __init__(self) -> None:
        self.shapes: list[tuple[int, ...]] = []
        self.closed = False

    def detect(self, image: np.ndarray) -> Detections:
        self.shapes.append(image.shape)
        height, width = image.shape[:2]
        return Detections(np.array([[width / 4, 0, width / 2, height]], np.float32), np.array([0.9], np.float32))

    def close(self) -> None:
        self.closed = True


def test_boxes_come_back_in_pixels_of_the_whole_picture() -> None:
    seen = Seen()
    detector = RegionDetector(seen, (100.4, 20, 300, 120))
    found = detector.detect(np.zeros((200, 400, 3), np.uint8))
    assert seen.shapes == [(100, 200, 3)] and found.boxes.tolist() == [[150, 20, 200, 120]]
    assert found.scores.tolist() == np.array([0.9], np.float32).tolist()
    detector.close()
    assert seen.closed


def test_a_region_that_reaches_out_of_the_picture() -> None:
    seen = Seen()
    assert RegionDetector(seen, (-50, -50, 100, 80)).detect(np.zeros((60, 90, 3), np.uint8)).boxes[0, 2] == 45
    assert len(RegionDetector(seen, (500, 0, 600, 50)).detect(np.zeros((60, 90, 3), np.uint8))) == 0
    assert seen.shapes == [(60, 90, 3)]
