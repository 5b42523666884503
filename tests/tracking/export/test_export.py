"""Exports are read back by the tools that people use, and say the same as the session."""

import csv
import io
import json
import os
from contextlib import redirect_stdout
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import motmetrics
import numpy as np
import pandas
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from ppnet.errors import UserError
from ppnet.skeleton import COCO_17, MPII_16
from tests.results import SOURCE, made_header, made_result
from tests.tracking.export.walk import EMPTY, FRAMES, expected
from tracking.angles import ANGLES, angle
from tracking.drawing.annotated_video import Annotator
from tracking.drawing.style import SceneStyle
from tracking.export.even_times import data_rate, resample
from tracking.export.formats import EXPORTS, default_path, export
from tracking.export.keypoint_csv import columns
from tracking.export.openpose import BODY_25, body_25
from tracking.progress import Cancelled
from tracking.session.edited_session import EditedSession
from tracking.session.edits import DeletePerson, HidePerson, MoveKeypoint, OnlyPerson, RenamePerson
from tracking.session.session import Session
from tracking.types import KeypointState
from tracking.video.file import VideoFile
from tracking.video.writer import VideoWriter

TABLES = [name for name, form in EXPORTS.items() if not form.pictures]


def test_wide_table(edited_session: EditedSession, tmp_path: Path) -> None:
    path = export(edited_session, "csv", tmp_path / "a.csv")
    table = pandas.read_csv(path)
    assert tuple(table.columns) == (*columns(), "person_name", "edited")
    assert sorted(set(table.frame)) == list(range(FRAMES))
    assert table[table.person_id.isna()].frame.tolist() == list(EMPTY)
    people = expected(edited_session)
    assert len(table.dropna(subset="person_id")) == len(people)
    for _, row in table.dropna(subset="person_id").iterrows():
        joints, states, edited = people[row.frame, int(row.person_id)]
        got = np.array([[row[f"{name}_x"], row[f"{name}_y"]] for name in COCO_17.keypoints], float)
        np.testing.assert_allclose(got, joints, atol=6e-4)
        assert [row[f"{n}_state"] for n in COCO_17.keypoints] == [KeypointState(s).name.lower() for s in states]
        assert bool(row.edited) == edited == (row.frame >= 10 and row.person_id != 3)
        assert row.time_s == pytest.approx(row.frame / 30, abs=1e-6)
    assert set(table[table.person_id == 3].person_name) == {'Zoë "Zo", Köln'}
    moved = table[(table.frame == 12) & (table.person_id == 1)].iloc[0]
    assert (moved.nose_x, moved.nose_y, moved.nose_state) == (321.5, 123.25, "edited")
    # Raw positions are the network's, whoever the person is now called.
    raw = made_result(12, (1, 2)).raw.keypoints[1, 0]
    assert (moved.nose_x_raw, moved.nose_y_raw) == pytest.approx(tuple(raw), abs=6e-4)


def test_tidy_table(edited_session: EditedSession, tmp_path: Path) -> None:
    table = pandas.read_csv(export(edited_session, "tidy", tmp_path / "a.csv"))
    people = expected(edited_session)
    assert len(table) == 17 * len(people) + len(EMPTY) and sorted(set(table.frame)) == list(range(FRAMES))
    for (frame, track_id), rows in table.dropna(subset="person_id").groupby(["frame", "person_id"]):
        joints, states, _ = people[frame, int(track_id)]
        assert rows.joint.tolist() == list(COCO_17.keypoints)
        np.testing.assert_allclose(rows[["x", "y"]].to_numpy(), joints, atol=6e-4)
        assert rows.edited.tolist() == [int(s == KeypointState.EDITED) for s in states]


def test_angles_table(edited_session: EditedSession, tmp_path: Path) -> None:
    table = pandas.read_csv(export(edited_session, "angles", tmp_path / "a.csv"))
    assert [c for c in table.columns if c.endswith("_deg")] == [f"{name}_deg" for name in ANGLES]
    people = expected(edited_session)
    for _, row in table.dropna(subset="person_id").iterrows():
        joints, _, edited = people[row.frame, int(row.person_id)]
        assert row.left_knee_deg == pytest.approx(float(angle("left_knee", joints)), abs=6e-4, nan_ok=True)
        assert np.isnan(row.head_lean_deg) == np.isnan(joints[3]).any()  # the left ear of the first row is missing
        assert bool(row.edited) == edited


