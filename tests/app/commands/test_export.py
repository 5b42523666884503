"""`export` from the command line: files appear, mistakes are one sentence and exit code 2."""

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pandas
import pytest

from app.cli import main
from tests.clips import make_clip
from tests.results import SIZE_WH, made_header, made_result
from tracking.export.keypoint_csv import KeypointTable
from tracking.session.edits import RenamePerson
from tracking.session.session import Session
from tracking.video.file import VideoFile


@pytest.fixture
def session(tmp_path: Path) -> Path:
    path = tmp_path / "walk_session.ppnet"
    with Session.create(path, made_header(settings={"smooth": "off", "strength": 0.0, "min_conf": 0.1})) as session:
        for index in range(30):
            session.append(made_result(index, (1, 2) if index % 7 else ()))
        session.add_edit(RenamePerson(1, "Ann"))
        session.finish()
    return path


def test_the_table_is_that_of_track_and_two_columns_more(session: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", str(session)]) == 0
    path = session.with_name("walk_edited_keypoints.csv")
    assert capsys.readouterr().out == f"{path}\n"
    with Session.open(session) as stored, KeypointTable(session.with_name("tracked.csv")) as table:
        for result in stored.results():
            table.write(result)
    wanted, got = pandas.read_csv(session.with_name("tracked.csv")), pandas.read_csv(path)
    assert got[wanted.columns].equals(wanted) and list(got.columns[-2:]) == ["person_name", "edited"]


def test_what_was_changed_is_not_called_like_what_was_tracked(session: Path, tmp_path: Path) -> None:
    with Session.open(session, writable=True) as stored:
        stored.undo()
    for out, more in (("tracked", []), ("smoothed", ["--smooth", "rts"])):
        words = ["export", str(session), "--out", str(tmp_path / out), "--format", "csv", "--format", "tidy", *more]
        assert main(words) == 0
    names = {out: sorted(path.name for path in (tmp_path / out).iterdir()) for out in ("tracked", "smoothed")}
    assert names == {
        "tracked": ["walk_keypoints.csv", "walk_tidy.csv"],
        "smoothed": ["walk_edited_keypoints.csv", "walk_tidy.csv"],
    }


def test_several_formats_into_a_folder(session: Path, tmp_path: Path) -> None:
    formats = ["csv", "tidy", "angles", "coco", "openpose", "trc", "mot"]
    asked = [word for name in formats for word in ("--format", name)]
    assert main(["export", str(session), *asked, "--out", str(tmp_path / "out")]) == 0
    assert len(list((tmp_path / "out").iterdir())) == 7


def test_smoothing_and_threshold_for_this_export(session: Path, tmp_path: Path) -> None:
    plain, strict, steady = (tmp_path / f"{name}.csv" for name in ("plain", "strict", "steady"))
    assert main(["export", str(session), "--out", str(plain)]) == 0
    assert main(["export", str(session), "--out", str(strict), "--min-conf", "0.8"]) == 0
    assert main(["export", str(session), "--out", str(steady), "--smooth", "rts", "--strength", "90"]) == 0
    tables = [pandas.read_csv(path).dropna(subset="person_id") for path in (plain, strict, steady)]
    assert (tables[1].nose_state == "missing").tolist() == (tables[1].nose_conf < 0.8).tolist()
    assert (tables[0].nose_state == "missing").sum() < (tables[1].nose_state == "missing").sum()
    for table in tables[1:]:
        pandas.testing.assert_series_equal(table.nose_x_raw, tables[0].nose_x_raw)
    steadied = tables[2].dropna(subset="nose_y")
    assert len(steadied) > 40 and steadied.nose_y.std() < 0.5 * steadied.nose_y_raw.std()  # the nose stays level


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["missing_session.ppnet"], "There is no file"),
        (["{session}", "--format", "coco", "--format", "csv", "--out", "{folder}/a.csv"], "is one file"),
        (["{session}", "--format", "word"], "invalid choice"),
        (["{session}", "--strength", "900"], "between 0 and 100"),
        (["{session}", "--min-conf", "2"], "between 0 and 1"),
        (["{session}", "--format", "video"], "is missing"),
        (["{session}", "--format", "video", "--angles", "left_knee, knee"], "There is no angle knee"),
        (["{session}", "--out", "{session}"], "could not be written"),
    ],
)
def test_mistakes(
    session: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], sentence: str
) -> None:
    before = set(tmp_path.rglob("*"))
    assert main(["export", *(word.format(session=session, folder=tmp_path) for word in words)]) == 2
    error = capsys.readouterr().err
    assert sentence in error and error.count("\n") == 1
    assert set(tmp_path.rglob("*")) == before


def test_nothing_is_overwritten_unasked(session: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", str(session)]) == 0
    assert main(["export", str(session)]) == 2 and "already exists" in capsys.readouterr().err
    assert main(["export", str(session), "--overwrite"]) == 0


def test_an_unfinished_session_is_exported_and_said_to_be_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "cut_session.ppnet"
    with Session.create(path, made_header()) as session:
        session.append(made_result(0))
    assert main(["export", str(path)]) == 0
    assert "not complete; frames tracked so far: 1" in capsys.readouterr().err


def test_angles_stand_in_the_video(tmp_path: Path) -> None:
    session, clip = tmp_path / "walk_session.ppnet", tmp_path / "walk.mp4"
    make_clip(clip, 3, size_wh=SIZE_WH, painter=lambda _index, wh: np.full((*wh[::-1], 3), 90, np.uint8))
    with VideoFile(clip) as video, Session.create(session, made_header(source=video.info)) as made:
        for index, time_s in enumerate(video.frame_times()):
            made.append(made_result(index, (1,), time_s=time_s))
        made.finish()
    pictures = []
    for out, more in (("plain.mp4", []), ("angles.mp4", ["--angles", "left_knee,right_elbow"])):
        assert main(["export", str(session), "--format", "video", "--out", str(tmp_path / out), *more]) == 0
        with VideoFile(tmp_path / out) as video:
            pictures.append(next(iter(video)).image.astype(int))
    assert (np.abs(pictures[1] - pictures[0]).max(axis=2) > 50).sum() > 500


def test_times_that_go_backward_are_said(session: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", str(session), "--format", "tidy"]) == 0
    assert capsys.readouterr().err == ""
    with closing(sqlite3.connect(session)) as database, database:
        database.execute("UPDATE frames SET time_s = 0.01 WHERE frame_index = 12")
    assert main(["export", str(session)]) == 0
    assert "The times of walk_session.ppnet go backward at frame 12:" in capsys.readouterr().err
