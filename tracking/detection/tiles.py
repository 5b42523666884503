"""A second look at overlapping parts of a picture, for people too small for the detector's input."""

import math

import numpy as np
import numpy.typing as npt

from tracking import boxes as box_math
from tracking.detection.detector import Image, SizedDetector
from tracking.types import Detections

OVERLAP = 0.25  # share of a tile that the next one sees too; people of less than this are whole in one of them
MOST_TILES = 3  # along one side of the picture
MIN_GAIN = 1.5  # a picture is tiled when its longest side is at least so many times the detector's input
BORDER = 0.01  # of the tile's side; boxes that end so near an inner border may be cut off there
MAX_IOU = 0.5  # of a tile's box with a better one
MAX_INSIDE = 0.7  # share of a tile's box inside a better one: a part of somebody who is known


class TiledDetector:
    """Looks at the whole picture and then, if it is large, at tiles of it, up to 3 by 3.

    Every tile costs as much time as the whole picture.
    """

    def __init__(self, detector: SizedDetector, *, max_detections: int) -> None:
        self._detector = detector
        self._max_detections = max_detections

    def detect(self, image: Image) -> Detections:
        """See `PersonDetector.detect`."""
        found = [self._detector.detect(image)]
        for x1, y1, x2, y2 in tiles_of((image.shape[1], image.shape[0]), self._detector.input_size):
            part = self._detector.detect(np.ascontiguousarray(image[y1:y2, x1:x2]))
            boxes = part.boxes + np.array([x1, y1, x1, y1], np.float32)
            whole = ~_is_cut(boxes, (x1, y1, x2, y2), (image.shape[1], image.shape[0]))
            found.append(Detections(boxes[whole], part.scores[whole]))
        return _merged(found, self._max_detections)

    def close(self) -> None:
        """Frees the detector."""
        self._detector.close()


def tiles_of(size_wh: tuple[int, int], input_size: int) -> list[tuple[int, int, int, int]]:
    """Overlapping parts x1, y1, x2, y2 of a picture, each about as large as the input; none if the whole fits well."""
    if max(size_wh) < MIN_GAIN * input_size:
        return []
    counts = [min(MOST_TILES, max(1, math.ceil((side / input_size - OVERLAP) / (1 - OVERLAP)))) for side in size_wh]
    spans = [_spans(side, count) for side, count in zip(size_wh, counts, strict=True)]
    return [(x1, y1, x2, y2) for y1, y2 in spans[1] for x1, x2 in spans[0]]


def _spans(side: int, count: int) -> list[tuple[int, int]]:
    length = math.ceil(side / (count - (count - 1) * OVERLAP))
    return [(start, start + length) for start in np.linspace(0, side - length, count).round().astype(int).tolist()]


def _is_cut(
    boxes: npt.NDArray[np.float32], tile: tuple[int, int, int, int], size_wh: tuple[int, int]
) -> npt.NDArray[np.bool_]:
    """(N,) True where a box ends at a border of the tile that is none of the picture."""
    x1, y1, x2, y2 = tile
    near = BORDER * max(x2 - x1, y2 - y1)
    inner = np.array([x1 > 0, y1 > 0, x2 < size_wh[0], y2 < size_wh[1]])
    return np.asarray(((np.abs(boxes - np.array(tile)) <= near) & inner).any(axis=1))


def _merged(found: list[Detections], limit: int) -> Detections:
    """The `limit` best detections, those of the whole picture given first, without those that a better one explains."""
    whole = len(found[0])
    boxes, scores = np.concatenate([d.boxes for d in found]), np.concatenate([d.scores for d in found])
    explained = box_math.iou_matrix(boxes, boxes) > MAX_IOU
    inside = box_math.intersections(boxes, boxes) / np.maximum(box_math.areas(boxes), 1e-9)[:, None]
    explained[whole:] |= inside[whole:] > MAX_INSIDE
    rows = box_math.keep_unexplained(explained, scores)[:limit]
    return Detections(boxes[rows], scores[rows])
