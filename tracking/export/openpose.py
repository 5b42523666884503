"""OpenPose JSON: one file per frame, joints in the order of BODY_25, as Pose2Sim, Kinovea and others read it."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from ppnet.skeleton import Skeleton
from tracking.export.coco import joints_with_scores
from tracking.progress import Tick
from tracking.session.edited_session import EditedSession
from tracking.stems import stem_of

BODY_25: tuple[tuple[str, ...], ...] = (
    ("nose",), ("left_shoulder", "right_shoulder"),
    ("right_shoulder",), ("right_elbow",), ("right_wrist",), ("left_shoulder",), ("left_elbow",), ("left_wrist",),
    ("left_hip", "right_hip"),
    ("right_hip",), ("right_knee",), ("right_ankle",), ("left_hip",), ("left_knee",), ("left_ankle",),
    ("right_eye",), ("left_eye",), ("right_ear",), ("left_ear",),
    (), (), (), (), (), (),
)  # fmt: skip
"""Neck and mid-hip are the middles of both sides; what the skeleton lacks (toes, heels) stays 0, 0, 0."""


def write_openpose_folder(session: EditedSession, path: Path, tick: Tick) -> None:
    """`<stem>_000000000042_keypoints.json` for frame 42 of the source; `person_id` holds our id."""
    stem = stem_of(session.header.source.name)
    for edited in session.exported(tick):
        ids = edited.result.tracks.ids.tolist()
        people = [
            _person(track_id, body_25(joints_with_scores(edited, row), session.skeleton))
            for row, track_id in enumerate(ids)
        ]
        name = f"{stem}_{edited.result.frame_index:012d}_keypoints.json"
        (path / name).write_text(json.dumps({"version": 1.3, "people": people}, allow_nan=False), encoding="utf-8")


def body_25(joints: np.ndarray[Any, np.dtype[np.float64]], skeleton: Skeleton) -> list[float]:
    """75 numbers: x, y, confidence of each joint; a middle is as sure as the less sure of its two."""
    first, second, known = _places(skeleton)
    one, other = joints[first], joints[second]
    body = np.concatenate([(one[:, :2] + other[:, :2]) / 2, np.minimum(one[:, 2:], other[:, 2:])], axis=1)
    body[(body[:, 2] <= 0) | ~known] = 0.0
    return [float(value) for value in body.round(3).ravel()]


@cache
def _places(skeleton: Skeleton) -> tuple[list[int], list[int], np.ndarray[Any, np.dtype[np.bool_]]]:
    """For each joint of BODY_25 the two of ours that it lies between (twice the same one), and whether we have them."""
    known = [bool(names) and all(name in skeleton.keypoints for name in names) for names in BODY_25]
    pairs = [
        (skeleton.index(names[0]), skeleton.index(names[-1])) if there else (0, 0)
        for names, there in zip(BODY_25, known, strict=True)
    ]
    return [first for first, _ in pairs], [second for _, second in pairs], np.array(known)


def _person(track_id: int, keypoints: list[float]) -> dict[str, Any]:
    empty = ("face", "hand_left", "hand_right")
    return {
        "person_id": [track_id],
        "pose_keypoints_2d": keypoints,
        **{f"{part}_keypoints_2d": [] for part in empty},
        "pose_keypoints_3d": [],
        **{f"{part}_keypoints_3d": [] for part in empty},
    }
