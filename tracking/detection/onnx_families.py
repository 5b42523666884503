"""The usual families of ONNX person detectors: what pictures they want, and how their outputs are read.

The person is the first class, as in COCO. Boxes are x1, y1, x2, y2 in pixels of the network's input; batches hold one
picture. `size` is the side of the square input in pixels.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tracking import boxes as box_math

Floats = npt.NDArray[np.floating]
Found = tuple[Floats, Floats]  # boxes (N, 4) and scores (N,) of people, not yet selected

STRIDES = (8, 16, 32)  # pixels of a cell of each grid on which raw heads answer
NO_MEAN, NO_STD = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)
COCO_MEAN, COCO_STD = (103.53, 116.28, 123.675), (57.375, 57.12, 58.395)  # of blue, green, red (OpenMMLab)


@dataclass(frozen=True)
class Family:
    """Exports that are read in one way.

    decode: outputs and input size -> boxes and scores, or None when the outputs are not of this family.
    mean, std: subtracted from the picture's values 0 to 255, and what they are divided by, in the order of `bgr`.
    resizes: the network takes inputs of any multiple of 32 pixels, whatever the file says.
    """

    name: str
    decode: Callable[[list[Floats], int], Found | None]
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    bgr: bool
    resizes: bool


def family_of(outputs: Sequence[Floats], size: int, file_name: str) -> Family | None:
    """The family that can read these outputs; None for others."""
    fitting = [family for family in FAMILIES if family.decode(list(outputs), size) is not None]
    # Boxes after NMS look alike in all families; only the name tells whether YOLOX or RTMDet made them.
    named = [family for family in fitting if family.name in file_name.lower()]
    return next(iter(named or fitting), None)


def _cells(size: int) -> tuple[Floats, Floats]:
    """(N, 2) left upper corners, pixels, and (N, 1) strides of all cells, row by row, fine grids first."""
    corners, strides = [], []
    for stride in STRIDES:
        rows, columns = np.mgrid[: size // stride, : size // stride]
        corners.append(np.stack([columns.ravel(), rows.ravel()], axis=1) * stride)
        strides.append(np.full((rows.size, 1), stride))
    return np.concatenate(corners).astype(np.float64), np.concatenate(strides).astype(np.float64)


def _rtmdet(outputs: list[Floats], size: int) -> Found | None:
    """A grid per stride, (1, h, w, C) or (1, C, h, w): score and distances, C = 5, or classes and distances apart."""
    scores, distances = [], []
    for stride in STRIDES:
        side = size // stride
        grids = [g if g.shape[1:3] == (side, side) else g.transpose(0, 2, 3, 1) for g in outputs if g.ndim == 4]
        grids = [g.reshape(side * side, -1) for g in grids if g.shape[1:3] == (side, side)]
        if len(grids) == 1 and grids[0].shape[1] == 5:
            grids = [grids[0][:, :1], grids[0][:, 1:]]
        if len(grids) != 2 or (grids[0].shape[1] == 4) == (grids[1].shape[1] == 4):
            return None
        classes, edges = sorted(grids, key=lambda grid: grid.shape[1] == 4)
        scores.append(classes[:, 0])
        distances.append(edges)
    if len(outputs) not in (len(STRIDES), 2 * len(STRIDES)):
        return None
    corners, away, score = _cells(size)[0], np.concatenate(distances), np.concatenate(scores)
    return np.concatenate([corners - away[:, :2], corners + away[:, 2:]], axis=1), _probability(score)


def _yolox(outputs: list[Floats], size: int) -> Found | None:
    """(1, N, 5 + classes): centre, size, objectness and classes of all cells, in pixels or relative to the cell."""
    corners, strides = _cells(size)
    rows = outputs[0][0] if len(outputs) == 1 and outputs[0].ndim == 3 else np.zeros((0, 0))
    if len(rows) != len(corners) or rows.shape[1] < 6:
        return None
    centers, sizes = rows[:, :2], rows[:, 2:4]
    if np.median(np.abs(centers)) < STRIDES[0] / 2:  # else they spread over the picture: decoded in the network
        centers, sizes = centers * strides + corners, np.exp(np.minimum(sizes, 20)) * strides
    return box_math.from_centers(centers, sizes), rows[:, 4] * rows[:, 5]


def _yolov8(outputs: list[Floats], size: int) -> Found | None:
    """(1, 4 + classes, N): centre, size and classes of all cells."""
    rows = outputs[0][0].T if len(outputs) == 1 and outputs[0].ndim == 3 else np.zeros((0, 0))
    if len(rows) != len(_cells(size)[0]) or rows.shape[1] < 5:
        return None
    return box_math.from_centers(rows[:, :2], rows[:, 2:4]), rows[:, 4]


def _selected_five(outputs: list[Floats], size: int) -> Found | None:
    """After NMS, as OpenMMLab exports it: (1, N, 5) boxes and scores, (1, N) labels."""
    tables = [output[0] for output in outputs if output.ndim == 3 and output.shape[2] == 5]
    labels = [output[0] for output in outputs if output.ndim == 2]
    if len(outputs) != 2 or len(tables) != 1 or len(labels) != 1 or len(labels[0]) != len(tables[0]):
        return None
    people = tables[0][labels[0] == 0]
    return people[:, :4], people[:, 4]


def _selected_six(outputs: list[Floats], size: int) -> Found | None:
    """After NMS, one array (1, N, 6) or (N, 6): box, score, label."""
    if len(outputs) != 1 or outputs[0].ndim not in (2, 3) or outputs[0].shape[-1] != 6:
        return None
    rows = outputs[0].reshape(-1, 6)
    people = rows[rows[:, 5] == 0]
    return people[:, :4], people[:, 4]


def _selected_apart(outputs: list[Floats], size: int) -> Found | None:
    """After NMS, as TensorRT's plugin has it: how many (1, 1), boxes (1, N, 4), scores (1, N), labels (1, N)."""
    if [output.ndim for output in outputs] != [2, 3, 2, 2] or outputs[1].shape[2] != 4 or outputs[0].size != 1:
        return None
    count = int(outputs[0].flat[0])
    boxes, scores, labels = (output[0][:count] for output in outputs[1:])
    return boxes[labels == 0], scores[labels == 0]


def _probability(values: Floats) -> Floats:
    """Scores as they are, or made of logits, of which there are always some below 0."""
    return np.asarray(1 / (1 + np.exp(-values)) if (values < 0).any() else values)


FAMILIES = (
    Family("rtmdet", _rtmdet, COCO_MEAN, COCO_STD, bgr=True, resizes=True),
    Family("rtmdet", _selected_five, COCO_MEAN, COCO_STD, bgr=True, resizes=False),
    Family("yolox", _selected_five, NO_MEAN, NO_STD, bgr=True, resizes=False),
    Family("yolox", _yolox, NO_MEAN, NO_STD, bgr=True, resizes=False),
    Family("yolo", _yolov8, NO_MEAN, (255.0, 255.0, 255.0), bgr=False, resizes=False),
    Family("yolo", _selected_six, NO_MEAN, (255.0, 255.0, 255.0), bgr=False, resizes=False),
    Family("yolo", _selected_apart, NO_MEAN, (255.0, 255.0, 255.0), bgr=False, resizes=False),
)