def test_coco_results_are_loaded_and_scored_by_pycocotools(edited_session: EditedSession, tmp_path: Path) -> None:
    path = export(edited_session, "coco", tmp_path / "a.json")
    results = json.loads(path.read_text())
    people = expected(edited_session)
    truth = {
        "images": [{"id": index, "width": 640, "height": 480} for index in range(FRAMES)],
        "categories": [{"id": 1, "name": "person", "keypoints": list(COCO_17.keypoints), "skeleton": []}],
        "annotations": [
            {
                "id": number, "image_id": entry["image_id"], "category_id": 1, "bbox": entry["bbox"], "iscrowd": 0,
                "area": entry["bbox"][2] * entry["bbox"][3],
                "keypoints": np.array(entry["keypoints"]).reshape(17, 3).clip(0, [1e9, 1e9, 0.5]).ravel().tolist(),
                "num_keypoints": sum(score > 0 for score in entry["keypoints"][2::3]),
            }
            for number, entry in enumerate(results, 1)
        ],
    }  # fmt: skip
    for annotation in truth["annotations"]:
        annotation["keypoints"] = [2 if i % 3 == 2 and v > 0 else v for i, v in enumerate(annotation["keypoints"])]
    (tmp_path / "truth.json").write_text(json.dumps(truth))
    with redirect_stdout(io.StringIO()):
        reference = COCO(str(tmp_path / "truth.json"))
        loaded = reference.loadRes(str(path))
        scoring = COCOeval(reference, loaded, "keypoints")
        scoring.evaluate()
        scoring.accumulate()
        scoring.summarize()
    assert len(loaded.anns) == len(people) and scoring.stats[0] == pytest.approx(1.0)
    for entry in results:
        joints, _, edited = people[entry["image_id"], entry["track_id"]]
        got = np.array(entry["keypoints"]).reshape(17, 3)
        np.testing.assert_allclose(got[:, :2], np.nan_to_num(joints), atol=6e-4)
        assert (got[np.isnan(joints[:, 0])] == 0).all() and entry["edited"] == edited and 0 < entry["score"] <= 1


def test_boxes_are_loaded_by_motmetrics(edited_session: EditedSession, tmp_path: Path) -> None:
    path = export(edited_session, "mot", tmp_path / "a.txt")
    table = motmetrics.io.loadtxt(str(path), fmt="mot15-2D")
    assert len(table) == len(expected(edited_session))
    for edited in edited_session.results():
        result = edited.result
        for track_id, box, score in zip(result.tracks.ids, result.tracks.boxes, result.tracks.scores, strict=True):
            row = table.loc[result.frame_index + 1, track_id]
            got = [row.X, row.Y, row.X + row.Width, row.Y + row.Height]
            np.testing.assert_allclose(got, box, atol=0.02)  # motmetrics takes the 1-based corner back to 0-based
            assert row.Confidence == pytest.approx(score, abs=1e-4)


def test_openpose_folder(edited_session: EditedSession, tmp_path: Path) -> None:
    folder = export(edited_session, "openpose", tmp_path / "out_openpose")
    files = sorted(folder.iterdir())
    assert [file.name for file in files][:2] == ["walk_000000000000_keypoints.json", "walk_000000000001_keypoints.json"]
    assert len(files) == FRAMES and json.loads(files[0].read_text())["people"] == []
    people = expected(edited_session)
    for index, file in enumerate(files):
        for person in json.loads(file.read_text())["people"]:
            assert set(person) >= {"face_keypoints_2d", "hand_left_keypoints_2d", "pose_keypoints_3d"}
            joints, _, _ = people[index, person["person_id"][0]]
            got = np.array(person["pose_keypoints_2d"]).reshape(25, 3)
            for at, names in enumerate(BODY_25):
                wanted = joints[[COCO_17.index(name) for name in names]]
                wanted = wanted.mean(axis=0) if len(names) and np.isfinite(wanted).all() else np.zeros(2)
                np.testing.assert_allclose(got[at, :2], wanted, atol=6e-4)
            assert (got[19:] == 0).all() and (got[[4, 7, 11, 14], 2] > 0).all()


def read_trc(path: Path) -> tuple[list[str], list[str], np.ndarray]:
    """Header values, marker names and a table with NaN for empty cells."""
    lines = path.read_text().splitlines()
    markers = [cell for cell in lines[3].split("\t")[2:] if cell]
    rows = [[float(cell) if cell else np.nan for cell in line.split("\t")] for line in lines[6:]]
    assert lines[5] == "", "readers take the sixth line for a blank one"
    return lines[2].split("\t"), markers, np.array(rows)


