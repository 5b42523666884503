"""Zoom and pan as one small value: image pixels to widget points and back."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

MIN_SCALE, MAX_SCALE = 0.05, 40.0


@dataclass(frozen=True, slots=True)
class ViewTransform:
    """widget = (image + 0.5) * scale + offset. Pixel centres of the image lie at whole numbers."""

    scale: float = 1.0
    offset_x: float = 0.0
    offset_y: float = 0.0

    @classmethod
    def fit(cls, image_wh: tuple[int, int], view_wh: tuple[int, int]) -> "ViewTransform":
        """The whole image, as large as the view allows, in its middle."""
        image_w, image_h = image_wh
        view_w, view_h = view_wh
        scale = max(min(view_w / max(image_w, 1), view_h / max(image_h, 1)), MIN_SCALE)
        return cls(scale, (view_w - image_w * scale) / 2, (view_h - image_h * scale) / 2)

    def to_widget(self, points: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """(..., 2) image pixels to (..., 2) widget points."""
        return (np.asarray(points, np.float64) + 0.5) * self.scale + (self.offset_x, self.offset_y)

    def to_image(self, points: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """(..., 2) widget points to (..., 2) image pixels."""
        return (np.asarray(points, np.float64) - (self.offset_x, self.offset_y)) / self.scale - 0.5

    def zoomed(self, x: float, y: float, *, factor: float) -> "ViewTransform":
        """Scaled by `factor` so that what lies under the widget point (x, y) stays there."""
        scale = float(np.clip(self.scale * factor, MIN_SCALE, MAX_SCALE))
        ratio = scale / self.scale
        return ViewTransform(scale, x - (x - self.offset_x) * ratio, y - (y - self.offset_y) * ratio)

    def panned(self, dx: float, dy: float) -> "ViewTransform":
        """Moved by widget points."""
        return ViewTransform(self.scale, self.offset_x + dx, self.offset_y + dy)
