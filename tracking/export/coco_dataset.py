"""A COCO data set out of a session: `annotations.json` and the pictures, to train or to correct elsewhere."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ppnet.output_files import write_picture
from ppnet.skeleton import Skeleton
from tracking.drawing.annotated_video import Annotator
from tracking.drawing.results_nearby import ResultsNearby
from tracking.drawing.style import SceneStyle
from tracking.export.coco import joints_with_scores
from tracking.export.video import filmed
from tracking.progress import Tick
from tracking.session.edit_plan import EditedResult
from tracking.session.edited_session import EditedSession
from tracking.types import KeypointState


def write_coco_dataset(
    session: EditedSession, path: Path, tick: Tick, *, video: Path | None = None, style: SceneStyle | None = None
) -> None:
    """`images/000000000042.jpg` for frame 42, which is `image_id` 42 too. video: where the source lies now. style: says
    whether people in the pictures may be recognised; nothing is drawn over them.

    Visibility: 2 seen by the network or set by hand, 1 carried over a gap, 0 missing. `confidence` holds K numbers.
    """
    (path / "images").mkdir()
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    style = style or SceneStyle()
    annotator = Annotator(replace(style, layers=style.layers.bare()), near=ResultsNearby.of(session.stored))
    with filmed(session, video) as (info, frames):
        for done, (edited, (frame, result)) in enumerate(zip(session.exported(), frames, strict=True), 1):
            name = f"images/{frame.index:012d}.jpg"
            write_picture(annotator.picture(frame, result), path / name)
            width, height = frame.size_wh
            images.append({"id": frame.index, "file_name": name, "width": width, "height": height})
            images[-1]["time_s"] = frame.time_s
            for row in range(len(edited)):
                annotations.append({"id": len(annotations) + 1, **_annotation(edited, row)})
            tick(done)
        document = {
            "info": {"description": f"Poses in {info.name}, by PPNet Live", "version": "1.0"},
            "licenses": [],
            "categories": [_category(session.skeleton)],
            "images": images,
            "annotations": annotations,
        }
    (path / "annotations.json").write_text(json.dumps(document, allow_nan=False) + "\n", encoding="utf-8")


def _category(skeleton: Skeleton) -> dict[str, Any]:
    return {
        "id": 1,
        "name": "person",
        "supercategory": "person",
        "keypoints": list(skeleton.keypoints),
        "skeleton": [[one + 1, other + 1] for one, other in skeleton.edges],
    }


def _annotation(edited: EditedResult, row: int) -> dict[str, Any]:
    result, joints = edited.result, joints_with_scores(edited, row)
    x1, y1, x2, y2 = result.tracks.boxes[row].tolist()
    missing = ~joints[:, :2].any(axis=1)
    carried = result.states[row] == KeypointState.PREDICTED
    flags = np.where(missing, 0, np.where(carried, 1, 2))
    keypoints = np.concatenate([joints[:, :2].round(3), flags[:, None]], axis=1).ravel().tolist()
    return {
        "image_id": result.frame_index,
        "category_id": 1,
        "keypoints": [int(value) if at % 3 == 2 else value for at, value in enumerate(keypoints)],
        "num_keypoints": int((flags > 0).sum()),
        "bbox": [round(value, 3) for value in (x1, y1, x2 - x1, y2 - y1)],
        "area": round((x2 - x1) * (y2 - y1), 3),
        "iscrowd": 0,
        "track_id": int(result.tracks.ids[row]),
        "confidence": [round(value, 4) for value in joints[:, 2].tolist()],
    }
