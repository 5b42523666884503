"""Lines, angles and distances drawn over the picture by hand: where they lie in a frame, and what they measure.

All of it is in the plane of the picture: what lies at another distance from the camera, or turns out of the plane, is
measured as it looks (docs/window.md).
"""

from collections import Counter
from collections.abc import Container, Mapping, Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from tracking.angles import inner_arc, turned_arc
from tracking.session.edits import DrawnPoint, SetDrawing
from tracking.types import FrameResult

Floats = npt.NDArray[np.float64]
Joints = Mapping[int, npt.NDArray[np.floating]]
"""By track id: keypoints (..., K, 2) in image pixels, NaN where one is not known."""

SHARED = {"vertical": 0, "horizontal": 1}
"""Which coordinate the last two points of a drawing share that is held vertical or horizontal."""


def joints_of(result: FrameResult, min_score: float = 0.0, *, hidden: Container[int] = ()) -> Joints:
    """The joints of a frame that are known, with at least `min_score`, of everybody who is not `hidden`."""
    keypoints = np.where((result.smoothed.scores >= min_score)[..., None], result.known_keypoints, np.nan)
    ids = result.tracks.ids.tolist()
    return {track_id: keypoints[row] for row, track_id in enumerate(ids) if track_id not in hidden}


def places(drawing: SetDrawing, joints: Joints) -> Floats:
    """(..., P, 2) where its points are, image pixels; NaN where a joint that one is tied to is not known."""
    spots = [_place(point, joints) for point in drawing.points]
    if drawing.along:
        before, drawn = spots[-2], drawing.points
        last = spots[-1].copy()
        if drawing.kind != "distance" and not drawn[-1].is_tied:  # goes along with the point that it is held to
            last = last + before - np.array([drawn[-2].x, drawn[-2].y])
        shared = SHARED[drawing.along]
        last, before = np.broadcast_arrays(last, before)
        last = last.copy()
        last[..., shared] = before[..., shared]
        spots[-1] = last
    return np.stack(np.broadcast_arrays(*spots), axis=-2)


def _place(point: DrawnPoint, joints: Joints) -> Floats:
    if point.track_id is None or point.keypoint is None:
        return np.array([point.x, point.y], np.float64)
    keypoints = joints.get(point.track_id)
    if keypoints is None or point.keypoint >= keypoints.shape[-2]:
        return np.full(2, np.nan)
    return np.asarray(keypoints[..., point.keypoint, :], np.float64)


def held(drawing: SetDrawing) -> SetDrawing:
    """The drawing with a last point that is held straight and free where it lies in the frame it is drawn in."""
    last = drawing.points[-1]
    if not drawing.along or last.is_tied:
        return drawing
    before = drawing.points[-2]
    x, y = (before.x, last.y) if drawing.along == "vertical" else (last.x, before.y)
    return msgspec.structs.replace(drawing, points=(*drawing.points[:-1], DrawnPoint(x, y)))


def is_flat(drawing: SetDrawing) -> bool:
    """Whether two points that follow each other are one where it is drawn."""
    xy = np.array([(point.x, point.y) for point in drawing.points])
    return bool((np.linalg.norm(np.diff(xy, axis=0), axis=1) < 1.0).any())


def measured(drawing: SetDrawing, spots: Floats, *, metres_per_pixel: float | None = None) -> Floats:
    """(...) what it measures where its points are `spots` (..., P, 2); NaN where one is not known.

    An angle: degrees, 0 to 180. A distance: pixels, or metres where a scale is given. A line: its turn away from level
    in degrees, -180 to 180, positive when it falls to the right; its first point is the one drawn farther left.
    """
    if drawing.kind == "angle":
        return np.asarray(np.abs(inner_arc(spots[..., 0, :], spots[..., 1, :], spots[..., 2, :]).sweep_deg))
    first, second = spots[..., 0, :], spots[..., 1, :]
    if drawing.kind == "distance":
        return np.asarray(np.linalg.norm(second - first, axis=-1) * (metres_per_pixel or 1.0))
    if drawing.points[0].x > drawing.points[1].x:
        first, second = second, first
    return turned_arc(first, second, rest_deg=0.0).sweep_deg


def name_of(drawing: SetDrawing) -> str:
    """What it is called: its own name, or angle 2."""
    return drawing.name or f"{drawing.kind} {drawing.number}"


def title_of(drawing: SetDrawing) -> str:
    """The same at the beginning of a line: Angle 2."""
    return drawing.name or name_of(drawing).capitalize()


def names_of(drawings: Sequence[SetDrawing]) -> list[str]:
    """What they are called beside each other, also as columns of a table; those that share a name have their numbers
    behind it."""
    names = [name_of(drawing) for drawing in drawings]
    while shared := [name for name, times in Counter(map(column_of, names)).items() if times > 1]:
        names = [
            f"{name} ({drawing.number})" if column_of(name) in shared else name
            for name, drawing in zip(names, drawings, strict=True)
        ]
    return names


def column_of(name: str) -> str:
    """The name as the head of a column."""
    return name.replace(" ", "_")


def unit_of(drawing: SetDrawing, metres_per_pixel: float | None) -> str:
    """The unit of what it measures: deg, m or px."""
    if drawing.kind != "distance":
        return "deg"
    return "px" if metres_per_pixel is None else "m"
