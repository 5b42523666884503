"""OpenPose's folders of JSON files, one for each frame: BODY_25 or the 18 joints of its COCO model."""

import json
import re
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tracking.export.openpose import BODY_25
from tracking.importing.track_table import Floats, TrackTable, boxes_of, ids_by_overlap

OTHERS = {
    1: "neck", 8: "mid_hip", 19: "left_big_toe", 20: "left_small_toe", 21: "left_heel",
    22: "right_big_toe", 23: "right_small_toe", 24: "right_heel",
}  # fmt: skip
NAMES_25 = tuple(OTHERS.get(at) or names[0] for at, names in enumerate(BODY_25))
NAMES_18 = (
    "nose", "neck", "right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow", "left_wrist",
    "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle",
    "right_eye", "left_eye", "right_ear", "left_ear",
)  # fmt: skip
FILE = re.compile(r"(?:.*_)?([0-9]+)_keypoints\.json")


def read_openpose_folder(path: Path) -> TrackTable:
    """The number in a file's name is its frame. Where `person_id` is -1, as OpenPose has it, ids follow the overlap."""
    files = sorted((int(match[1]), file) for file in path.iterdir() if (match := FILE.fullmatch(file.name)))
    frames: list[int] = []
    ids: list[int] = []
    joints: list[list[float]] = []
    for frame, file in files:
        for person in json.loads(file.read_text(encoding="utf-8"))["people"]:
            frames.append(frame)
            ids.append(int((person.get("person_id") or [-1])[0]))
            joints.append(person["pose_keypoints_2d"])
    if not joints:
        raise ValueError("no people in files called ..._000000000000_keypoints.json")
    values = np.array(joints, np.float32).reshape(len(joints), -1, 3)
    names = {len(NAMES_25): NAMES_25, len(NAMES_18): NAMES_18}[values.shape[1]]
    return sparse_table(names, np.array(frames, np.int64), ids, values)


def sparse_table(names: tuple[str, ...], frames: npt.NDArray[np.int64], ids: list[int], values: Floats) -> TrackTable:
    """Rows of x, y, score (N, J, 3) in which 0, 0 is missing; ids below 1 are made again for everybody."""
    missing = (values[..., :2] == 0).all(axis=-1)
    points = np.where(missing[..., None], np.float32(np.nan), values[..., :2])
    scores = np.where(missing, np.float32(np.nan), values[..., 2])
    numbers = np.array(ids, np.int64)
    if (numbers < 1).any():
        numbers = ids_by_overlap(frames, boxes_of(points))
    return TrackTable(names, frames, numbers, points, scores)
