"""Exact truth of a clip: who is where in every frame, with 17 joints and what of them can be seen."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ppnet.errors import DatasetError

Floats = npt.NDArray[np.float64]

VISIBLE = 2


@dataclass(frozen=True)
class TruthFrame:
    """N people at one moment.

    ids: (N,). boxes: (N, 4) xyxy pixels of the whole person inside the picture. seen_share: (N,) how much of the
    person's outline can be seen, 0 to 1. keypoints: (N, 17, 2) pixels. visibility: (N, 17) 2 visible, 1 covered,
    0 outside the picture.
    """

    time_s: float
    ids: npt.NDArray[np.int64]
    boxes: Floats
    seen_share: Floats
    keypoints: Floats
    visibility: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True)
class Truth:
    """A whole clip."""

    name: str
    size_wh: tuple[int, int]
    frames: tuple[TruthFrame, ...]


def read_truth(path: Path) -> Truth:
    """Truth as `python -m ppnet render` writes it. DatasetError when the file is none."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        width, height = content["size_wh"]
        frames = tuple(_frame(frame) for frame in content["frames"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DatasetError(f"{path} is not a truth file of a rendered clip ({error}).") from error
    return Truth(path.stem.removesuffix("_truth"), (int(width), int(height)), frames)


def _frame(content: dict[str, Any]) -> TruthFrame:
    people = content["people"]
    return TruthFrame(
        time_s=float(content["time_s"]),
        ids=np.array([p["id"] for p in people], np.int64),
        boxes=np.array([p["bbox"] for p in people], np.float64).reshape(-1, 4),
        seen_share=np.array([p.get("seen_share", 1.0) for p in people], np.float64),
        keypoints=np.array([p["keypoints"] for p in people], np.float64).reshape(-1, 17, 2),
        visibility=np.array([p["visibility"] for p in people], np.int64).reshape(-1, 17),
    )
