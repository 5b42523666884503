"""A pinhole camera over the floor of a scene.

Scene axes: x to the camera's right, y away from it, z up, metres; the floor is z = 0 and the camera stands over
the origin. A person who faces the camera has body axes equal to scene axes turned by nothing: front is -y.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Camera:
    """Focal length in pixels, picture size, height over the floor, downward pitch and roll in radians.

    `centre_xy` is the pixel of the optical axis (pixel centres at whole numbers).
    """

    focal_px: float
    size_wh: tuple[int, int]
    height_m: float
    pitch: float = 0.0
    roll: float = 0.0

    @property
    def centre_xy(self) -> tuple[float, float]:
        """Middle of the picture."""
        return ((self.size_wh[0] - 1) / 2, (self.size_wh[1] - 1) / 2)

    def rotation(self) -> npt.NDArray[np.float64]:
        """(3, 3) scene axes -> camera axes (x right, y down, z forwards)."""
        pitch_cos, pitch_sin = np.cos(self.pitch), np.sin(self.pitch)
        roll_cos, roll_sin = np.cos(self.roll), np.sin(self.roll)
        level = np.array([[1.0, 0, 0], [0, 0, -1.0], [0, 1.0, 0]])
        tilt = np.array([[1.0, 0, 0], [0, pitch_cos, -pitch_sin], [0, pitch_sin, pitch_cos]])
        turn = np.array([[roll_cos, -roll_sin, 0], [roll_sin, roll_cos, 0], [0, 0, 1.0]])
        result: npt.NDArray[np.float64] = turn @ tilt @ level
        return result

    def project(self, points: npt.ArrayLike) -> Floats:
        """Scene points (V, 3) -> (V, 3): x, y in pixels and 1 / depth (<= 0 behind the camera)."""
        seen = (np.asarray(points, np.float64) - (0, 0, self.height_m)) @ self.rotation().T
        depth = np.where(np.abs(seen[:, 2]) < 1e-6, 1e-6, seen[:, 2])
        x = self.focal_px * seen[:, 0] / depth + self.centre_xy[0]
        y = self.focal_px * seen[:, 1] / depth + self.centre_xy[1]
        near = np.where(depth > 0.15, 1 / depth, -1.0)
        return np.stack([x, y, near], 1).astype(np.float32)

    def enlarged(self, factor: int) -> "Camera":
        """The same view with `factor` x `factor` pixels for each one."""
        size = (self.size_wh[0] * factor, self.size_wh[1] * factor)
        return Camera(self.focal_px * factor, size, self.height_m, self.pitch, self.roll)
