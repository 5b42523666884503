"""A z-buffer rasteriser on the CPU: triangles in pixels -> nearest triangle and depth of every pixel.

On a CPU, Warp runs the threads of a launch one after another, so the buffers need no locks and the result is
repeatable.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ppnet.errors import UserError

try:
    import warp as wp

    from ppnet.data.people import kernels
except ImportError as error:  # Warp comes with anny
    raise UserError('Rendering people needs the extra packages: pip install "ppnet-live[render]".') from error

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]


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
                kernels.interpolate,
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
            kernels.cover,
            dim=len(faces),
            inputs=[_wrap(points, wp.vec3), _wrap(faces)],
            outputs=[_wrap(inverse_depth), _wrap(face_index)],
            device="cpu",
        )
    return Coverage(inverse_depth, face_index, points, faces)


def _wrap(array: npt.NDArray[Any], dtype: Any = None) -> Any:
    """A Warp array on the memory of a numpy array."""
    return wp.from_numpy(array, dtype=dtype, device="cpu") if dtype else wp.array(array, copy=False, device="cpu")
