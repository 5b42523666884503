"""COCO keypoint results: a list with one entry per person and frame, as COCO's tools load it."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from tracking.export.confidence import confidences
from tracking.progress import Tick
from tracking.session.edit_plan import EditedResult
from tracking.session.edited_session import EditedSession
from tracking.types import KeypointState


def write_coco_json(session: EditedSession, path: Path, tick: Tick) -> None:
    """`image_id` is the frame index; missing joints are 0, 0, 0. `track_id` and `edited` are ours; others skip them."""
    with path.open("w", encoding="utf-8") as file:
        file.write("[")
        first = True
        for edited in session.exported(tick):
            for row in range(len(edited)):
                file.write("\n" if first else ",\n")
                file.write(json.dumps(_entry(edited, row), allow_nan=False))
                first = False
        file.write("\n]\n")


def _entry(edited: EditedResult, row: int) -> dict[str, Any]:
    result = edited.result
    joints = joints_with_scores(edited, row)
    x1, y1, x2, y2 = result.tracks.boxes[row].tolist()
    seen = joints[:, 2] > 0
    return {
        "image_id": result.frame_index,
        "category_id": 1,
        "keypoints": [round(value, 3) for value in joints.ravel().tolist()],
        "score": round(float(joints[seen, 2].mean()), 4) if seen.any() else 0.0,
        "bbox": [round(value, 3) for value in (x1, y1, x2 - x1, y2 - y1)],
        "track_id": int(result.tracks.ids[row]),
        "edited": bool(edited.edited[row]),
    }


def joints_with_scores(edited: EditedResult, row: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """(K, 3) x, y, confidence of a person's smoothed joints; zeros where missing.

    A joint that was carried over a gap in which the network gave no answer has confidence 0.
    """
    confidence = np.nan_to_num(confidences(edited.result)[row])
    joints = np.concatenate([edited.result.smoothed.keypoints[row], confidence[:, None]], axis=1).astype(np.float64)
    missing = (edited.result.states[row] == KeypointState.MISSING) | ~np.isfinite(joints).all(axis=1)
    joints[missing] = 0.0
    return joints
