"""Heatmaps to positions in cells: quarter offset, DARK and UDP.

Each function takes heatmaps (N, K, h, w) and returns positions (N, K, 2) in cells, float32, and scores
(N, K) float32, the heatmaps' maxima. Only the neighbourhood of each maximum is ever blurred: the blur's
rescaling to the old maximum is a constant in the logarithm and drops out of its derivatives.
"""

from typing import Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

MAX_STEP = 1.0  # cells; a Taylor step beyond the neighbouring cell is noise, not refinement


def decode_quarter(heatmaps: Floats) -> tuple[Floats, Floats]:
    """Arg-max, moved a quarter of a cell towards the higher neighbour (published code).

    Maxima on the outer cells (x <= 1, x = w - 1, same for y) stay where they are.
    """
    maps, columns, rows, scores = _maxima(heatmaps)
    height, width = maps.shape[1:]
    positions = np.stack([columns, rows], axis=1).astype(np.float32)
    inner = (columns > 1) & (columns < width - 1) & (rows > 1) & (rows < height - 1)
    index, x, y = np.nonzero(inner)[0], columns[inner], rows[inner]
    positions[index, 0] += 0.25 * np.sign(maps[index, y, x + 1] - maps[index, y, x - 1])
    positions[index, 1] += 0.25 * np.sign(maps[index, y + 1, x] - maps[index, y - 1, x])
    return _shaped(positions, scores, heatmaps)


def decode_dark(heatmaps: Floats, sigma: float) -> tuple[Floats, Floats]:
    """DARK (Zhang et al., CVPR 2020): a Taylor step on the logarithm of the blurred heatmap.

    sigma: of the training Gaussian, cells. First derivatives over two cells, second ones over four.
    Maxima within two cells of the border stay where they are.
    """
    maps, columns, rows, scores = _maxima(heatmaps)
    height, width = maps.shape[1:]
    inner = (columns > 1) & (columns < width - 2) & (rows > 1) & (rows < height - 2)
    logs = np.log(np.maximum(_blurred_surroundings(maps, columns, rows, sigma, reach=2), 1e-10))
    gradient_x = (logs[:, 2, 3] - logs[:, 2, 1]) / 2
    gradient_y = (logs[:, 3, 2] - logs[:, 1, 2]) / 2
    xx = (logs[:, 2, 4] - 2 * logs[:, 2, 2] + logs[:, 2, 0]) / 4
    yy = (logs[:, 4, 2] - 2 * logs[:, 2, 2] + logs[:, 0, 2]) / 4
    xy = (logs[:, 3, 3] - logs[:, 1, 3] - logs[:, 3, 1] + logs[:, 1, 1]) / 4
    steps = _newton_steps(gradient_x, gradient_y, xx, yy, xy) * inner[:, None]
    return _shaped(np.stack([columns, rows], axis=1) + steps, scores, heatmaps)


def decode_udp(heatmaps: Floats, sigma: float) -> tuple[Floats, Floats]:
    """UDP's decode (Huang et al., CVPR 2020): as DARK, all derivatives over neighbouring cells.

    sigma: of the training Gaussian, cells. The blur sees the heatmap mirrored at its border, so maxima
    there move too.
    """
    maps, columns, rows, scores = _maxima(heatmaps)
    blurred = _blurred_surroundings(maps, columns, rows, sigma, reach=1, mirrored=True)
    logs = np.log(np.clip(blurred, 1e-3, 50))
    gradient_x = (logs[:, 1, 2] - logs[:, 1, 0]) / 2
    gradient_y = (logs[:, 2, 1] - logs[:, 0, 1]) / 2
    xx = logs[:, 1, 2] - 2 * logs[:, 1, 1] + logs[:, 1, 0]
    yy = logs[:, 2, 1] - 2 * logs[:, 1, 1] + logs[:, 0, 1]
    xy = (logs[:, 2, 2] - logs[:, 0, 2] - logs[:, 2, 0] + logs[:, 0, 0]) / 4
    steps = _newton_steps(gradient_x, gradient_y, xx, yy, xy)
    return _shaped(np.stack([columns, rows], axis=1) + steps, scores, heatmaps)


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


def _blurred_surroundings(
    maps: Floats, columns: Integers, rows: Integers, sigma: float, *, reach: int, mirrored: bool = False
) -> Doubles:
    """The Gaussian-blurred maps about each maximum: (M, 2 reach + 1, 2 reach + 1).

    The blur ends at 2.5 sigma (11 cells for sigma 2, as published). Outside the map lie zeros, or its
    mirror image.
    """
    radius = int(2.5 * sigma + 0.5)
    offsets = np.arange(-radius - reach, radius + reach + 1)
    distances = offsets[None, :] - np.arange(-reach, reach + 1)[:, None]
    kernel = np.where(np.abs(distances) <= radius, np.exp(-(distances**2) / (2 * sigma**2)), 0)
    kernel /= kernel.sum(axis=1, keepdims=True)

    height, width = maps.shape[1:]
    x, outside_x = _cells_about(columns, offsets, width)
    y, outside_y = _cells_about(rows, offsets, height)
    patches = maps[np.arange(len(maps))[:, None, None], y[:, :, None], x[:, None, :]].astype(np.float64)
    if not mirrored:
        patches[outside_y[:, :, None] | outside_x[:, None, :]] = 0
    return kernel @ patches @ kernel.T


def _cells_about(centers: Integers, offsets: Integers, length: int) -> tuple[Integers, npt.NDArray[np.bool_]]:
    """Indices (M, P) about each centre, and whether outside; those are mirrored at the map's end cells."""
    cells = centers[:, None] + offsets
    outside = (cells < 0) | (cells >= length)
    period = max(2 * (length - 1), 1)
    folded = np.abs(cells) % period
    return np.where(folded >= length, period - folded, folded), outside


def _newton_steps(gradient_x: Doubles, gradient_y: Doubles, xx: Doubles, yy: Doubles, xy: Doubles) -> Doubles:
    """Steps (M, 2) to the top of the quadratic; none where it has no top (flat maps, saddles)."""
    determinant = xx * yy - xy * xy
    peaked = (determinant > 1e-9) & (xx < 0)
    safe = np.where(peaked, determinant, 1)
    steps = np.stack([xy * gradient_y - yy * gradient_x, xy * gradient_x - xx * gradient_y], axis=1)
    steps = np.where(peaked[:, None], steps / safe[:, None], 0)
    return np.clip(steps, -MAX_STEP, MAX_STEP)


def _shaped(positions: Floats | Doubles, scores: Floats, heatmaps: Floats) -> tuple[Floats, Floats]:
    shape = heatmaps.shape[:2]
    return positions.reshape(*shape, 2).astype(np.float32), scores.reshape(shape).astype(np.float32)
