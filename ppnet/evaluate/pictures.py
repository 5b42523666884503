"""Sheets of crops with joints drawn in: of a run as it goes on, and of what a network gets wrong."""

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from ppnet.codec import Codec
from ppnet.crops import apply_matrices, warp
from ppnet.data.samples import SampleSet
from ppnet.evaluate.groups import labelled_keypoints, similarity_of_keypoints
from ppnet.output_files import write_picture
from ppnet.poses import Poses

Picture = npt.NDArray[np.uint8]

COLOURS = {"left": (60, 200, 90), "right": (240, 110, 60), "middle": (70, 150, 250)}
COLUMNS = 8


def draw_keypoints(
    crop: Picture,
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


def save_sheet(path: Path, people: SampleSet, poses: Poses, codec: Codec) -> None:
    """All people with their predicted keypoints (image pixels), crop beside crop; poses may go on beyond them.

    UserError when it can't be written.
    """
    tiles = [
        _tile(people, index, poses.keypoints[index], poses.scores[index], codec) for index in range(len(people.samples))
    ]
    _save_tiles(path, tiles)


def save_failures(path: Path, people: SampleSet, poses: Poses, codec: Codec, *, count: int = 8) -> None:
    """The people whose wrong joints were the surest, in pairs: the truth on the left, the answer on the right.

    poses: one answer for each of the people. How wrong somebody is read: the sum of the scores of their wrong joints.
    UserError when it can't be written.
    """
    wrong = labelled_keypoints(people.samples) & (similarity_of_keypoints(poses, people.samples, people.skeleton) < 0.5)
    worst = np.argsort(-(poses.scores * wrong).sum(axis=1), kind="stable")[:count]
    tiles = []
    for index in worst:
        sample = people.samples[index]
        tiles.append(_tile(people, index, sample.keypoints, (sample.visibility > 0).astype(np.float32), codec))
        tiles.append(_tile(people, index, poses.keypoints[index], poses.scores[index], codec))
    _save_tiles(path, tiles)


def _tile(
    people: SampleSet, index: int, keypoints: npt.NDArray[np.floating], scores: npt.NDArray[np.floating], codec: Codec
) -> Picture:
    """One person's crop with keypoints (K, 2) of image pixels."""
    sample = people.samples[index]
    matrix = codec.crop_matrices(sample.box)
    crop = warp(sample.image.read(), matrix, codec.input_wh)[0]
    draw_keypoints(crop, apply_matrices(keypoints[None], matrix)[0], scores, people)
    return crop


def _save_tiles(path: Path, tiles: list[Picture]) -> None:
    tiles = tiles + [np.zeros_like(tiles[0])] * (-len(tiles) % COLUMNS)
    rows = [np.concatenate(tiles[start : start + COLUMNS], axis=1) for start in range(0, len(tiles), COLUMNS)]
    write_picture(np.concatenate(rows), path)
