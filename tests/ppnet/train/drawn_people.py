"""A tiny data set in COCO's format: stick people drawn on noise."""

import json
from pathlib import Path

import cv2
import numpy as np

from ppnet.skeleton import COCO_17

# A standing person in a box of 1 x 1: x, y of the 17 joints.
STANDING = np.array(
    [
        (0.5, 0.1), (0.54, 0.08), (0.46, 0.08), (0.58, 0.1), (0.42, 0.1), (0.65, 0.25), (0.35, 0.25), (0.75, 0.4),
        (0.25, 0.4), (0.8, 0.55), (0.2, 0.55), (0.6, 0.55), (0.4, 0.55), (0.62, 0.75), (0.38, 0.75), (0.64, 0.95),
        (0.36, 0.95),
    ]
)  # fmt: skip


def write_people(folder: Path, *, count: int = 8, seed: int = 0) -> Path:
    """`count` pictures of 96 x 128 with one person each; returns the json."""
    rng = np.random.default_rng(seed)
    images, annotations = [], []
    for number in range(1, count + 1):
        picture = rng.integers(0, 90, (128, 96, 3)).astype(np.uint8)
        points = STANDING * (60, 100) + rng.normal(0, 2, (17, 2)) + rng.uniform(5, 25, 2)
        for start, end in COCO_17.edges:
            cv2.line(picture, points[start].astype(int).tolist(), points[end].astype(int).tolist(), (200, 180, 90), 3)
        cv2.imwrite(str(folder / f"{number}.png"), picture)
        low, high = points.min(0) - 4, points.max(0) + 4
        keypoints = np.column_stack([points, np.full(17, 2)])
        images.append({"id": number, "file_name": f"{number}.png", "width": 96, "height": 128})
        annotations.append(
            {
                "id": number,
                "image_id": number,
                "category_id": 1,
                "iscrowd": 0,
                "bbox": [*low.tolist(), *(high - low).tolist()],
                "area": float(np.prod(high - low)),
                "keypoints": keypoints.ravel().tolist(),
                "num_keypoints": 17,
            }
        )
    path = folder / "people.json"
    categories = [{"id": 1, "name": "person", "keypoints": list(COCO_17.keypoints), "skeleton": []}]
    path.write_text(json.dumps({"images": images, "annotations": annotations, "categories": categories}))
    return path
