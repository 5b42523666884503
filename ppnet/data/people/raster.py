"""A z-buffer rasteriser on the CPU: triangles in pixels -> nearest triangle and depth of every pixel.

The two inner loops are Warp kernels (compiled for the CPU once, then cached by Warp). On a CPU, Warp runs
the threads of a launch one after another, so the buffers need no locks and the result is repeatable.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ppnet.errors import UserError

try:
    import warp as wp
except ImportError as error:  # Warp comes with anny
    raise UserError('Rendering people needs the extra packages: pip install "ppnet-live[render]".') from error

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]

wp.config.log_level = wp.LOG_ERROR  # no banner, no word about a missing CUDA driver


@wp.kernel  # type: ignore[untyped-decorator]
def _cover(
    points: wp.array(dtype=wp.vec3),
    faces: wp.array2d(dtype=wp.int32),
    inverse_depth: wp.array2d(dtype=wp.float32),
    face_index: wp.array2d(dtype=wp.int32),
):  # type: ignore[no-untyped-def] # noqa: ANN202
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


@wp.kernel  # type: ignore[untyped-decorator]
def _interpolate(
    points: wp.array(dtype=wp.vec3),
    faces: wp.array2d(dtype=wp.int32),
    values: wp.array2d(dtype=wp.float32),
    pixels: wp.array2d(dtype=wp.int32),
    result: wp.array2d(dtype=wp.float32),
):  # type: ignore[no-untyped-def] # noqa: ANN202
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


@dataclass(frozen=True)
class Coverage:
    """What is seen at every pixel of an (H, W) picture.

    inverse_depth: (H, W) float32, 1 / metres of the nearest surface; 0 where there is none.
    face_index: (H, W) int32, index of its triangle; -1 where there is none.
    """

    inverse_depth: Floats
    face_index: Ints
    points: Floats
    faces: Ints

    def pixels(self) -> Ints:
        """(P, 3) column, row and triangle of the covered pixels, row by row."""
        rows, columns = np.nonzero(self.face_index >= 0)
        return np.stack([columns, rows, self.face_index[rows, columns]], 1).astype(np.int32)

    def interpolate(self, values: Floats, pixels: Ints) -> Floats:
        """Values (V, A) of the vertices -> (P, A) at `pixels`, correct in perspective."""
        result = np.zeros((len(pixels), values.shape[1]), np.float32)
        if len(pixels):
            wp.launch(
                _interpolate,
                dim=len(pixels),
                inputs=[
                    _wrap(self.points, wp.vec3),
                    _wrap(self.faces),
                    _wrap(np.ascontiguousarray(values, np.float32)),
                    _wrap(pixels),
                ],
                outputs=[_wrap(result)],
                device="cpu",
            )
        return result


def rasterise(points: Floats, faces: Ints, size_wh: tuple[int, int]) -> Coverage:
    """Triangles `faces` (F, 3) over `points` (V, 3): x, y in pixels and 1 / depth (<= 0: behind the camera).

    Triangles with a corner behind the camera are left out whole. Both sides of a triangle are drawn.
    """
    points = np.ascontiguousarray(points, np.float32)
    faces = np.ascontiguousarray(faces, np.int32)
    inverse_depth = np.zeros(size_wh[::-1], np.float32)
    face_index = np.full(size_wh[::-1], -1, np.int32)
    if len(faces):
        wp.launch(
            _cover,
            dim=len(faces),
            inputs=[_wrap(points, wp.vec3), _wrap(faces)],
            outputs=[_wrap(inverse_depth), _wrap(face_index)],
            device="cpu",
        )
    return Coverage(inverse_depth, face_index, points, faces)


def _wrap(array: npt.NDArray[Any], dtype: Any = None) -> Any:
    """A Warp array on the memory of a numpy array."""
    return wp.from_numpy(array, dtype=dtype, device="cpu") if dtype else wp.array(array, copy=False, device="cpu")
