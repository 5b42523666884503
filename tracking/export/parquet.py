"""The tidy table as Parquet: typed columns, a tenth of the size, read by pandas, polars, R, DuckDB and Spark."""

from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from ppnet.extras import load
from tracking.export.confidence import confidences
from tracking.export.csv_tidy import tidy_columns
from tracking.export.keypoint_csv import JOINT_STATES
from tracking.export.units import PIXELS, in_unit
from tracking.progress import Tick
from tracking.session.edit_plan import EditedResult
from tracking.session.edited_session import EditedSession
from tracking.types import KeypointState

CHUNK_FRAMES = 1024


def write_parquet(session: EditedSession, path: Path, tick: Tick, *, unit: str = PIXELS) -> None:
    """The columns of the tidy table; null where missing, and behind `time_s` in a frame without people."""
    arrow, parquet = load("pyarrow", "parquet"), load("pyarrow.parquet", "parquet")
    word = arrow.dictionary(arrow.int32(), arrow.string())
    kinds = [
        arrow.int64(), arrow.float64(), arrow.int64(), word, word,
        *[arrow.float32()] * 5, word, arrow.bool_(),
    ]  # fmt: skip
    schema = arrow.schema(list(zip(tidy_columns(unit), kinds, strict=True)))

    def flush(some: list[list[Any]]) -> None:
        columns = [np.concatenate(parts) for parts in zip(*some, strict=True)]
        arrays = [
            arrow.array(column, kind, from_pandas=True) if kind != word else arrow.array(column).cast(word)
            for column, kind in zip(columns, kinds, strict=True)
        ]
        writer.write_table(arrow.Table.from_arrays(arrays, schema=schema))
        some.clear()

    with parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        waiting: list[list[Any]] = []
        for edited in session.exported(tick):
            waiting.append(_columns(session, in_unit(edited, session, unit)))
            if len(waiting) == CHUNK_FRAMES:
                flush(waiting)
        if waiting:
            flush(waiting)


def _columns(session: EditedSession, edited: EditedResult) -> list[Any]:
    result, names = edited.result, session.skeleton.keypoints
    order = np.argsort(result.tracks.ids, kind="stable")
    if not len(order):
        empty, no_place = np.array([None], object), np.array([np.nan], np.float32)
        words = [empty] * 3, [no_place] * 5, [empty] * 2
        return [np.array([result.frame_index]), np.array([result.time_s]), *chain(*words)]
    ids, joints = result.tracks.ids[order], len(names)
    places = np.concatenate([result.known_keypoints, confidences(result)[..., None], result.raw.keypoints], axis=-1)[
        order
    ]
    states = result.states[order].ravel()
    return [
        np.full(len(states), result.frame_index),
        np.full(len(states), result.time_s),
        np.repeat(ids, joints).astype(object),
        np.repeat(np.array([session.names.get(number) for number in ids.tolist()], object), joints),
        np.array(names * len(ids), object),
        *places.reshape(-1, 5).T,
        np.array([JOINT_STATES[state] for state in states.tolist()], object),
        (states == KeypointState.EDITED).astype(object),
    ]
