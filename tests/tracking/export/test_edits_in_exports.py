"""Every format writes of an edited session what it writes of one that was tracked like that from the beginning."""

import json
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
import pandas
import pytest

from ppnet.skeleton import COCO_17
from tests.results import made_header, made_result
from tracking.export.formats import EXPORTS, export
from tracking.session.edited_session import EditedSession
from tracking.session.edits import (
    Anchor,
    DeletePerson,
    Edit,
    FillKeypoint,
    HidePerson,
    MergeIds,
    MoveKeypoint,
    OnlyPerson,
    RenamePerson,
    SetSpan,
    SplitId,
    SwapIds,
)
from tracking.session.session import Session

EDITS: tuple[Edit, ...] = (
    SwapIds(1, 2, 8),
    MergeIds(1, 5),
    RenamePerson(2, "Zoë"),
    SplitId(2, 15, 6),
    DeletePerson(1, 12, 14),
    HidePerson(3),
    MoveKeypoint(1, 0, 10, 321.5, 123.25),
    FillKeypoint(2, 9, Anchor(9, 0.3, 50.0, 60.0), Anchor(13, 13 / 30, 70.0, 90.0)),
    SetSpan(0.1, 0.8),
)
WAYS = {"all": EDITS, "one person": (*EDITS, OnlyPerson(6))}
FLAG = "edited"
"""Says what was changed by hand, which was nothing in the one that was tracked like that."""
ABOUT_EDITS = {"meta", "methods"}
MARKS = {"marks", "elan", "boris"}
FORMATS = [name for name, form in EXPORTS.items() if not form.pictures and name not in ABOUT_EDITS | MARKS]


@pytest.fixture(scope="module", params=WAYS)
def both(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[EditedSession]]:
    """The edited one, and one that holds as results what the other shows."""
    folders = [tmp_path_factory.mktemp(name) for name in ("edited", "plain")]
    with (
        Session.create(folders[0] / "a_session.ppnet", made_header()) as first,
        Session.create(folders[1] / "a_session.ppnet", made_header()) as second,
    ):
        for index in range(30):
            first.append(made_result(index, (1, 2, 3) if index < 20 else (1, 2, 3, 5) if index < 22 else (2, 3, 5)))
        for edit in WAYS[request.param]:
            first.add_edit(edit)
        edited = EditedSession(first)
        for one in edited.results():
            second.append(one.result)
        second.add_edit(RenamePerson(2, "Zoë"))
        second.add_edit(SetSpan(0.1, 0.8))
        yield [edited, EditedSession(second)]


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_as_tracked_like_that(both: list[EditedSession], name: str, tmp_path: Path) -> None:
    paths = [export(session, name, tmp_path / str(number) / f"a{EXPORTS[name].suffix}")
             for number, session in enumerate(both)]  # fmt: skip
    first, second = ({file.name: content(file) for file in files(path)} for path in paths)
    assert list(first) == list(second) and first
    for file, value in first.items():
        assert value == second[file], file


def files(path: Path) -> list[Path]:
    return sorted(path.iterdir()) if path.is_dir() else [path]


def content(path: Path) -> object:
    """What readers find in a file, without flags of what was edited and moments at which it was written."""
    match path.suffix:
        case ".csv":
            rows = [line.split(",") for line in path.read_text().splitlines()]
            column = rows[0].index(FLAG) if FLAG in rows[0] else len(rows[0])
            return [row[:column] + row[column + 1 :] for row in rows]
        case ".json":
            found = json.loads(path.read_text())
            return [{**entry, FLAG: None} for entry in found] if isinstance(found, list) else found
        case ".parquet":
            return pandas.read_parquet(path).drop(columns=FLAG).to_csv()
        case ".h5" | ".slp":
            if b"df_with_missing" in path.read_bytes():
                return pandas.read_hdf(path).to_csv()
            with h5py.File(path) as file:
                return {key: repr(np.array(file[key]).tolist()) for key in file if isinstance(file[key], h5py.Dataset)}
        case ".nwb":
            with h5py.File(path) as file:
                poses = file["processing/behavior/PoseEstimation"]
                return {name: repr(poses[name]["data"][()].tolist()) for name in COCO_17.keypoints}
        case _:
            return path.read_bytes()