def test_trc_folder(edited_session: EditedSession, tmp_path: Path) -> None:
    folder = export(edited_session, "trc", tmp_path / "out_trc")
    assert [file.name for file in sorted(folder.iterdir())] == [f"walk_person0{n}.trc" for n in (1, 2, 3)]
    values, markers, table = read_trc(folder / "walk_person01.trc")
    assert values[:5] == ["30", "30", "38", "17", "px"] and markers == list(COCO_17.keypoints)
    assert table.shape == (38, 2 + 51) and table[:, 0].tolist() == list(range(1, 39))
    np.testing.assert_allclose(np.diff(table[:, 1]), 1 / 30, atol=2e-6)
    people = expected(edited_session)
    for row in table:
        frame = round(row[1] * 30)
        if frame in EMPTY:  # filled in between its neighbours
            continue
        joints, _, _ = people[frame, 1]
        np.testing.assert_allclose(row[2::3], joints[:, 0], atol=1e-4)
        np.testing.assert_allclose(row[3::3], 479 - joints[:, 1], atol=1e-4)  # y runs upwards
    assert np.isfinite(table[16][2:5]).all()  # frame 17 was empty


def test_confidence_is_the_same_number_in_every_format(edited_session: EditedSession, tmp_path: Path) -> None:
    wide, tidy, coco, openpose = (
        export(edited_session, name, tmp_path / name) for name in ("csv", "tidy", "coco", "openpose")
    )
    table = pandas.read_csv(wide).dropna(subset="person_id").set_index(["frame", "person_id"])
    long = pandas.read_csv(tidy).dropna(subset="person_id").set_index(["frame", "person_id", "joint"])
    entries = {(entry["image_id"], entry["track_id"]): entry for entry in json.loads(coco.read_text())}
    assert table.loc[(12, 1), "nose_conf"] == 1  # set by hand
    for (frame, person), row in table.iterrows():
        shown = [row[f"{name}_state"] != "missing" for name in COCO_17.keypoints]
        wanted = np.array([row[f"{name}_conf"] for name in COCO_17.keypoints])
        np.testing.assert_allclose(long.loc[(frame, person)].loc[list(COCO_17.keypoints), "conf"], wanted, atol=1e-6)
        got = np.array(entries[frame, person]["keypoints"])[2::3]
        np.testing.assert_allclose(got, wanted * shown, atol=1e-6)
        people = json.loads((openpose / f"walk_{frame:012d}_keypoints.json").read_text())["people"]
        body = next(p["pose_keypoints_2d"] for p in people if p["person_id"] == [person])
        assert body[2] == pytest.approx(got[0]) and body[4 * 3 + 2] == pytest.approx(got[COCO_17.index("right_wrist")])


def test_a_trc_of_endless_gaps_is_refused(tmp_path: Path) -> None:
    with Session.create(tmp_path / "walk_session.ppnet", made_header()) as session:
        for index, time_s in enumerate((0.0, 1 / 30, 2 / 30, 1e6)):
            session.append(made_result(index, (1,), time_s=time_s))
        with pytest.raises(UserError, match="in and out point"):
            export(EditedSession(session), "trc", tmp_path / "out_trc")
    assert not (tmp_path / "out_trc").exists()


def test_trc_in_metres_only_when_a_length_is_known(tmp_path: Path) -> None:
    with Session.create(tmp_path / "a_session.ppnet", made_header(notes={"metres_per_pixel": 0.01})) as session:
        session.append(made_result(0))
        folder = export(EditedSession(session), "trc", tmp_path / "trc")
    values, _, table = read_trc(folder / "walk_person01.trc")
    x, y = made_result(0).smoothed.keypoints[0, 0]
    assert values[4] == "m" and table[0, 2:4].tolist() == pytest.approx([0.01 * x, 0.01 * (479 - y)], abs=1e-5)


