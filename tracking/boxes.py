"""Pure functions on boxes: float arrays (N, 4) of x1, y1, x2, y2 in image pixels."""

import numpy as np
import numpy.typing as npt

Boxes = npt.NDArray[np.floating]
MIN_SIDE = 2.0  # pixels; what shows less of itself is no box


def sizes(boxes: Boxes) -> Boxes:
    """(N, 2) widths and heights; negative extents count as 0."""
    return np.maximum(boxes[:, 2:] - boxes[:, :2], 0)


def longest_sides(boxes: Boxes) -> Boxes:
    """(N,) width or height, whichever is longer."""
    return sizes(boxes).max(axis=1)


def areas(boxes: Boxes) -> Boxes:
    """(N,) areas in square pixels."""
    wh = sizes(boxes)
    return np.asarray(wh[:, 0] * wh[:, 1])


def centers(boxes: Boxes) -> Boxes:
    """(N, 2) middle points."""
    return np.asarray((boxes[:, :2] + boxes[:, 2:]) / 2)


def from_centers(middles: Boxes, sizes_wh: Boxes) -> Boxes:
    """(N, 4) boxes around (N, 2) middle points with (N, 2) widths and heights."""
    return np.concatenate([middles - sizes_wh / 2, middles + sizes_wh / 2], axis=1)


def around(points: Boxes) -> Boxes:
    """(N, 4) the smallest boxes around points (N, K, 2), of which those that are NaN don't count; NaN where all are."""
    coordinates = np.ascontiguousarray(points.swapaxes(1, 2))  # what lies in a row is gone through in a third of time
    return np.concatenate([np.fmin.reduce(coordinates, axis=2), np.fmax.reduce(coordinates, axis=2)], axis=1)


def intersections(first: Boxes, second: Boxes) -> Boxes:
    """(N, M) common areas of every box of `first` (N, 4) with every box of `second` (M, 4)."""
    rows, columns, shared = _shared(first, second)
    return _matrix((len(first), len(second)), rows, columns, shared)


def grown(boxes: Boxes, reach: Boxes) -> Boxes:
    """(N, 4) boxes that are larger by `reach` (N,) pixels on each side."""
    return np.asarray(boxes + np.multiply.outer(reach, (-1.0, -1.0, 1.0, 1.0)))


def near(first: Boxes, second: Boxes, reach: Boxes | None = None) -> npt.NDArray[np.bool_]:
    """(N, M) whether boxes of `first` (N, 4) touch those of `second` (M, 4), or come within `reach` (N,) pixels."""
    left, top, right, bottom = (first if reach is None else grown(first, reach)).T[..., None]
    found = left <= second[:, 2]
    found &= second[:, 0] <= right
    found &= top <= second[:, 3]
    found &= second[:, 1] <= bottom
    return np.asarray(found)


def paired_intersections(first: Boxes, second: Boxes) -> Boxes:
    """(N,) common area of each box of `first` (N, 4) with that of `second` in the same row."""
    sides = np.minimum(first[:, 2:], second[:, 2:]) - np.maximum(first[:, :2], second[:, :2])
    sides = np.maximum(sides, 0)
    return np.asarray(sides[:, 0] * sides[:, 1])


def iou_matrix(first: Boxes, second: Boxes) -> Boxes:
    """(N, M) intersection over union; 0 where a box has no area or is not finite."""
    rows, columns, shared = _shared(first, second)
    with np.errstate(invalid="ignore", divide="ignore"):
        iou = shared / (areas(first)[rows] + areas(second)[columns] - shared)
    return _matrix((len(first), len(second)), rows, columns, np.where(np.isfinite(iou), iou, 0.0))


def _shared(first: Boxes, second: Boxes) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], Boxes]:
    """Rows (P,) and columns (P,) of the pairs that touch, few even in a crowd, and their common areas (P,)."""
    rows, columns = np.nonzero(near(first, second))
    shared = np.ones(len(rows))
    for low, high in ((0, 2), (1, 3)):
        length = np.minimum(first[rows, high], second[columns, high])
        length -= np.maximum(first[rows, low], second[columns, low])
        shared *= np.maximum(length, 0, out=length)  # in place: in a crowd these are millions of numbers
    return rows, columns, shared


def _matrix(shape: tuple[int, int], rows: npt.NDArray[np.intp], columns: npt.NDArray[np.intp], values: Boxes) -> Boxes:
    """(N, M) with values (P,) of some pairs, 0 elsewhere."""
    matrix = np.zeros(shape)
    matrix[rows, columns] = values
    return matrix


def paired_iou(first: Boxes, second: Boxes) -> Boxes:
    """(N,) intersection over union of each box of `first` (N, 4) with that of `second` in the same row; as above."""
    shared = paired_intersections(first, second)
    with np.errstate(invalid="ignore", divide="ignore"):
        iou = shared / (areas(first) + areas(second) - shared)
    return np.where(np.isfinite(iou), iou, 0.0)


def non_maximum_suppression(boxes: Boxes, scores: Boxes, *, max_iou: float) -> npt.NDArray[np.intp]:
    """(M,) rows of boxes (N, 4) to keep, best scores (N,) first: none overlaps a better one by more than `max_iou`."""
    return keep_unexplained(iou_matrix(boxes, boxes) > max_iou, scores)


def keep_unexplained(explained: npt.NDArray[np.bool_], scores: Boxes) -> npt.NDArray[np.intp]:
    """(M,) rows of N to keep, best scores (N,) first, where explained (N, N) says which rows each other row explains:
    `explained[i, j]` drops row i if row j is kept and better."""
    kept: list[int] = []
    for row in np.argsort(-scores, kind="stable"):
        if not explained[row, kept].any():
            kept.append(int(row))
    return np.array(kept, np.intp)


def clip(boxes: Boxes, size_wh: tuple[int, int]) -> Boxes:
    """Boxes cut to a picture of that size; a box wholly outside becomes one without area on the border."""
    width, height = size_wh
    limits = np.array([width, height, width, height], boxes.dtype)
    return boxes.clip(0, limits)


def usable(boxes: Boxes, size_wh: tuple[int, int]) -> npt.NDArray[np.bool_]:
    """(N,) True where a box is finite and shows at least `MIN_SIDE` pixels each way inside the picture."""
    visible = np.minimum(boxes[:, 2:], size_wh) - np.maximum(boxes[:, :2], 0)
    return np.asarray(np.isfinite(boxes).all(axis=1) & (visible >= MIN_SIDE).all(axis=1))


def visible_fraction(boxes: Boxes, size_wh: tuple[int, int]) -> Boxes:
    """(N,) share of each box that lies inside the picture; 0 for boxes without area."""
    whole = areas(boxes)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = areas(clip(boxes, size_wh)) / whole
    return np.where(np.isfinite(share), share, 0.0)


def squared_distances(starts: Boxes, ends: Boxes, points: Boxes) -> Boxes:
    """(T, M) squared distance of points (M, 2) from the lines between starts (T, 2) and ends (T, 2)."""
    way = ends - starts
    length = np.maximum((way**2).sum(axis=1), 1e-9)[:, None]
    share = np.clip(((points[None] - starts[:, None]) * way[:, None]).sum(axis=2) / length, 0, 1)
    nearest = starts[:, None] + share[..., None] * way[:, None]
    return np.asarray(((points[None] - nearest) ** 2).sum(axis=2))
