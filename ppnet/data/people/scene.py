"""People, things and light before a backdrop -> a picture and the exact truth about everyone in it."""

import cv2
import numpy as np
import numpy.typing as npt

from ppnet.data.people.actors import Actor, Prop, assemble
from ppnet.data.people.camera import Camera
from ppnet.data.people.raster import rasterise
from ppnet.data.people.shading import Light, floor_shadow, shade
from ppnet.data.people.truth import NOBODY, Truth, find_truth

Floats = npt.NDArray[np.float32]
Image = npt.NDArray[np.uint8]


_TO_LINEAR = ((np.arange(256) / 255) ** 2.2).astype(np.float32)
_FROM_LINEAR = (np.linspace(0, 1, 4096) ** (1 / 2.2) * 255 + 0.5).astype(np.uint8)


def _encoded(linear: Floats) -> Image:
    """Linear light 0 to 1 -> sRGB uint8, by table: powers of whole pictures are slow."""
    return np.asarray(_FROM_LINEAR[(linear * 4095 + 0.5).clip(0, 4095).astype(np.int16)], np.uint8)


def render(
    camera: Camera, actors: list[Actor], *, backdrop: Image, light: Light,
    props: tuple[Prop, ...] = (), curtain: Image | None = None, factor: int = 2,
) -> tuple[Image, Truth]:  # fmt: skip
    """Picture (H, W, 3) and truth. `factor` x `factor` samples are taken for each pixel.

    curtain: (H, W, 4) RGB and cover (0 or 255) of what hangs before everything.
    """
    stage = assemble(actors, props)
    fine = camera.enlarged(factor)
    coverage = rasterise(fine.project(stage.vertices), stage.faces, fine.size_wh)
    pixels = coverage.pixels()
    owner = stage.owner[pixels[:, 2]]
    image = _shadow_cast(backdrop, light.floor_shadow * floor_shadow(camera, stage, light))
    if len(pixels):
        colour = shade(stage, coverage, pixels, owner, actors, props, light, camera)
        _lay_over(image, pixels, colour * (1 + colour / 4) / (1 + colour / 1.6), factor)  # film's soft shoulder
    owner_map = np.full(fine.size_wh[::-1], NOBODY, np.int32)
    owner_map[pixels[:, 1], pixels[:, 0]] = owner
    nearness = coverage.inverse_depth
    if curtain is not None:
        image = np.where(curtain[:, :, 3:] > 0, curtain[:, :, :3], image)
        hidden = cv2.resize(curtain[:, :, 3], fine.size_wh, interpolation=cv2.INTER_NEAREST) > 0
        owner_map[hidden], nearness[hidden] = NOBODY, 100.0
    return image, find_truth(camera, fine, stage, nearness, owner_map, actors)


def _shadow_cast(backdrop: Image, shadow: Floats) -> Image:
    """The backdrop darkened by (H, W) shares, only where there is shadow."""
    image = backdrop.copy()
    dark = shadow > 0.004
    image[dark] = _encoded(_TO_LINEAR[backdrop[dark]] * (1 - shadow[dark][:, None]))
    return image


def _lay_over(image: Image, pixels: npt.NDArray[np.int32], colour: Floats, factor: int) -> None:
    """Put fine pixels (P, 3: column, row, triangle) of linear `colour` (P, 3) over the picture, edges blended."""
    low = pixels[:, :2].min(0) // factor
    high = pixels[:, :2].max(0) // factor + 1
    width, height = high - low
    layer = np.zeros((height * factor, width * factor, 4), np.float32)
    rows, columns = pixels[:, 1] - low[1] * factor, pixels[:, 0] - low[0] * factor
    layer[rows, columns, :3] = colour
    layer[rows, columns, 3] = 1
    layer = cv2.resize(layer, (int(width), int(height)), interpolation=cv2.INTER_AREA)
    window = image[low[1] : high[1], low[0] : high[0]]
    touched = layer[:, :, 3] > 0
    over, under = layer[touched], _TO_LINEAR[window[touched]]
    window[touched] = _encoded(over[:, :3] + under * (1 - over[:, 3:]))
