"""Metres, in and out point, marks and facts in exports; without a scale a sentence."""

import csv
import json
from pathlib import Path

import pytest

from app import cli
from ppnet.errors import UserError
from tests.results import made_header, made_result
from tracking.export.formats import export
from tracking.session.edited_session import EditedSession
from tracking.session.edits import OnlyPerson, RenamePerson, SetMark, SetScale, SetSpan
from tracking.session.format import SettingChange
from tracking.session.session import Session

COUNT = 30


@pytest.fixture
def session(tmp_path: Path):
    with Session.create(tmp_path / "walk_session.ppnet", made_header()) as session:
        for index in range(COUNT):
            session.append(made_result(index))
        yield session


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_wide_table_in_metres(session: Session, tmp_path: Path) -> None:
    session.add_edit(SetScale(0.005))
    pixels = rows_of(export(EditedSession(session), "csv", tmp_path / "px.csv"))
    metres = rows_of(export(EditedSession(session), "csv", tmp_path / "m.csv", unit="m"))
    assert len(pixels) == len(metres) == 2 * COUNT
    for px, m in zip(pixels, metres, strict=True):
        assert float(m["nose_x_m"]) == pytest.approx(float(px["nose_x"]) * 0.005, abs=2e-5)
        assert float(m["nose_y_m"]) == pytest.approx((479 - float(px["nose_y"])) * 0.005, abs=2e-5)
        assert float(m["nose_x_raw_m"]) == pytest.approx(float(px["nose_x_raw"]) * 0.005, abs=2e-5)
        assert float(m["bbox_y1_m"]) == pytest.approx((479 - float(px["bbox_y1"])) * 0.005, abs=2e-5)
        assert m["nose_conf"] == px["nose_conf"] and m["time_s"] == px["time_s"]
        assert (m["left_ear_x_m"] == "") == (px["left_ear_x"] == "")
    assert "nose_x" not in metres[0] and "nose_x_m" not in pixels[0]


def test_the_tidy_table_and_markers_in_metres(session: Session, tmp_path: Path) -> None:
    session.add_edit(SetScale(0.01))
    rows = rows_of(export(EditedSession(session), "tidy", tmp_path / "m.csv", unit="m"))
    nose = next(row for row in rows if row["joint"] == "nose" and row["frame"] == "6" and row["person_id"] == "2")
    assert (float(nose["x_m"]), float(nose["y_m"])) == pytest.approx((2.12, 4.29), abs=1e-4)
    for unit, name, x in ((None, "m", 2.0), ("m", "m", 2.0), ("px", "px", 200.0)):
        folder = export(EditedSession(session), "trc", tmp_path / f"trc_{unit}", unit=unit)
        lines = (folder / "walk_person02.trc").read_text(encoding="utf-8").splitlines()
        assert lines[2].split("\t")[4] == name and float(lines[6].split("\t")[2]) == pytest.approx(x)


def test_without_a_scale_metres_are_refused_in_a_sentence(session: Session, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="No scale is known"):
        export(EditedSession(session), "csv", tmp_path / "m.csv", unit="m")
    assert not list(tmp_path.glob("m*"))
    export(EditedSession(session, metres_per_pixel=0.01), "csv", tmp_path / "m.csv", unit="m")
    session.add_edit(SetScale(0.005))
    with pytest.raises(UserError, match="always in pixels"):
        export(EditedSession(session), "coco", tmp_path / "c.json", unit="m")
    export(EditedSession(session), "angles", tmp_path / "a.csv", unit="m")  # degrees are degrees
    assert session.undo() == SetScale(0.005) and EditedSession(session).metres_per_pixel is None


def test_only_what_lies_between_in_and_out_point_leaves(session: Session, tmp_path: Path) -> None:
    session.add_edit(SetSpan(10 / 30, 20 / 30))
    for name in ("csv", "tidy", "angles"):
        rows = rows_of(export(EditedSession(session), name, tmp_path / f"{name}.csv"))
        assert sorted({int(row["frame"]) for row in rows}) == list(range(10, 20))
    people = json.loads(export(EditedSession(session), "coco", tmp_path / "c").read_text())
    assert {person["image_id"] for person in people} == set(range(10, 20))
    assert len(rows_of(export(EditedSession(session, whole=True), "csv", tmp_path / "w.csv"))) == 2 * COUNT


def test_marks_and_points_as_a_table(session: Session, tmp_path: Path) -> None:
    for frame, name in ((12, "=lift"), (3, "early"), (15, "land")):
        session.add_edit(SetMark(frame, frame / 30, name))
    session.add_edit(SetSpan(10 / 30, None))
    rows = rows_of(export(EditedSession(session), "marks", tmp_path / "marks.csv"))
    assert [tuple(row.values()) for row in rows] == [
        ("in", "", "10", "0.333333"),
        ("mark", "'=lift", "12", "0.400000"),
        ("mark", "land", "15", "0.500000"),
    ]


def test_the_facts_tell_what_was_changed_when(session: Session, tmp_path: Path) -> None:
    session.log_changes([SettingChange(0.4, "flip", True, False)])
    session.log_changes([SettingChange(0.7, "only", None, (10.0, 20.0, 0.5))])
    for edit in (RenamePerson(2, "Anna"), OnlyPerson(2), SetScale(0.01), SetMark(3, 0.1, "go")):
        session.add_edit(edit)
    facts = json.loads(export(EditedSession(session), "meta", tmp_path / "f.json").read_text(encoding="utf-8"))
    assert facts["setting_changes"] == [
        {"time_s": 0.4, "name": "flip", "from": True, "to": False},
        {"time_s": 0.7, "name": "only", "from": None, "to": [10.0, 20.0, 0.5]},
    ]
    assert [(p["id"], p["name"], p["frames"]) for p in facts["people"]] == [(2, "Anna", COUNT)]
    assert facts["metres_per_pixel"] == 0.01 and facts["only_person"] == 2 and facts["marks"][0]["name"] == "go"
    assert facts["network"] == "M2-D2-W32" and [edit["kind"] for edit in facts["edits"]][-1] == "mark"


def test_the_command(session: Session, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    session.add_edit(SetSpan(10 / 30, 20 / 30))
    session.close()
    words = ["export", str(session.path), "-q", "--out"]
    assert cli.main([*words, str(tmp_path / "a"), "--units", "m"]) == 2
    assert "No scale is known" in capsys.readouterr().err and not (tmp_path / "a").exists()
    assert cli.main([*words, str(tmp_path / "a"), "--units", "m", "--scale", "0.01", "--whole"]) == 0
    assert len(rows_of(tmp_path / "a" / "walk_edited_keypoints.csv")) == 2 * COUNT
    assert cli.main([*words, str(tmp_path / "b"), "--scale", "-1"]) == 2
    assert cli.main([*words, str(tmp_path / "b"), "--format", "mot", "--units", "m", "--scale", "1"]) == 2
