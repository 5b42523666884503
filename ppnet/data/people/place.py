"""A drawn place in true perspective: floor, back wall, sky, so that people stand on what is drawn."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from ppnet.data.people.camera import Camera
from ppnet.data.people.paint import waves

Floats = npt.NDArray[np.float32]
Image = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Place:
    """A floor (`tiles`, `boards`, `grass`, `asphalt`, `court`) and a wall `wall_m` away (`plaster`, `brick`, `panels`,
    `hedge`), `wall_height_m` high; colours sRGB 0 to 1."""

    floor: str
    floor_colour: tuple[float, float, float]
    wall: str
    wall_colour: tuple[float, float, float]
    wall_m: float
    wall_height_m: float
    seed: int = 0

    @classmethod
    def sample(cls, rng: np.random.Generator) -> "Place":
        """A place indoors or out."""
        floor = str(rng.choice(["tiles", "boards", "grass", "asphalt", "court"]))
        wall = str(rng.choice(["plaster", "brick", "panels", "hedge"]))
        tints = {
            "tiles": (0.62, 0.60, 0.56), "boards": (0.55, 0.40, 0.27), "grass": (0.30, 0.42, 0.18),
            "asphalt": (0.40, 0.40, 0.41), "court": (0.56, 0.32, 0.26), "plaster": (0.78, 0.75, 0.68),
            "brick": (0.52, 0.33, 0.27), "panels": (0.58, 0.62, 0.66), "hedge": (0.24, 0.34, 0.18),
        }  # fmt: skip
        colours = [
            tuple(
                float(value)
                for value in np.clip(
                    np.array(tints[name]) * rng.uniform(0.8, 1.15) + rng.normal(0, 0.03, 3), 0.05, 0.95
                )
            )
            for name in (floor, wall)
        ]
        return cls(
            floor, colours[0], wall, colours[1],  # type: ignore[arg-type]
            float(rng.uniform(9, 18)), float(rng.uniform(2.6, 7)), int(rng.integers(2**31)),
        )  # fmt: skip

    def picture(self, camera: Camera) -> Image:
        """The empty place as the camera sees it, (H, W, 3) RGB."""
        fine = camera.enlarged(2)
        width, height = fine.size_wh
        x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
        centre = fine.centre_xy
        rays = np.stack([(x - centre[0]) / fine.focal_px, (y - centre[1]) / fine.focal_px, np.ones_like(x)], -1)
        rays = (rays.reshape(-1, 3) @ camera.rotation()).astype(np.float32)
        to_floor = np.where(rays[:, 2] < -1e-4, -camera.height_m / np.minimum(rays[:, 2], -1e-4), np.inf)
        to_wall = np.where(rays[:, 1] > 1e-4, self.wall_m / np.maximum(rays[:, 1], 1e-4), np.inf)
        colour = np.empty((len(rays), 3), np.float32)
        on_floor = to_floor <= to_wall
        colour[on_floor] = self._floor(rays[on_floor, :2] * to_floor[on_floor, None])
        rest = np.nonzero(~on_floor)[0]
        across = rays[rest, 0] * to_wall[rest]
        up = rays[rest, 2] * to_wall[rest] + camera.height_m
        on_wall = up < self.wall_height_m
        colour[rest[on_wall]] = self._wall(across[on_wall], up[on_wall])
        colour[rest[~on_wall]] = self._sky(rays[rest[~on_wall]])
        image = cv2.resize(colour.reshape(height, width, 3), camera.size_wh, interpolation=cv2.INTER_AREA)
        return np.asarray((image * 255).clip(0, 255), np.uint8)

    def _floor(self, at: Floats) -> Floats:
        x, y = at.T
        points = np.column_stack([x, y, np.zeros_like(x)])
        tone = 1 + 0.05 * waves(points, self.seed, 1.5) + 0.03 * waves(points, self.seed + 1, 0.2)
        fade = np.clip(1 - y / 40, 0.3, 1)  # fine lines would flicker far away
        if self.floor == "tiles":
            joint = (np.abs(np.mod(x, 0.6) - 0.3) > 0.285) | (np.abs(np.mod(y, 0.6) - 0.3) > 0.285)
            tone = tone * (1 - 0.22 * joint * fade)
            tone *= 1 + 0.06 * np.sin(np.floor(x / 0.6) * 12.9 + np.floor(y / 0.6) * 78.2)
        elif self.floor == "boards":
            tone = tone * (1 - 0.25 * (np.mod(x, 0.18) < 0.012) * fade)
            tone *= (
                1
                + 0.09 * np.sin(np.floor(x / 0.18) * 37.7)
                + 0.04 * waves(points * np.array([1, 0.08, 1], np.float32), self.seed + 2, 0.05)
            )
        elif self.floor == "grass":
            tone = tone * (1 + 0.10 * waves(points, self.seed + 3, 0.06, 8) * fade)
        elif self.floor == "court":
            line = (np.abs(np.mod(x + 2.2, 5.4) - 0.05) < 0.05) | (np.abs(np.mod(y, 4.6) - 0.05) < 0.05)
            tone = np.where(line, 1.7, tone)
        else:
            tone = tone * (1 + 0.05 * waves(points, self.seed + 4, 0.03, 6) * fade)
        return np.asarray(np.array(self.floor_colour) * tone[:, None], np.float32)

    def _wall(self, x: Floats, z: Floats) -> Floats:
        points = np.column_stack([x, np.zeros_like(x), z])
        tone = (1 + 0.02 * waves(points, self.seed + 5, 2.5)) * (0.86 + 0.05 * np.minimum(z, 3))
        if self.wall == "brick":
            row = np.floor(z / 0.12)
            shifted = x + 0.16 * np.mod(row, 2)
            tone = tone * (1 + 0.25 * ((np.mod(z, 0.12) < 0.014) | (np.mod(shifted, 0.32) < 0.014)))
            tone *= 1 + 0.1 * np.sin(row * 91.7 + np.floor(shifted / 0.32) * 47.3)
        elif self.wall == "panels":
            tone = tone * (1 - 0.25 * ((np.mod(x, 1.5) < 0.04) | (np.mod(z, 1.1) < 0.03)))
        elif self.wall == "hedge":
            tone = tone * (1 + 0.28 * waves(points, self.seed + 6, 0.2, 8))
        colour = np.array(self.wall_colour) * tone[:, None]
        if self.wall in ("plaster", "brick"):
            column = np.floor((x + 1.3) / 3.1)
            window = (np.mod(x + 1.3, 3.1) < 1.25) & (np.abs(z - 1.75) < 0.75) & (np.mod(column * 7 + self.seed, 3) > 0)
            glass = np.column_stack([0.32 + 0.08 * z, 0.40 + 0.08 * z, 0.48 + 0.08 * z])
            frame = (
                (np.mod(x + 1.3, 3.1) < 0.07) | (np.abs(np.mod(x + 1.3, 3.1) - 0.62) < 0.03) | (np.abs(z - 1.75) > 0.68)
            )
            colour[window] = np.where(frame[window, None], 0.82, glass[window])
        skirting = z < 0.12
        colour[skirting] *= 0.75
        return np.asarray(colour, np.float32)

    def _sky(self, rays: Floats) -> Floats:
        height = np.clip(rays[:, 2] / np.linalg.norm(rays, axis=1), 0, 0.6)[:, None]
        clouds = 0.03 * waves(rays * np.array([3, 3, 9], np.float32), self.seed + 7, 1.0)[:, None]
        return np.asarray(np.array([0.80, 0.86, 0.93]) - height * np.array([0.5, 0.35, 0.12]) + clouds, np.float32)