def test_uneven_times_are_resampled_and_wide_gaps_stay_open() -> None:
    times = [0.0, 0.1, 0.25, 0.3, 0.9, 1.0]
    points = np.array(times)[:, None, None] * [[[100.0, 10.0]]]
    grid, got = resample(np.array(times), points, 10.0)
    assert grid.tolist() == pytest.approx(np.arange(11) / 10)
    filled = np.isfinite(got[:, 0, 0])
    assert filled.tolist() == [True] * 4 + [False] * 5 + [True] * 2
    np.testing.assert_allclose(got[filled, 0, 0], 100 * grid[filled])
    assert data_rate(np.array(times), None) == 10.0
    assert data_rate(np.arange(9) * 1.001 / 30, Fraction(30000, 1001)) == pytest.approx(29.97003)
    assert data_rate(np.arange(9) / 60, Fraction(30)) == pytest.approx(60)
    assert data_rate(np.array([1.0]), None) == 30
    rounded = np.round(np.arange(30) / 60, 3)
    assert data_rate(rounded, Fraction(60), Fraction(1, 1000)) == 60, "as Matroska keeps it"
    assert data_rate(rounded, Fraction(30), Fraction(1, 1000)) == pytest.approx(58.824)
    assert data_rate(np.arange(9) / 15, Fraction(30), Fraction(1, 30)) == pytest.approx(15), "as AVI keeps it"


def test_people_who_are_hidden_or_deleted_are_in_no_export(session: Session, tmp_path: Path) -> None:
    session.add_edit(HidePerson(2))
    session.add_edit(DeletePerson(3))
    edited_session = EditedSession(session)
    for name in ("csv", "tidy", "angles", "coco", "mot", "trc"):
        export(edited_session, name, tmp_path / f"x{EXPORTS[name].suffix}")
    assert set(pandas.read_csv(tmp_path / "x_keypoints.csv").person_id.dropna()) == {1}
    assert set(pandas.read_csv(tmp_path / "x_tidy.csv").person_id.dropna()) == {1}
    assert set(pandas.read_csv(tmp_path / "x_angles.csv").person_id.dropna()) == {1}
    assert {entry["track_id"] for entry in json.loads((tmp_path / "x_coco.json").read_text())} == {1}
    assert {int(line.split(",")[1]) for line in (tmp_path / "x_mot.txt").read_text().splitlines()} == {1}
    assert [file.name for file in (tmp_path / "x_trc").iterdir()] == ["walk_person01.trc"]


def test_names_cannot_become_formulas(session: Session, tmp_path: Path) -> None:
    session.add_edit(RenamePerson(1, "=SUM(A1:A9)"))
    path = export(EditedSession(session), "csv", tmp_path / "a.csv")
    with path.open(encoding="utf-8", newline="") as file:
        names = {row["person_name"] for row in csv.DictReader(file)}
    assert names == {"", "'=SUM(A1:A9)", 'Zoë "Zo", Köln'}


@pytest.mark.parametrize("name", EXPORTS)
def test_every_format_has_a_writer_and_its_line_in_the_docs(name: str) -> None:
    assert callable(EXPORTS[name].write)
    docs = Path(__file__).parents[3] / "docs" / "exports.md"
    assert f"| `{name}` | `<stem>{EXPORTS[name].suffix}" in docs.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", TABLES)
def test_an_export_is_whole_or_not_there(session: Session, tmp_path: Path, name: str) -> None:
    session.add_edit(OnlyPerson(1))
    edited_session = EditedSession(session)
    path = default_path(edited_session.stored.path, name, tmp_path / "new folder")
    assert path.name == f"walk{EXPORTS[name].suffix}"

    def stop(done: int) -> None:
        if done >= 20:
            raise Cancelled

    with pytest.raises(Cancelled):
        export(edited_session, name, path, tick=stop)
    assert list(path.parent.iterdir()) == []
    export(edited_session, name, path)
    with pytest.raises(UserError, match="already exists"):
        export(edited_session, name, path)
    export(edited_session, name, path, overwrite=True)
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="could not be written"):
        export(edited_session, name, tmp_path / "file" / "a.csv")


@pytest.mark.parametrize("name", TABLES)
def test_an_empty_session_is_exported_too(tmp_path: Path, name: str) -> None:
    with Session.create(tmp_path / "a_session.ppnet", made_header()) as session:
        assert export(EditedSession(session), name, tmp_path / f"a{EXPORTS[name].suffix}").exists()


@pytest.mark.parametrize("name", ["deeplabcut-h5", "sleap", "sleap-analysis", "parquet", "nwb", "c3d"])
def test_a_missing_package_is_one_sentence(
    edited_session: EditedSession, tmp_path: Path, monkeypatch, name: str
) -> None:
    write = EXPORTS[name].write

    def missing(module: str) -> None:
        raise ModuleNotFoundError(module)

    monkeypatch.setattr("ppnet.extras.importlib.import_module", missing)
    with pytest.raises(UserError, match=r"is not installed: pip install 'ppnet-live\[\w+\]'$"):
        write(edited_session, tmp_path / "a", lambda _done: None)


