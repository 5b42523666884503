"""SLEAP's files: dense arrays (analysis HDF5) and labels (`.slp`)."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from tracking.extras import load
from tracking.importing.deeplabcut import dense_table
from tracking.importing.track_table import TrackTable, boxes_of, ids_by_overlap, numbered

OWN_ORDER = ("track", "xy", "node", "frame")
PREDICTED = 1


def read_sleap_analysis(path: Path) -> TrackTable:
    """`tracks` and `point_scores`, in whatever order their axes say they are; frames from 0."""
    with load("h5py", "sleap").File(path, "r") as file:
        dims = tuple(json.loads(file["tracks"].attrs.get("dims", json.dumps(OWN_ORDER))))
        wanted = ("frame", "track", "node", "xy")
        points = file["tracks"][:].transpose([dims.index(name) for name in wanted])
        there = [name for name in dims if name != "xy"]
        scores = file["point_scores"][:].transpose([there.index(name) for name in wanted[:3]])
        joints = tuple(name.decode() for name in file["node_names"][:])
        people = [name.decode() for name in file["track_names"][:]] or [str(n + 1) for n in range(points.shape[1])]
        person_scores = file["instance_scores"][:]
        if there.index("frame") > there.index("track"):
            person_scores = person_scores.T
    everything = np.concatenate([points, scores[..., None]], axis=-1).astype(np.float32)
    table = dense_table(people, joints, np.arange(len(points)), everything)
    ids = numbered(people)[0]
    columns = np.array([ids.index(number) for number in table.ids.tolist()], np.int64)
    return _with(table, person_scores[table.frames, columns])


def read_sleap_labels(path: Path) -> TrackTable:
    """Instances of the first video; corrected ones count instead of the predictions that they came from."""
    with load("h5py", "sleap").File(path, "r") as file:
        metadata = json.loads(bytes(file["metadata"].attrs["json"]))
        shift = 0.5 if float(file["metadata"].attrs["format_id"]) < 1.1 else 0.0
        frames, instances = file["frames"][:], file["instances"][:]
        user, predicted = file["points"][:], file["pred_points"][:]
        tracks = [json.loads(line)[1] for line in file["tracks_json"][:]]
    nodes = [metadata["nodes"][node["id"]]["name"] for node in metadata["skeletons"][0]["nodes"]]
    replaced = set(instances["from_predicted"].tolist())
    frame_of = {int(row["frame_id"]): int(row["frame_idx"]) for row in frames if row["video"] == frames[0]["video"]}
    rows = [row for row in instances if int(row["frame_id"]) in frame_of and int(row["instance_id"]) not in replaced]
    rows.sort(key=lambda row: frame_of[int(row["frame_id"])])
    points = np.full((len(rows), len(nodes), 2), np.nan, np.float32)
    scores = np.full((len(rows), len(nodes)), np.nan, np.float32)
    for at, row in enumerate(rows):
        source = predicted if row["instance_type"] == PREDICTED else user
        joints = source[int(row["point_id_start"]) : int(row["point_id_end"])]
        places = np.stack([joints["x"], joints["y"]], axis=-1) - shift
        seen = joints["visible"] & np.isfinite(places).all(axis=-1)
        points[at] = np.where(seen[:, None], places, np.nan)
        scores[at] = joints["score"] if row["instance_type"] == PREDICTED else np.where(seen, 1.0, np.nan)
    ids, names = numbered(tracks)
    numbers = np.array([ids[int(row["track"])] if row["track"] >= 0 else 0 for row in rows], np.int64)
    at_frames = np.array([frame_of[int(row["frame_id"])] for row in rows], np.int64)
    if (numbers == 0).any():
        numbers, names = ids_by_overlap(at_frames, boxes_of(points)), {}
    table = TrackTable(tuple(nodes), at_frames, numbers, points, scores, names=names)
    predictions = [row["score"] if row["instance_type"] == PREDICTED else 1.0 for row in rows]
    return _with(table, np.array(predictions))


def _with(table: TrackTable, person_scores: Any) -> TrackTable:

    return replace(table, person_scores=np.nan_to_num(person_scores, nan=1.0).astype(np.float32))
