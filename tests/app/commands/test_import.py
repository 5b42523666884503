"""`import` makes a session out of what `export` wrote: the same joints, ids and times, in every format."""

import json
from pathlib import Path

import numpy as np
import pytest

from app import cli
from app.workspace.importing import import_tracks
from ppnet.errors import UserError
from tests.clips import make_clip
from tests.results import made_header, made_result
from tracking.export.confidence import confidences
from tracking.export.formats import EXPORTS, export
from tracking.session.edited_session import EditedSession
from tracking.session.edits import MoveKeypoint, RenamePerson
from tracking.session.session import Session
from tracking.types import KeypointState, TrackState
from tracking.video.factory import open_source

EMPTY = (0, 7)
EXTRAS = {"deeplabcut-h5": "tables", "sleap": "h5py", "sleap-analysis": "h5py"}


@pytest.fixture(scope="module")
def tracked(tmp_path_factory):
    """A clip with uneven times and its session, with an edit and a name in it."""
    folder = tmp_path_factory.mktemp("tracked")
    clip = make_clip(folder / "walk.mkv", [*range(8), *range(11, 23)])
    with open_source(clip) as source:
        times, info = source.frame_times(), source.info
    with Session.create(folder / "walk_session.ppnet", made_header(source=info)) as session:
        for index, time_s in enumerate(times):
            session.append(made_result(index, () if index in EMPTY else (2, 5), time_s=time_s))
        session.add_edit(MoveKeypoint(2, 0, 12, 321.5, 123.25))
        session.add_edit(RenamePerson(5, "-Zoë"))
        session.finish()
        yield clip, EditedSession(session)


@pytest.mark.parametrize("name", ["csv", "deeplabcut", "deeplabcut-h5", "sleap", "sleap-analysis", "coco", "openpose"])
def test_there_and_back(tracked, tmp_path: Path, name: str) -> None:
    clip, before = tracked
    if name in EXTRAS:
        pytest.importorskip(EXTRAS[name], reason="pip install 'ppnet-live[formats]'")
    file = export(before, name, tmp_path / f"walk{EXPORTS[name].suffix}")
    out = tmp_path / "back_session.ppnet"
    assert cli.main(["import", str(file), "--video", str(clip), "--out", str(out)]) == 0
    with Session.open(out) as session:
        assert session.complete and session.header.notes["imported_from"] == file.name
        assert session.frame_times().tolist() == before.stored.frame_times().tolist()
        after = EditedSession(session)
        after.refresh()
        for one, other in zip(before.exported(), after.exported(), strict=True):
            one, other = one.result, other.result
            assert other.tracks.ids.tolist() == one.tracks.ids.tolist()
            there = np.isfinite(one.known_keypoints)
            if name == "openpose":  # knows no joint without confidence
                there &= (np.nan_to_num(confidences(one)) > 0)[..., None]
            np.testing.assert_array_equal(np.isfinite(other.known_keypoints), there)
            np.testing.assert_allclose(other.known_keypoints[there], one.known_keypoints[there], atol=6e-4)
            shown = there[..., 0]
            np.testing.assert_allclose(confidences(other)[shown], confidences(one)[shown], atol=6e-4)
            if name == "csv":
                np.testing.assert_array_equal(other.states, one.states)
                np.testing.assert_array_equal(other.tracks.states, one.tracks.states)
                np.testing.assert_allclose(other.raw.keypoints, one.raw.keypoints, atol=6e-4)
            if name in ("csv", "coco"):
                np.testing.assert_allclose(other.tracks.boxes, one.tracks.boxes, atol=6e-4)
        assert dict(after.names) == ({5: "-Zoë"} if name == "csv" else {})
        again = export(after, "csv", tmp_path / "again.csv")
    if name == "csv":
        assert again.read_text().splitlines()[3].split(",")[:40] == file.read_text().splitlines()[3].split(",")[:40]


def test_a_file_of_another_video_and_a_place_that_is_taken(tracked, tmp_path: Path, capsys) -> None:
    clip, before = tracked
    file, out = export(before, "csv", tmp_path / "a.csv"), tmp_path / "b_session.ppnet"
    for stamps, words in ((10, "10 frames"), (range(20), "frame 8 is at")):
        other = make_clip(tmp_path / "other.mkv", stamps)
        assert cli.main(["import", str(file), "--video", str(other), "--out", str(out)]) == 2
        assert words in capsys.readouterr().err and not list(tmp_path.glob("b_*"))
    out.write_text("taken")
    assert cli.main(["import", str(file), "--video", str(clip), "--out", str(out)]) == 2
    assert "already exists; choose another --out" in capsys.readouterr().err and out.read_text() == "taken"
    with pytest.raises(UserError, match="already exists") as error:
        import_tracks(file, clip, out)
    assert "--" not in str(error.value), "the window says it, too"
    assert cli.main(["import", str(file), "--video", str(clip), "--out", str(out), "--overwrite"]) == 0
    metres = export(EditedSession(before.stored, metres_per_pixel=0.1), "csv", tmp_path / "m.csv", unit="m")
    assert cli.main(["import", str(metres), "--video", str(clip), "--out", str(tmp_path / "m")]) == 2
    assert "in metres" in capsys.readouterr().err


