"""SLEAP's analysis HDF5: dense arrays of everybody in every frame, as SLEAP, sleap-io and MATLAB scripts read them."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from ppnet.extras import load
from ppnet.skeleton import Skeleton
from tracking.export.curves import curves, grid, person_label
from tracking.progress import Tick
from tracking.session.edited_session import EditedSession


def write_sleap_analysis(session: EditedSession, path: Path, tick: Tick) -> None:
    """Axes in SLEAP's own order: tracks (P, 2, K, F), point_scores (P, K, F), track_occupancy (F, P)."""
    h5py = load("h5py", "sleap")
    people, skeleton = grid(session, curves(session, tick)), session.skeleton
    there = np.isfinite(people.scores)
    tracks, point_scores = people.points.transpose(1, 3, 2, 0), people.confidence.transpose(1, 2, 0)
    with h5py.File(path, "w") as file:

        def put(name: str, data: Any, *dims: str) -> None:
            packed = {"compression": "gzip"} if data.size else {}
            file.create_dataset(name, data=data, **packed).attrs["dims"] = json.dumps(dims)

        put("tracks", tracks.astype(np.float64), "track", "xy", "node", "frame")
        put("point_scores", point_scores.astype(np.float64), "track", "node", "frame")
        put("instance_scores", people.scores.T.astype(np.float64), "track", "frame")
        put("tracking_scores", np.where(there, 0.0, np.nan).T, "track", "frame")
        put("track_occupancy", there.astype(np.uint8), "frame", "track")
        file["track_names"] = _bytes([person_label(track_id) for track_id in people.ids])
        file["node_names"] = _bytes(skeleton.keypoints)
        file["edge_names"] = _bytes([[skeleton.keypoints[end] for end in edge] for edge in skeleton.edges])
        file["edge_inds"] = np.array(skeleton.edges, np.int64)
        file["video_path"] = str(session.header.source.path or session.header.source.name)
        file["video_ind"] = 0
        file["labels_path"] = ""
        file["provenance"] = "{}"
        file.attrs.update(format="analysis", preset="matlab", skeleton_name=skeleton.name)
        file.attrs["skeleton_symmetries"] = json.dumps(symmetries(skeleton))


def symmetries(skeleton: Skeleton) -> list[tuple[str, str]]:
    """Names of the joints that are each other's mirror twins, each pair once."""
    names = skeleton.keypoints
    return [(names[one], names[two]) for one, two in enumerate(skeleton.flip_index.tolist()) if one < two]


def _bytes(names: Any) -> Any:
    return np.array(names, dtype="S") if len(names) else np.zeros(0, "S1")
