"""SLEAP's labels file (`.slp`): predicted instances, which SLEAP opens over the video to look at and to correct."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from ppnet.extras import load
from ppnet.skeleton import Skeleton
from tracking.export.confidence import confidences
from tracking.export.curves import person_label
from tracking.export.sleap_analysis import symmetries
from tracking.progress import Tick
from tracking.session.edited_session import EditedSession

FORMAT_ID = 1.3
"""Pixel centres at whole numbers (since 1.1), a tracking score for each instance (since 1.2)."""
PREDICTED = 1
SYMMETRIC = 2
INSTANCE = [
    ("instance_id", "i8"), ("instance_type", "u1"), ("frame_id", "u8"), ("skeleton", "u4"), ("track", "i4"),
    ("from_predicted", "i8"), ("score", "f4"), ("point_id_start", "u8"), ("point_id_end", "u8"),
    ("tracking_score", "f4"),
]  # fmt: skip
FRAME = [
    ("frame_id", "u8"), ("video", "u4"), ("frame_idx", "u8"), ("instance_id_start", "u8"), ("instance_id_end", "u8"),
]  # fmt: skip
POINT = [("x", "f8"), ("y", "f8"), ("visible", "?"), ("complete", "?")]
PREDICTED_POINT = [*POINT, ("score", "f8")]


def write_sleap_labels(session: EditedSession, path: Path, tick: Tick) -> None:
    """Frames without people are left out, as SLEAP does; the video is named, not embedded."""
    h5py = load("h5py", "sleap")
    frames: list[tuple[Any, ...]] = []
    instances: list[tuple[Any, ...]] = []
    points: list[Any] = []
    tracks: dict[int, int] = {}
    joints = len(session.skeleton)
    for edited in session.exported(tick):
        result, first = edited.result, len(instances)
        for row, track_id in enumerate(result.tracks.ids.tolist()):
            number, track = len(instances), tracks.setdefault(track_id, len(tracks))
            score, place = float(result.tracks.scores[row]), number * joints
            instances.append((number, PREDICTED, len(frames), 0, track, -1, score, place, place + joints, 0.0))
        if len(result):
            points.append(_points(result.known_keypoints, confidences(result)))
            frames.append((len(frames), 0, result.frame_index, first, len(instances)))
    with h5py.File(path, "w") as file:
        file["frames"] = np.array(frames, FRAME)
        file["instances"] = np.array(instances, INSTANCE)
        file["pred_points"] = np.concatenate(points) if points else np.zeros(0, PREDICTED_POINT)
        file["points"] = np.zeros(0, POINT)
        _lines(h5py, file, "tracks_json", [[0, person_label(track_id)] for track_id in tracks])
        _lines(h5py, file, "videos_json", [_video(session)])
        _lines(h5py, file, "suggestions_json", [])
        _lines(h5py, file, "sessions_json", [])
        metadata = file.create_group("metadata")
        metadata.attrs["format_id"] = FORMAT_ID
        metadata.attrs["json"] = np.bytes_(_json(_metadata(session.skeleton)))


def _points(places: Any, confidence: Any) -> Any:
    points = np.zeros(places.shape[:2], PREDICTED_POINT)
    points["x"], points["y"] = places[..., 0], places[..., 1]
    points["visible"], points["score"] = np.isfinite(places).all(axis=-1), confidence
    return points.reshape(-1)


def _video(session: EditedSession) -> dict[str, Any]:
    source = session.header.source
    name, (width, height) = str(source.path or source.name), source.size_wh
    return {
        "filename": name,
        "backend": {
            "type": "MediaVideo",
            "shape": [session.stored.last_frame_index + 1, height, width, 3],
            "filename": name,
            "grayscale": False,
            "bgr": True,
            "dataset": "",
            "input_format": "",
        },
    }


def _metadata(skeleton: Skeleton) -> dict[str, Any]:
    """The skeleton as a graph pickled to JSON, which is how SLEAP stores it: a type in full once, then by number."""
    links: list[dict[str, Any]] = [
        {"edge_insert_idx": at, "source": one, "target": two} for at, (one, two) in enumerate(skeleton.edges)
    ]
    pairs = [(skeleton.index(one), skeleton.index(two)) for one, two in symmetries(skeleton)]
    for at, link in enumerate(links):
        link.update(key=0, type={"py/id": 1} if at else _edge_type(1))
    for at, (one, two) in enumerate(pairs):
        links.append({"key": 0, "source": one, "target": two, "type": {"py/id": 2} if at else _edge_type(SYMMETRIC)})
    graph = {
        "directed": True,
        "graph": {"name": skeleton.name, "num_edges_inserted": len(skeleton.edges)},
        "links": links,
        "multigraph": True,
        "nodes": [{"id": joint} for joint in range(len(skeleton))],
    }
    nodes = [{"name": name, "weight": 1.0} for name in skeleton.keypoints]
    return {
        "version": "2.0.0", "skeletons": [graph], "nodes": nodes,
        "videos": [], "tracks": [], "suggestions": [], "negative_anchors": {}, "provenance": {},
    }  # fmt: skip


def _edge_type(number: int) -> dict[str, Any]:
    return {"py/reduce": [{"py/type": "sleap.skeleton.EdgeType"}, {"py/tuple": [number]}]}


def _lines(h5py: Any, file: Any, name: str, values: list[Any]) -> None:
    file.create_dataset(name, data=[_json(value) for value in values], shape=(len(values),), dtype=h5py.string_dtype())


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
