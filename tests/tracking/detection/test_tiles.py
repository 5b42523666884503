from itertools import pairwise

import numpy as np
import pytest

from tracking.detection.tiles import TiledDetector, tiles_of
from tracking.types import Detections


class Marks:
    """Finds white rectangles that are at least a twentieth of what it is shown, the larger the surer."""

    input_size = 416

    def __init__(self):
        self.looks = 0

    def detect(self, image):
        import cv2

        self.looks += 1
        _, _, stats, _ = cv2.connectedComponentsWithStats((image[..., 0] > 128).astype(np.uint8))
        boxes = np.array([[x, y, x + w, y + h] for x, y, w, h, _ in stats[1:]], np.float32).reshape(-1, 4)
        shares = (boxes[:, 3] - boxes[:, 1]) / max(image.shape[:2])
        return Detections(boxes[shares >= 0.05], np.clip(0.3 + shares, 0, 0.9)[shares >= 0.05])

    def close(self):
        self.looks = -1


def picture(*boxes, size_wh=(1280, 720)):
    image = np.zeros((size_wh[1], size_wh[0], 3), np.uint8)
    for x1, y1, x2, y2 in boxes:
        image[y1:y2, x1:x2] = 255
    return image


def test_small_people_are_found_in_the_tiles_and_large_ones_once():
    """The large one lies across the tiles' borders: its parts are nobody."""
    small, large = [100, 100, 120, 140], [500, 100, 760, 660]
    detector = TiledDetector(Marks(), max_detections=50)
    found = detector.detect(picture(small, large))
    assert found.boxes.tolist() == [large, small]
    assert (np.diff(found.scores) <= 0).all()


def test_somebody_in_two_tiles_is_one():
    small = [440, 250, 460, 295]  # where tiles overlap
    assert TiledDetector(Marks(), max_detections=50).detect(picture(small)).boxes.tolist() == [small]


def test_small_pictures_are_looked_at_once():
    marks = Marks()
    detector = TiledDetector(marks, max_detections=50)
    detector.detect(picture(size_wh=(600, 400)))
    assert marks.looks == 1
    detector.detect(picture(size_wh=(640, 480)))
    assert marks.looks == 2 + 4
    detector.close()
    assert marks.looks == -1


@pytest.mark.parametrize("size_wh", [(640, 480), (1280, 720), (1920, 1080), (700, 300), (3840, 2160), (480, 4000)])
def test_tiles_cover_the_picture_and_overlap(size_wh):
    tiles = tiles_of(size_wh, 416)
    seen = np.zeros(size_wh[::-1], int)
    for x1, y1, x2, y2 in tiles:
        assert 0 <= x1 < x2 <= size_wh[0]
        assert 0 <= y1 < y2 <= size_wh[1]
        seen[y1:y2, x1:x2] += 1
    assert seen.min() == 1
    assert len(tiles) <= 9
    columns = sorted({(x1, x2) for x1, _, x2, _ in tiles})
    for (_, end), (start, stop) in pairwise(columns):
        assert end - start >= 0.2 * (stop - start)


def test_no_more_than_are_wanted():
    people = [[100 + 150 * k, 100, 120 + 150 * k, 140] for k in range(6)]
    found = TiledDetector(Marks(), max_detections=4).detect(picture(*people))
    assert len(found) == 4