def test_other_joints_than_openpose_knows(tmp_path: Path) -> None:
    joints = np.concatenate([np.arange(32.0).reshape(16, 2), np.full((16, 1), 0.5)], axis=1)
    flat = np.array(body_25(joints, MPII_16)).reshape(25, 3)
    right, left = joints[MPII_16.index("right_shoulder")], joints[MPII_16.index("left_shoulder")]
    assert flat[1].tolist() == ((right + left) / 2).tolist() and flat[2].tolist() == right.tolist()
    assert (flat[0] == 0).all() and (flat[15:] == 0).all()
    with Session.create(tmp_path / "a_session.ppnet", made_header(skeleton=MPII_16)) as session:
        assert export(EditedSession(session), "csv", tmp_path / "a.csv").read_text().split(",")[9] == "right_ankle_x"


def test_the_video_is_drawn_again_with_the_edits(filmed: Session, tmp_path: Path) -> None:
    filmed.add_edit(MoveKeypoint(1, 9, 10, 20.0, 100.0))
    edited_session = EditedSession(filmed)
    path = export(edited_session, "video", tmp_path / "again.mp4")
    with VideoFile(path) as again, VideoFile(tmp_path / "walk.mp4") as source:
        frames, pictures = list(again), list(source)
    assert len(frames) == 20
    np.testing.assert_allclose([f.time_s for f in frames], [f.time_s for f in pictures[5:25]], atol=1e-4)
    drawn = Annotator(SceneStyle()).picture(pictures[10], edited_session.result(10))
    assert np.abs(frames[5].image.astype(int) - drawn).mean() < 6
    plain = Annotator(SceneStyle()).picture(pictures[10], filmed.result(10))
    assert np.abs(frames[5].image.astype(int) - plain).mean() > np.abs(frames[5].image.astype(int) - drawn).mean()
    filmed.close()


def test_the_wrong_video_is_not_drawn_on(filmed: Session, tmp_path: Path) -> None:
    edited_session = EditedSession(filmed)
    (tmp_path / "walk.mp4").rename(tmp_path / "moved.mp4")
    with pytest.raises(UserError, match="is missing"):
        export(edited_session, "video", tmp_path / "again.mp4")
    for count, rate in (10, 30), (40, 25):  # too short; other times
        writer = VideoWriter(tmp_path / "walk.mp4", (160, 120), frame_rate=rate)
        for index in range(count):
            writer.write(np.zeros((120, 160, 3), np.uint8), index / rate)
        writer.close()
        with pytest.raises(UserError, match="not the video that was tracked"):
            export(edited_session, "video", tmp_path / "again.mp4")
    assert not list(tmp_path.glob("again*"))
    filmed.close()


def test_a_live_run_has_no_pictures(tmp_path: Path) -> None:
    live = replace(SOURCE, is_live=True, path=None)
    with (
        Session.create(tmp_path / "a_session.ppnet", made_header(source=live)) as session,
        pytest.raises(UserError, match="live session"),
    ):
        export(EditedSession(session), "video", tmp_path / "a.mp4")


@pytest.mark.parametrize("name", ["\N{GRINNING FACE}" * 62 + ".mp4", "a:b?.mp4"])
@pytest.mark.parametrize("kind", ["trc", "openpose"])
def test_files_called_after_a_video_have_names_that_any_file_system_takes(
    filmed: Session, tmp_path: Path, name: str, kind: str
) -> None:
    source = replace(filmed.header.source, name=name, path=None)
    with Session.create(tmp_path / "odd_session.ppnet", made_header(source=source)) as odd:
        for index in range(3):
            odd.append(made_result(index, (1,)))
        files = list(export(EditedSession(odd), kind, tmp_path / kind).iterdir())
    assert files and all(len(os.fsencode(file.name)) <= 255 and not set(':?"') & set(file.name) for file in files)


def test_a_file_never_takes_the_place_of_a_folder(edited_session: EditedSession, tmp_path: Path) -> None:
    folder = tmp_path / "walk.csv"
    folder.mkdir()
    (folder / "mine.txt").write_text("mine")
    with pytest.raises(UserError, match=r"walk\.csv could not be written"):
        export(edited_session, "marks", folder, overwrite=True)
    assert [path.name for path in tmp_path.glob("walk*/*")] == ["mine.txt"] and not list(tmp_path.glob("*.exporting*"))
