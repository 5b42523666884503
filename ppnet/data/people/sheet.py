"""Contact sheets: many samples in one picture, with their labels drawn, for looking at."""

import cv2
import numpy as np
import numpy.typing as npt

from ppnet.data.people.samples import Patch
from ppnet.skeleton import COCO_17

Image = npt.NDArray[np.uint8]
_COLOURS = {"left": (60, 220, 90), "right": (250, 90, 60), "middle": (250, 220, 60)}


def contact_sheet(
    patches: list[Patch], *, columns: int = 8, tile_wh: tuple[int, int] = (216, 288), labels: bool = True
) -> Image:
    """Patches in rows, RGB. Visible joints are filled, covered ones hollow; left green, right red."""
    tiles = [_tile(patch, tile_wh, labels) for patch in patches]
    while len(tiles) % columns:
        tiles.append(np.zeros((tile_wh[1], tile_wh[0], 3), np.uint8))
    return np.vstack([np.hstack(tiles[row : row + columns]) for row in range(0, len(tiles), columns)])


def _tile(patch: Patch, tile_wh: tuple[int, int], labels: bool) -> Image:
    image = cv2.imdecode(np.frombuffer(patch.jpeg, np.uint8), cv2.IMREAD_COLOR_RGB)
    scale = min(tile_wh[0] / patch.size_wh[0], tile_wh[1] / patch.size_wh[1])
    image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR)
    if labels:
        _draw(image, (patch.keypoints[:, :2] + 0.5) * scale - 0.5, patch.keypoints[:, 2])
        left, top, right, bottom = (round(float(value) * scale) for value in patch.box)
        cv2.rectangle(image, (left, top), (right, bottom), (255, 255, 255), 1)
    tile = np.zeros((tile_wh[1], tile_wh[0], 3), np.uint8)
    height, width = (min(extent, limit) for extent, limit in zip(image.shape[:2], tile_wh[::-1], strict=True))
    tile[:height, :width] = image[:height, :width]
    return tile


def _draw(image: Image, points: npt.NDArray[np.float32], visibility: npt.NDArray[np.float32]) -> None:
    at = [(round(float(x)), round(float(y))) for x, y in points]
    for a, b in COCO_17.edges:
        if visibility[a] and visibility[b]:
            cv2.line(image, at[a], at[b], _COLOURS[COCO_17.side(max(a, b))], 1, cv2.LINE_AA)
    for index, centre in enumerate(at):
        if visibility[index]:
            filled = -1 if visibility[index] == 2 else 1
            cv2.circle(image, centre, 3, _COLOURS[COCO_17.side(index)], filled, cv2.LINE_AA)
