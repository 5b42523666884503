"""SLEAP's files: dense arrays (analysis HDF5) and labels (`.slp`)."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from tracking.importing.deeplabcut import dense_table
from tracking.importing.track_table import Floats, TrackTable, boxes_of, check_size, ids_by_overlap, numbered

OWN_ORDER = ("track", "xy", "node", "frame")
PREDICTED = 1
ANALYSIS = ("tracks", "tracks@dims", "point_scores", "node_names", "track_names", "instance_scores")
LABELS = ("metadata@json", "metadata@format_id", "frames", "instances", "points", "pred_points", "tracks_json")


def analysis_table(contents: Mapping[str, Any]) -> TrackTable:
    """Of what `ANALYSIS` names: arrays in whatever order their axes say they are; frames from 0."""
    dims = tuple(json.loads(contents.get("tracks@dims", json.dumps(OWN_ORDER))))
    wanted = ("frame", "track", "node", "xy")
    points = contents["tracks"].transpose([dims.index(name) for name in wanted])
    there = [name for name in dims if name != "xy"]
    scores = contents["point_scores"].transpose([there.index(name) for name in wanted[:3]])
    people = contents["track_names"] or [str(n + 1) for n in range(points.shape[1])]
    person_scores = contents["instance_scores"]
    if there.index("frame") > there.index("track"):
        person_scores = person_scores.T
    check_size(len(points) * len(people), points.shape[2])
    everything = np.concatenate([points, scores[..., None]], axis=-1).astype(np.float32)
    table = dense_table(people, tuple(contents["node_names"]), np.arange(len(points)), everything)
    place = {number: at for at, number in enumerate(numbered(people)[0])}
    return _with(table, person_scores[table.frames, [place[number] for number in table.ids.tolist()]])


def labels_table(contents: Mapping[str, Any]) -> TrackTable:
    """Of what `LABELS` names: the first video; corrected instances count instead of the predictions they came from."""
    metadata = json.loads(contents["metadata@json"])
    shift = 0.5 if float(contents["metadata@format_id"]) < 1.1 else 0.0
    nodes = tuple(metadata["nodes"][node["id"]]["name"] for node in metadata["skeletons"][0]["nodes"])
    frames, rows = contents["frames"], contents["instances"]
    first = frames[frames["video"] == frames["video"][0]]
    frame_of = dict(zip(first["frame_id"].tolist(), first["frame_idx"].tolist(), strict=True))
    is_replaced = np.isin(rows["instance_id"], rows["from_predicted"])
    rows = rows[np.isin(rows["frame_id"], first["frame_id"]) & ~is_replaced]
    at_frames = np.array([frame_of[number] for number in rows["frame_id"].tolist()], np.int64)
    order = np.argsort(at_frames, kind="stable")
    rows, at_frames = rows[order], at_frames[order]
    points, scores = _joints(rows, contents["points"], contents["pred_points"], len(nodes), shift)
    ids, names = numbered([json.loads(line)[1] for line in contents["tracks_json"]])
    numbers = np.where(rows["track"] >= 0, np.array([*ids, 0], np.int64)[rows["track"].astype(np.int64)], 0)
    if (numbers == 0).any():
        numbers, names = ids_by_overlap(at_frames, boxes_of(points)), {}
    table = TrackTable(nodes, at_frames, numbers, points, scores, names=names)
    return _with(table, np.where(rows["instance_type"] == PREDICTED, rows["score"], 1.0))


def _joints(rows: Any, user: Any, predicted: Any, count: int, shift: float) -> tuple[Floats, Floats]:
    """Positions (N, J, 2), less the shift, and scores (N, J) of the instances; each has all J joints in a row."""
    check_size(len(rows), count)
    begins = rows["point_id_start"].astype(np.int64)
    if (begins < 0).any() or (rows["point_id_end"].astype(np.int64) != begins + count).any():
        raise ValueError("an instance and the skeleton have different numbers of joints")
    index = begins[:, None] + np.arange(count)
    points = np.full((len(rows), count, 2), np.nan, np.float32)
    scores = np.full((len(rows), count), np.nan, np.float32)
    is_prediction = rows["instance_type"] == PREDICTED
    for source, chosen in ((predicted, is_prediction), (user, ~is_prediction)):
        joints = source[index[chosen]]
        places = np.stack([joints["x"], joints["y"]], axis=-1) - shift
        seen = joints["visible"] & np.isfinite(places).all(axis=-1)
        points[chosen] = np.where(seen[..., None], places, np.nan)
        scores[chosen] = joints["score"] if source is predicted else np.where(seen, 1.0, np.nan)
    return points, scores


def _with(table: TrackTable, person_scores: Any) -> TrackTable:
    return replace(table, person_scores=np.nan_to_num(person_scores, nan=1.0).astype(np.float32))
