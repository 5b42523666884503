"""Inner loops of the rasteriser as Warp kernels: compiled for the CPU once, then kept in Warp's cache."""
# mypy: ignore-errors
# ruff: noqa: ANN201
# Warp reads the annotations as its own types and the source as its own small language.

import os

import warp as wp


def _start_warp() -> None:
    """Warp greets, and its native part warns of a missing CUDA driver straight on file descriptor 2: both unwanted."""
    wp.config.log_level = wp.LOG_ERROR
    try:
        saved = os.dup(2)
    except OSError:  # no standard error at all
        wp.init()
        return
    with open(os.devnull, "wb") as nothing:
        os.dup2(nothing.fileno(), 2)
    try:
        wp.init()
    finally:
        os.dup2(saved, 2)
        os.close(saved)


_start_warp()


@wp.kernel
def cover(
    points: wp.array(dtype=wp.vec3),
    faces: wp.array2d(dtype=wp.int32),
    inverse_depth: wp.array2d(dtype=wp.float32),
    face_index: wp.array2d(dtype=wp.int32),
):
    """One triangle into the depth buffer: nearest inverse depth and its triangle, pixel by pixel."""
    face = wp.tid()
    a = points[faces[face, 0]]
    b = points[faces[face, 1]]
    c = points[faces[face, 2]]
    if a[2] <= 0.0 or b[2] <= 0.0 or c[2] <= 0.0:
        return
    area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
    if wp.abs(area) < 1.0e-9:
        return
    left = wp.max(int(wp.ceil(wp.min(wp.min(a[0], b[0]), c[0]))), 0)
    right = wp.min(int(wp.floor(wp.max(wp.max(a[0], b[0]), c[0]))), inverse_depth.shape[1] - 1)
    top = wp.max(int(wp.ceil(wp.min(wp.min(a[1], b[1]), c[1]))), 0)
    bottom = wp.min(int(wp.floor(wp.max(wp.max(a[1], b[1]), c[1]))), inverse_depth.shape[0] - 1)
    for row in range(top, bottom + 1):
        y = float(row)
        for column in range(left, right + 1):
            x = float(column)
            u = ((b[0] - x) * (c[1] - y) - (b[1] - y) * (c[0] - x)) / area
            v = ((c[0] - x) * (a[1] - y) - (c[1] - y) * (a[0] - x)) / area
            w = 1.0 - u - v
            if u >= 0.0 and v >= 0.0 and w >= 0.0:
                nearness = u * a[2] + v * b[2] + w * c[2]
                if nearness > inverse_depth[row, column]:
                    inverse_depth[row, column] = nearness
                    face_index[row, column] = face


@wp.kernel
def interpolate(
    points: wp.array(dtype=wp.vec3),
    faces: wp.array2d(dtype=wp.int32),
    values: wp.array2d(dtype=wp.float32),
    pixels: wp.array2d(dtype=wp.int32),
    result: wp.array2d(dtype=wp.float32),
):
    """Vertex values at one pixel of a triangle, correct in perspective."""
    index = wp.tid()
    face = pixels[index, 2]
    i = faces[face, 0]
    j = faces[face, 1]
    k = faces[face, 2]
    a = points[i]
    b = points[j]
    c = points[k]
    x = float(pixels[index, 0])
    y = float(pixels[index, 1])
    area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
    u = ((b[0] - x) * (c[1] - y) - (b[1] - y) * (c[0] - x)) / area
    v = ((c[0] - x) * (a[1] - y) - (c[1] - y) * (a[0] - x)) / area
    # Inverse depth is linear on the screen, so weighting by it gives values that are linear in space.
    p = u * a[2]
    q = v * b[2]
    r = (1.0 - u - v) * c[2]
    total = p + q + r
    for column in range(values.shape[1]):
        result[index, column] = (p * values[i, column] + q * values[j, column] + r * values[k, column]) / total
