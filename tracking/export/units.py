"""Positions in metres, where a length was drawn in the picture."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from ppnet.errors import UserError
from tracking.session.edit_plan import EditedResult
from tracking.session.edited_session import EditedSession

PIXELS, METRES = "px", "m"
UNITS = (PIXELS, METRES)
DECIMALS = {PIXELS: 3, METRES: 5}


def scale_of(session: EditedSession) -> float:
    """Metres per pixel. UserError when nobody has said it."""
    scale = session.metres_per_pixel
    if scale is None:
        raise UserError(
            "No scale is known: draw a known length in the picture (in the window: Tools → Set a scale).",
            option="or give the metres per pixel with --scale",
        )
    return scale


def usual_unit(session: EditedSession) -> str:
    """Metres as soon as a scale is known."""
    return PIXELS if session.metres_per_pixel is None else METRES


def in_unit(edited: EditedResult, session: EditedSession, unit: str) -> EditedResult:
    """The same with positions in that unit.

    Metres: origin in the middle of the lowest left pixel of the upright picture, x to the right, y upwards; corner 1 of
    a box stays the upper left one. Pixels: origin in the middle of the top left pixel, y downwards.
    """
    if unit == PIXELS:
        return edited
    scale, height = scale_of(session), edited.result.size_wh[1]

    def moved(points: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        return np.stack([points[..., 0] * scale, (height - 1 - points[..., 1]) * scale], axis=-1)

    result = edited.result
    boxes = moved(result.tracks.boxes.reshape(-1, 2, 2)).reshape(-1, 4)
    measured = replace(
        result,
        tracks=replace(result.tracks, boxes=boxes),
        raw=replace(result.raw, keypoints=moved(result.raw.keypoints)),
        smoothed=replace(result.smoothed, keypoints=moved(result.smoothed.keypoints)),
    )
    return replace(edited, result=measured)
