"""The colours of people, sides of the body and heatmaps: RGB, the same in the window and in every video."""

import colorsys
from functools import cache

import numpy as np
import numpy.typing as npt

Color = tuple[int, int, int]

SIDE_COLORS: dict[str, Color] = {"left": (64, 190, 255), "right": (255, 150, 40), "middle": (240, 240, 240)}
"""Blue and orange are told apart by people with any kind of colour vision."""
FAINT: Color = (90, 90, 90)
OUTLINE: Color = (24, 24, 28)
DARK_INK: Color = (16, 16, 20)
LIGHT_INK: Color = (255, 255, 255)
MUTED = 0.6  # how far the colours of those who are not chosen go towards `FAINT`
HEAT = np.array([[12, 14, 30], [62, 28, 110], [150, 44, 120], [226, 92, 80], [252, 168, 64], [252, 246, 190]], float)


@cache
def track_color(track_id: int) -> Color:
    """Colour of an id: neighbours in number lie far apart in hue."""
    red, green, blue = colorsys.hsv_to_rgb((0.58 + track_id * 0.618034) % 1.0, 0.62, 1.0)
    return round(red * 255), round(green * 255), round(blue * 255)


@cache
def faded(color: Color, share: float) -> Color:
    """A colour on its way to grey; share: 0 the colour itself, 1 grey."""
    red, green, blue = (round(full + (grey - full) * share) for full, grey in zip(color, FAINT, strict=True))
    return red, green, blue


@cache
def ink_on(ground: Color) -> Color:
    """Black or white, whichever can be read on that ground."""
    red, green, blue = ground
    return DARK_INK if 0.299 * red + 0.587 * green + 0.114 * blue > 120 else LIGHT_INK


def heat_colors(values: npt.NDArray[np.floating], *, clear: bool = False) -> npt.NDArray[np.uint8]:
    """(h, w) values 0..1 as RGBA (h, w, 4) from dark violet to light yellow; `clear`: low values are see-through."""
    levels = np.clip(np.asarray(values, float), 0, 1)
    places = levels * (len(HEAT) - 1)
    low = np.minimum(places.astype(int), len(HEAT) - 2)
    part = (places - low)[..., None]
    pixels = np.empty((*levels.shape, 4), np.uint8)
    pixels[..., :3] = HEAT[low] * (1 - part) + HEAT[low + 1] * part
    pixels[..., 3] = np.clip(levels * 1.6, 0, 0.8) * 255 if clear else 255
    return pixels