def test_what_a_killed_run_left_beside_an_overwritten_session_goes_with_it(tracked, tmp_path: Path) -> None:
    clip, before = tracked
    file, out = export(before, "csv", tmp_path / "a.csv"), tmp_path / "b_session.ppnet"
    with Session.create(out, made_header()) as killed:
        for index in range(20):
            killed.append(made_result(index))
        left = {path: path.read_bytes() for path in (out, out.with_name(f"{out.name}-wal"))}
    for path, content in left.items():
        path.write_bytes(content)
    assert cli.main(["import", str(file), "--video", str(clip), "--out", str(out), "--overwrite"]) == 0
    with Session.open(out) as session:
        assert session.header.notes["imported_from"] == file.name and session.last_track_id == 5


def test_a_session_that_is_being_written_is_not_overwritten(tracked, tmp_path: Path, capsys) -> None:
    clip, before = tracked
    file, out = export(before, "csv", tmp_path / "a.csv"), tmp_path / "b_session.ppnet"
    with Session.create(out, made_header()) as session:
        session.append(made_result(0))
        assert cli.main(["import", str(file), "--video", str(clip), "--out", str(out), "--overwrite"]) == 2
        assert "b_session.ppnet" in capsys.readouterr().err
        session.append(made_result(1))
    with Session.open(out) as session:
        assert session.frame_count == 2 and "imported_from" not in session.header.notes
    assert {path.name for path in tmp_path.iterdir()} == {"a.csv", "b_session.ppnet"}


def test_joints_carried_over_a_gap_stay_carried(tracked, tmp_path: Path) -> None:
    clip, before = tracked
    out = tmp_path / "back_session.ppnet"
    file = export(before, "coco", tmp_path / "a.json")
    file.write_text(file.read_text().replace(f", {confidences(before.result(3))[1, 5]:.3f}", ", 0.0", 1))
    assert cli.main(["import", str(file), "--video", str(clip), "--out", str(out)]) == 0
    with Session.open(out) as session:
        assert KeypointState.PREDICTED in session.result(3).states[1]


@pytest.mark.parametrize("name", ["csv", "coco"])
def test_who_is_a_guess_stays_one(tracked, tmp_path: Path, name: str) -> None:
    clip, before = tracked
    out = tmp_path / "back_session.ppnet"
    file = export(before, name, tmp_path / f"a{EXPORTS[name].suffix}")
    if name == "csv":
        file.write_text(file.read_text().replace(",2,tracked,", ",2,predicted,", 1))
    else:
        people = json.loads(file.read_text())
        people[0]["keypoints"][2::3] = [0.0] * (len(people[0]["keypoints"]) // 3)
        file.write_text(json.dumps(people))
    assert cli.main(["import", str(file), "--video", str(clip), "--out", str(out)]) == 0
    with Session.open(out) as session:
        assert session.result(1).tracks.states.tolist() == [TrackState.PREDICTED, TrackState.TRACKED]
        assert session.result(2).tracks.states.tolist() == [TrackState.TRACKED, TrackState.TRACKED]


def test_joints_under_other_names_are_taken_with_map(tracked, tmp_path: Path, capsys) -> None:
    clip, _ = tracked
    (file := tmp_path / "mouse.csv").write_text(
        "scorer,n,n,n,n\nbodyparts,snout,snout,tail,tail\ncoords,x,y,x,y\n0,1,2,3,4\n"
    )
    command = ["import", str(file), "--video", str(clip), "--out", str(out := tmp_path / "mouse_session.ppnet")]
    assert (
        cli.main(command) == 2
        and "it has snout and tail; at least one of these is needed: nose" in capsys.readouterr().err
    )
    for wrong, words in (
        (("snout",), "is not of the form NAME=KEYPOINT"),
        (("snout=beak",), "no keypoint beak"),
        (("snout=nose",) * 2, "twice"),
    ):
        assert cli.main([*command, *(part for one in wrong for part in ("--map", one))]) == 2
        assert words in capsys.readouterr().err
    assert cli.main([*command, "--map", "snout=nose"]) == 0
    assert "Left out, because this program has no such joints: tail." in capsys.readouterr().err
    with Session.open(out) as session:
        assert session.result(0).smoothed.keypoints[0, 0].tolist() == [1, 2]
