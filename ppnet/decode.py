"""Heatmaps to positions in cells: quarter offset, DARK, UDP, and the place of the most expected similarity.

Each function takes heatmaps (N, K, h, w) and returns positions (N, K, 2) in cells, float32, and scores
(N, K) float32, the heatmaps' maxima. The published rules blur only the neighbourhood of each maximum: the blur's
rescaling to the old maximum is a constant in the logarithm and drops out of its derivatives.
"""

import math
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

NO_BLUR = 0.1  # cells, a sigma that reaches no neighbour
BORDER = 3  # cells
MAX_STEP = 1.0  # cells; a Taylor step beyond the neighbouring cell is noise, not refinement


def decode_quarter(heatmaps: Floats) -> tuple[Floats, Floats]:
    """Arg-max, moved a quarter of a cell towards the higher neighbour (published code).

    Maxima on the outer cells (x <= 1, x = w - 1, same for y) stay where they are.
    """
    maps, columns, rows, scores = _maxima(heatmaps)
    height, width = maps.shape[1:]
    positions = np.stack([columns, rows], axis=1).astype(np.float64)
    inner = (columns > 1) & (columns < width - 1) & (rows > 1) & (rows < height - 1)
    index, x, y = np.nonzero(inner)[0], columns[inner], rows[inner]
    positions[index, 0] += 0.25 * np.sign(maps[index, y, x + 1] - maps[index, y, x - 1])
    positions[index, 1] += 0.25 * np.sign(maps[index, y + 1, x] - maps[index, y - 1, x])
    return _shaped(positions, columns, rows, scores, heatmaps)


def decode_dark(heatmaps: Floats, sigma: float) -> tuple[Floats, Floats]:
    """DARK (Zhang et al., CVPR 2020): a Taylor step on the logarithm of the blurred heatmap.

    sigma: of the training Gaussian, cells. First derivatives over two cells, second ones over four.
    """
    maps, columns, rows, scores = _maxima(heatmaps)
    centers, logs = _log_surroundings(maps, columns, rows, sigma, reach=2)
    xx = (logs[:, 2, 4] - 2 * logs[:, 2, 2] + logs[:, 2, 0]) / 4
    yy = (logs[:, 4, 2] - 2 * logs[:, 2, 2] + logs[:, 0, 2]) / 4
    tops = centers + _newton_steps(logs[:, 1:4, 1:4], xx, yy)
    return _shaped(tops, columns, rows, scores, heatmaps)


def decode_udp(heatmaps: Floats, sigma: float) -> tuple[Floats, Floats]:
    """UDP's decode (Huang et al., CVPR 2020): as DARK, with all derivatives over neighbouring cells.

    sigma: of the training Gaussian, cells.
    """
    maps, columns, rows, scores = _maxima(heatmaps)
    return _shaped(_udp_tops(maps, columns, rows, sigma), columns, rows, scores, heatmaps)


def decode_expected(heatmaps: Floats, sigma: float, tolerances: tuple[float, ...]) -> tuple[Floats, Floats]:
    """The place of the most expected similarity.

    A heatmap says how likely the keypoint is to lie in each cell, and an answer a little beside it is worth almost as
    much (COCO's object keypoint similarity, a Gaussian about the truth). So the maximum is taken of the heatmap blurred
    by the keypoint's tolerance: of two peaks the broader one wins, where the published rules take the higher cell.
    At the border, where the blur would pull the maximum inwards, UDP's rule decodes.

    sigma: of the training Gaussian, cells. tolerances: sigma of each keypoint's blur in shares of the root of the
    heatmap's area, (K,). The scores are maxima of the heatmaps as they came.
    """
    height, width = heatmaps.shape[2:]
    sigmas = [tolerance * (height * width) ** 0.5 for tolerance in tolerances]
    heatmaps = np.ascontiguousarray(heatmaps)  # OpenCV writes into no other
    blurred = np.empty_like(heatmaps)
    for person, results in zip(heatmaps, blurred, strict=True):
        for heatmap, result, wide in zip(person, results, sigmas, strict=True):
            side = 2 * math.ceil(2.5 * wide) + 1
            cv2.GaussianBlur(heatmap, (side, side), wide, result, borderType=cv2.BORDER_CONSTANT)
    maps, columns, rows, scores = _maxima(blurred)
    positions, _ = _shaped(_udp_tops(maps, columns, rows, NO_BLUR), columns, rows, scores, blurred)
    outer = (np.minimum(columns, width - 1 - columns) < BORDER) | (np.minimum(rows, height - 1 - rows) < BORDER)
    outer = outer.reshape(heatmaps.shape[:2])
    if outer.any():
        positions[outer] = decode_udp(heatmaps[outer][:, None], sigma)[0][:, 0]
    return positions, heatmaps.max(axis=(2, 3))


DecodeKind = Literal["quarter", "dark", "udp"]


def decode(heatmaps: Floats, kind: DecodeKind, sigma: float) -> tuple[Floats, Floats]:
    """Positions (N, K, 2) in cells and scores (N, K) by the named method."""
    if kind == "quarter":
        return decode_quarter(heatmaps)
    return (decode_dark if kind == "dark" else decode_udp)(heatmaps, sigma)


