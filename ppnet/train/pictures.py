"""Sheets of predictions, to look at while a run goes on."""

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from ppnet.codec import Codec
from ppnet.crops import apply_matrices, warp
from ppnet.data.samples import SampleSet
from ppnet.poses import Poses

COLOURS = {"left": (60, 200, 90), "right": (240, 110, 60), "middle": (70, 150, 250)}


def draw_keypoints(
    crop: npt.NDArray[np.uint8],
    keypoints: npt.NDArray[np.floating],
    scores: npt.NDArray[np.floating],
    people: SampleSet,
) -> None:
    """Draw edges and joints with a score above 0.2 into a crop (H, W, 3) RGB; keypoints (K, 2) crop pixels."""
    skeleton = people.skeleton
    shown = (scores > 0.2) & np.isfinite(keypoints).all(axis=1)
    points = np.nan_to_num(keypoints).round().astype(int)
    for start, end in skeleton.edges:
        if shown[start] and shown[end]:
            cv2.line(crop, points[start].tolist(), points[end].tolist(), COLOURS[skeleton.side(end)], 2, cv2.LINE_AA)
    for index in np.flatnonzero(shown):
        cv2.circle(crop, points[index].tolist(), 3, COLOURS[skeleton.side(int(index))], -1, cv2.LINE_AA)


def save_sheet(path: Path, people: SampleSet, poses: Poses, codec: Codec, *, columns: int = 8) -> None:
    """The first people with their predicted keypoints (image pixels), crop beside crop."""
    tiles = []
    for sample, keypoints, scores in zip(people.samples, poses.keypoints, poses.scores, strict=False):
        matrix = codec.crop_matrices(sample.box)
        crop = warp(sample.image.read(), matrix, codec.input_wh)[0]
        draw_keypoints(crop, apply_matrices(keypoints[None], matrix)[0], scores, people)
        tiles.append(crop)
    tiles += [np.zeros_like(tiles[0])] * (-len(tiles) % columns)
    rows = [np.concatenate(tiles[start : start + columns], axis=1) for start in range(0, len(tiles), columns)]
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.concatenate(rows)[..., ::-1])
