"""COCO keypoints: results (a list) or a data set; `image_id` is the frame."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from ppnet.skeleton import SKELETONS
from tracking.importing.openpose import sparse_table
from tracking.importing.track_table import TrackTable


def read_coco(path: Path) -> TrackTable:
    """Confidence of a data set: 1 where a joint is marked, but what our own data sets say under `confidence`.

    Ids are those of `track_id`, as we and others write it; without, they follow the overlap.
    """
    document = json.loads(path.read_text(encoding="utf-8"))
    is_dataset = isinstance(document, dict)
    people = sorted(document["annotations"] if is_dataset else document, key=lambda one: int(one["image_id"]))
    people = [one for one in people if one.get("keypoints")]
    if not people:
        raise ValueError("nobody with keypoints in it")
    values = np.array([one["keypoints"] for one in people], np.float32).reshape(len(people), -1, 3)
    if is_dataset:
        names = tuple(document["categories"][0]["keypoints"])
        flags = [one.get("confidence", (row[:, 2] > 0).astype(float)) for one, row in zip(people, values, strict=True)]
        values[..., 2] = np.array(flags, np.float32)
    else:
        names = next(skeleton.keypoints for skeleton in SKELETONS.values() if len(skeleton) == values.shape[1])
    frames = np.array([int(one["image_id"]) for one in people], np.int64)
    table = sparse_table(names, frames, [int(one.get("track_id", 0)) for one in people], values)
    if not all("bbox" in one for one in people):
        return table
    corners = np.array([one["bbox"] for one in people], np.float32)
    boxes = np.concatenate([corners[:, :2], corners[:, :2] + corners[:, 2:]], axis=1)
    return replace(table, boxes=boxes, person_scores=np.array([one.get("score", 1) for one in people], np.float32))