def _maxima(heatmaps: Floats) -> tuple[Floats, Integers, Integers, Floats]:
    """Heatmaps as (M, h, w), the column and row of each maximum (M,), and its value (M,)."""
    height, width = heatmaps.shape[2:]
    flat = heatmaps.reshape(-1, height * width)
    best = flat.argmax(axis=1)
    rows, columns = np.divmod(best, width)
    scores = np.take_along_axis(flat, best[:, None], axis=1)[:, 0]
    return flat.reshape(-1, height, width), columns, rows, scores


def _log_surroundings(
    maps: Floats, columns: Integers, rows: Integers, sigma: float, *, reach: int
) -> tuple[Integers, Doubles]:
    """Centres (M, 2) and logarithms (M, 2 reach + 1, 2 reach + 1) of the blurred maps about each maximum.

    The blur ends at 2.5 sigma (11 cells for sigma 2, as published). Near the border the published codes
    blur in zeros or the map's mirror image, which pulls the maximum by up to a cell and a half; here the
    surroundings keep inside the map and the blur gets as narrow as it must.
    """
    height, width = maps.shape[1:]
    x, y = np.clip(columns, reach, width - 1 - reach), np.clip(rows, reach, height - 1 - reach)
    radius = int(2.5 * sigma + 0.5)
    offsets = np.arange(-radius - reach, radius + reach + 1)
    cells_x, cells_y = np.clip(x[:, None] + offsets, 0, width - 1), np.clip(y[:, None] + offsets, 0, height - 1)
    blurred = maps[np.arange(len(maps))[:, None, None], cells_y[:, :, None], cells_x[:, None, :]].astype(np.float64)
    if radius:
        kernels_x, kernels_y = _kernels(x, width, sigma, radius, reach), _kernels(y, height, sigma, radius, reach)
        blurred = kernels_y @ blurred @ kernels_x.transpose(0, 2, 1)
    return np.stack([x, y], axis=1), np.log(np.maximum(blurred, 1e-10))


def _kernels(centers: Integers, length: int, sigma: float, radius: int, reach: int) -> Doubles:
    """One axis of the blur: weights (M, 2 reach + 1, 2 (radius + reach) + 1) of the cells about each centre (M,)."""
    distances = np.arange(-radius - reach, radius + reach + 1) - np.arange(-reach, reach + 1)[:, None]
    room = np.minimum(centers, length - 1 - centers) - reach
    inside = np.abs(distances) <= np.minimum(room, radius)[:, None, None]
    weights = np.exp(-(distances**2) / (2 * sigma**2)) * inside
    return np.asarray(weights / weights.sum(axis=-1, keepdims=True))


def _udp_tops(maps: Floats, columns: Integers, rows: Integers, sigma: float) -> Doubles:
    """Tops (M, 2) by UDP's rule; NaN where there is none."""
    centers, logs = _log_surroundings(maps, columns, rows, sigma, reach=1)
    xx = logs[:, 1, 2] - 2 * logs[:, 1, 1] + logs[:, 1, 0]
    yy = logs[:, 2, 1] - 2 * logs[:, 1, 1] + logs[:, 0, 1]
    return np.asarray(centers + _newton_steps(logs, xx, yy))


def _newton_steps(logs: Doubles, xx: Doubles, yy: Doubles) -> Doubles:
    """Steps (M, 2) to the top of the quadratic with second derivatives xx, yy; NaN where it has none."""
    gradient_x = (logs[:, 1, 2] - logs[:, 1, 0]) / 2
    gradient_y = (logs[:, 2, 1] - logs[:, 0, 1]) / 2
    xy = (logs[:, 2, 2] - logs[:, 0, 2] - logs[:, 2, 0] + logs[:, 0, 0]) / 4
    determinant = xx * yy - xy * xy
    peaked = (determinant > 1e-9) & (xx < 0)
    steps = np.stack([xy * gradient_y - yy * gradient_x, xy * gradient_x - xx * gradient_y], axis=1)
    return np.where(peaked[:, None], steps / np.where(peaked, determinant, 1)[:, None], np.nan)


def _shaped(
    tops: Doubles, columns: Integers, rows: Integers, scores: Floats, heatmaps: Floats
) -> tuple[Floats, Floats]:
    """Tops (M, 2) within MAX_STEP of their maxima, or the maxima where NaN, as (N, K, 2), and scores as (N, K)."""
    maxima = np.stack([columns, rows], axis=1)
    steps = np.nan_to_num(np.clip(tops - maxima, -MAX_STEP, MAX_STEP))
    shape = heatmaps.shape[:2]
    return (maxima + steps).reshape(*shape, 2).astype(np.float32), scores.reshape(shape)


def merge_flipped(
    heatmaps: npt.NDArray[np.float32],
    flipped: npt.NDArray[np.float32],
    flip_index: npt.NDArray[np.int64],
    *,
    shift: bool,
) -> npt.NDArray[np.float32]:
    """Average of the heatmaps of a crop and of its mirror image, both (N, K, h, w).

    The mirror's answer is mirrored back and left and right swapped by `flip_index` (K,). `shift` moves it
    one cell to the right, as classic crops need: there a mirrored position comes back three quarters of a
    cell too far left (published code; UDP crops mirror exactly and need none).
    """
    back = flipped[:, flip_index, :, ::-1]
    if shift:
        back = np.concatenate([back[..., :1], back[..., :-1]], axis=-1)
    return np.asarray((heatmaps + back) / 2, np.float32)
