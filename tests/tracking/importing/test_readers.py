"""Files as the programs themselves write them are read with the right people, joints and frames."""

import json
import pickle
from pathlib import Path

import numpy as np
import pandas
import pytest

from ppnet.errors import UserError
from ppnet.skeleton import COCO_17, MPII_16
from tracking.importing.choice import read_tracks
from tracking.importing.formats import IMPORTS
from tracking.importing.track_table import TrackTable, canonical, ids_by_overlap, numbered


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("LAnkle", "left_ankle"), ("RElbow", "right_elbow"), ("left_ankle", "left_ankle"), ("Left Ankle", "left_ankle"),
        ("ankle_L", "left_ankle"), ("leftShoulder", "left_shoulder"), ("r-hip", "right_hip"), ("Nose", "nose"),
        ("rightknee", "right_knee"), ("lip", "lip"), ("lwrist", "left_wrist"), ("wristL", "left_wrist"),
        ("wristright", "right_wrist"), ("LEFT_EAR", "left_ear"), ("left.ear", "left_ear"), ("eyeL", "left_eye"),
        ("rear", "rear"), ("lefthand", "lefthand"), ("forelegL4", "foreleg_l4"),
    ],
)  # fmt: skip
def test_names_of_joints_are_understood_as_people_write_them(given: str, wanted: str) -> None:
    assert canonical(given) == wanted


def test_numbers_of_people() -> None:
    assert numbered(["person3", "person1"]) == ([3, 1], {})
    assert numbered(["track_0", "track_1"]) == ([1, 2], {1: "track_0", 2: "track_1"})
    assert numbered(["Anna", "Ben"]) == ([1, 2], {1: "Anna", 2: "Ben"})


def test_people_without_ids_go_on_where_they_overlap() -> None:
    frames = np.array([0, 0, 1, 1, 2, 60])
    boxes = np.array([[0, 0, 9, 9], [50, 0, 59, 9], [51, 0, 60, 9], [1, 0, 10, 9], [2, 0, 11, 9], [2, 0, 11, 9]], "f4")
    assert ids_by_overlap(frames, boxes).tolist() == [1, 2, 2, 1, 1, 3]


@pytest.mark.parametrize("form", ["csv", "fixed", "table"])
@pytest.mark.parametrize("individuals", [True, False])
def test_deeplabcut(tmp_path: Path, form: str, individuals: bool) -> None:
    """Tables as DeepLabCut's own pandas writes them, of several individuals and of a single one."""
    who, parts, rng = (["Anna", "Ben"] if individuals else [""]), ["nose", "LAnkle", "tail"], np.random.default_rng(5)
    levels = [["net"], who, parts, ["x", "y", "likelihood"]]
    columns = pandas.MultiIndex.from_product(levels, names=["scorer", "individuals", "bodyparts", "coords"])
    values = rng.uniform(0, 1, (5, len(columns))).round(4)
    values[1, :9] = np.nan
    if not individuals:
        columns = columns.droplevel("individuals")
    data = pandas.DataFrame(values, columns=columns)
    if form == "csv":
        data.to_csv(path := tmp_path / "a.csv")
    else:
        pytest.importorskip("tables")
        data.to_hdf(path := tmp_path / "a.h5", key="df_with_missing", format=form, mode="w")
    words, table = read_tracks(path)
    table, skeleton, left_out = table.on_skeleton()
    assert words.startswith("DeepLabCut table") and skeleton is COCO_17 and left_out == ("tail",)
    assert table.names == ({1: "Anna", 2: "Ben"} if individuals else {})
    wanted = values.reshape(5, len(who), 3, 3)
    rows = {(int(f), int(i)): row for row, (f, i) in enumerate(zip(table.frames, table.ids, strict=True))}
    assert set(rows) == {(f, p + 1) for f in range(5) for p in range(len(who))} - {(1, 1)}
    for (frame, person), row in rows.items():
        for part, joint in ((0, 0), (1, COCO_17.index("left_ankle"))):
            np.testing.assert_allclose(table.points[row, joint], wanted[frame, person - 1, part, :2], atol=1e-6)
            assert table.scores[row, joint] == pytest.approx(wanted[frame, person - 1, part, 2], abs=1e-6)


@pytest.mark.parametrize("form", ["slp", "matlab", "standard"])
def test_sleap(tmp_path: Path, form: str) -> None:
    """Files that sleap-io writes; a corrected instance counts in place of the prediction that it came from."""
    sleap_io = pytest.importorskip("sleap_io")
    skeleton = sleap_io.Skeleton(["left_knee", "right_knee"], name="legs")
    video = sleap_io.Video("walk.mp4", open_backend=False)
    tracks = [sleap_io.Track("Anna"), sleap_io.Track("Ben")]
    points = np.array([[1.5, 2], [np.nan, np.nan]])

    def predicted(track, x):
        return sleap_io.PredictedInstance.from_numpy(
            points + np.array([x, 0]), point_scores=np.array([0.5, 0.25]), score=0.75, skeleton=skeleton, track=track
        )

    first, second = predicted(tracks[0], 0), predicted(tracks[1], 100)
    frames = [
        sleap_io.LabeledFrame(video=video, frame_idx=2, instances=[first, second]),
        sleap_io.LabeledFrame(video=video, frame_idx=7, instances=[predicted(tracks[1], 200)]),
    ]
    if form == "slp":
        fixed = sleap_io.Instance.from_numpy(points + np.array([5, 0]), skeleton=skeleton, track=tracks[0])
        fixed.from_predicted = first
        frames[0].instances.append(fixed)
    labels = sleap_io.Labels(frames, videos=[video], tracks=tracks, skeletons=[skeleton])
    if form == "slp":
        labels.save(str(path := tmp_path / "a.slp"))
    else:
        sleap_io.save_analysis_h5(labels, str(path := tmp_path / "a.h5"), preset=form)
    _, table = read_tracks(path)
    table, skeleton, left_out = table.on_skeleton()
    knee = skeleton.index("left_knee")
    rows = {(int(f), table.names[int(i)]): row for row, (f, i) in enumerate(zip(table.frames, table.ids, strict=True))}
    assert set(rows) == {(2, "Anna"), (2, "Ben"), (7, "Ben")} and not left_out
    anna = 6.5 if form == "slp" else 1.5
    assert [table.points[rows[key], knee, 0] for key in sorted(rows)] == [anna, 101.5, 201.5]
    assert table.scores[rows[7, "Ben"], knee] == 0.5 and table.person_scores[rows[7, "Ben"]] == 0.75
    assert np.isnan(table.points[:, skeleton.index("right_knee")]).all()


def test_positions_of_old_sleap_files_count_from_the_corner_of_a_pixel(tmp_path: Path) -> None:
    sleap_io, h5py = pytest.importorskip("sleap_io"), pytest.importorskip("h5py")
    skeleton, video = sleap_io.Skeleton(["nose"]), sleap_io.Video("walk.mp4", open_backend=False)
    one = sleap_io.PredictedInstance.from_numpy(
        np.array([[10.0, 20.0]]), point_scores=np.array([0.5]), score=0.5, skeleton=skeleton
    )
    frame = sleap_io.LabeledFrame(video=video, frame_idx=0, instances=[one])
    sleap_io.Labels([frame], videos=[video], skeletons=[skeleton]).save(str(path := tmp_path / "a.slp"))
    assert read_tracks(path)[1].points.tolist() == [[[10.0, 20.0]]]
    with h5py.File(path, "r+") as file:
        file["metadata"].attrs["format_id"] = 1.0
    assert read_tracks(path)[1].points.tolist() == [[[9.5, 19.5]]]


def test_joints_that_people_have_labelled_for_deeplabcut_are_sure(tmp_path: Path) -> None:
    path = tmp_path / "CollectedData_Anna.csv"
    path.write_text("scorer,Anna,Anna,Anna,Anna\nbodyparts,nose,nose,tail,tail\ncoords,x,y,x,y\n0,10,20,,\n")
    table = read_tracks(path)[1]
    assert table.points[0, 0].tolist() == [10, 20] and table.scores[0, 0] == 1 and np.isnan(table.scores[0, 1])


def test_numbers_that_an_openpose_folder_has_are_kept(tmp_path: Path) -> None:
    for frame, numbers in enumerate(([3, 8], [8, 3])):
        people = [{"person_id": [number], "pose_keypoints_2d": [10.0, 20.0, 0.9] * 25} for number in numbers]
        (tmp_path / f"walk_{frame:012d}_keypoints.json").write_text(json.dumps({"people": people}))
    assert read_tracks(tmp_path)[1].ids.tolist() == [3, 8, 8, 3]


def test_openpose_and_coco_without_ids(tmp_path: Path) -> None:
    folder = tmp_path / "json"
    folder.mkdir()
    results = []
    for frame in range(3):
        people = []
        for person in range(2):
            body = np.zeros((25, 3))
            body[0] = 100 * person + frame + 1, 50, 0.9
            body[11] = 100 * person + frame + 20, 90, 0.8
            people.append({"person_id": [-1], "pose_keypoints_2d": body.ravel().tolist()})
            joints = np.zeros((17, 3))
            joints[0], joints[16] = body[0], body[11]
            results.append({"image_id": frame, "category_id": 1, "keypoints": joints.ravel().tolist(), "score": 0.7})
        people = people[::-1] if frame == 1 else people
        (folder / f"walk_{frame:012d}_keypoints.json").write_text(json.dumps({"version": 1.3, "people": people}))
    (tmp_path / "results.json").write_text(json.dumps(results[::-1]))
    for path in (folder, folder / f"walk_{0:012d}_keypoints.json", tmp_path / "results.json"):
        table, skeleton, _ = read_tracks(path)[1].on_skeleton()
        nose, ankle = skeleton.index("nose"), skeleton.index("right_ankle")
        for row, (frame, track_id) in enumerate(zip(table.frames.tolist(), table.ids.tolist(), strict=True)):
            same = table.points[(table.ids == track_id) & (table.frames == 0), nose, 0][0]
            assert table.points[row, nose, 0] == same + frame
            assert table.scores[row, ankle] == pytest.approx(0.8)
        assert sorted(set(table.ids.tolist())) == [1, 2]


def test_other_skeletons_are_chosen_by_their_joints(tmp_path: Path) -> None:
    lines = ["scorer" + ",net" * 48, "bodyparts" + "".join(f",{name}" * 3 for name in MPII_16.keypoints)]
    lines += ["coords" + ",x,y,likelihood" * 16, "0" + ",1,2,0.5" * 16]
    (tmp_path / "a.csv").write_text("\n".join(lines))
    assert read_tracks(tmp_path / "a.csv")[1].on_skeleton()[1] is MPII_16
    (tmp_path / "a.csv").write_text("scorer,n,n\nbodyparts,tail,tail\ncoords,x,y\n0,1,2\n")
    with pytest.raises(
        UserError, match=r"it has tail; at least one of these is needed: nose, left_eye[^-]*\.$"
    ) as told:
        read_tracks(tmp_path / "a.csv")[1].on_skeleton()
    assert told.value.on_command_line.endswith("; `--map NAME=keypoint` says which is which.")


MOUSE = ("snout", "leftear", "rightear", "shoulder", "spine1", "spine2", "tailbase", "tailend")
FLY = ("head", "thorax", "abdomen", "wingL", "wingR", "eyeL", "eyeR", "forelegL4", "forelegR4")


def table_of(*joints: str) -> TrackTable:
    """One row; joint n lies at (n, 10)."""
    points = np.stack([np.arange(len(joints)), np.full(len(joints), 10)], axis=-1)[None].astype(np.float32)
    one = np.ones(1, np.int64)
    return TrackTable(joints, 0 * one, one, points, np.ones((1, len(joints)), np.float32))


@pytest.mark.parametrize(
    ("joints", "known"),
    [
        (MOUSE, {"left_ear": 1, "right_ear": 2}),
        (FLY, {"left_eye": 5, "right_eye": 6}),
        (("HipL", "tail"), {"left_hip": 0}),
    ],
)
def test_joints_of_other_animals_are_taken_where_their_names_are_known(joints, known: dict[str, int]) -> None:
    table, skeleton, left_out = table_of(*joints).on_skeleton()
    assert skeleton is COCO_17
    there = np.isfinite(table.points[0, :, 0])
    found = {
        name: int(x) for name, x in zip(np.array(skeleton.keypoints)[there], table.points[0, there, 0], strict=True)
    }
    assert found == known
    assert set(left_out) == set(joints) - {joints[at] for at in known.values()}


def test_what_is_said_about_a_joint_comes_before_its_name() -> None:
    chosen = {"snout": "nose", "tailbase": "left_hip", "leftear": "right_ear"}
    table, skeleton, left_out = table_of(*MOUSE).on_skeleton(chosen)
    x = dict(zip(skeleton.keypoints, table.points[0, :, 0], strict=True))
    assert (x["nose"], x["left_hip"], x["right_ear"]) == (0, 6, 1) and np.isnan(x["left_ear"])
    assert left_out == ("rightear", "shoulder", "spine1", "spine2", "tailend")
    assert table_of(*MOUSE).on_skeleton({"snout": "head_top", "spine1": "thorax"})[1] is MPII_16


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ({"nose": "nose"}, "no joint nose: it has snout, leftear"),
        ({"snout": "beak"}, "no keypoint beak: choose one of nose"),
        ({"snout": "nose", "leftear": "nose"}, "Two joints"),
        ({"snout": "nose", "spine1": "thorax"}, "No skeleton has all"),
    ],
)  # fmt: skip
def test_a_joint_that_is_said_wrongly_is_one_sentence(chosen: dict[str, str], words: str) -> None:
    with pytest.raises(UserError, match=words):
        table_of(*MOUSE).on_skeleton(chosen)


def test_names_of_joints_that_hold_anything_stay_one_short_sentence() -> None:
    with pytest.raises(UserError) as told:
        table_of("a\nb\x1b[31m", "c" * 10_000, *(f"tail{n}" for n in range(900))).on_skeleton()
    assert str(told.value).isprintable() and len(str(told.value)) < 1000 and "872 more" in str(told.value)


def test_the_page_about_imports_has_the_table_of_formats() -> None:
    page = (Path(__file__).parents[3] / "docs" / "imports.md").read_text(encoding="utf-8")
    assert "".join(f"| {one.title} | {one.told_by} | {one.people} |\n" for one in IMPORTS) in page


def test_what_is_small_on_disk_is_not_made_huge(tmp_path: Path) -> None:
    """One column for each of many people and joints is a table of all people with all joints."""
    count = 20_000
    people = "".join(f",p{at},p{at}" for at in range(count))
    joints = "".join(f",j{at},j{at}" for at in range(count))
    text = "scorer" + ",n" * 2 * count + f"\nindividuals{people}\nbodyparts{joints}\ncoords" + ",x,y" * count
    (tmp_path / "a.csv").write_text(text + "\n0" + ",1" * 2 * count)
    crowd = [{"image_id": 0, "keypoints": [at, 1, 1] * 17} for at in range(1, 2000)]
    (tmp_path / "b.json").write_text(json.dumps(crowd))
    for name, words in (("a.csv", "too many"), ("b.json", "without ids")):
        with pytest.raises(UserError, match=words):
            read_tracks(tmp_path / name)


def test_what_is_no_file_of_tracks_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    contents = {
        "a.csv": b"scorer,net\nbodyparts,nose\n", "b.csv": b"scorer,n,n\nbodyparts,nose,nose\ncoords,x,y\n0,1e9,2\n",
        "c.csv": b"frame,time_s,person_id,state\n0,0,1,tracked\n", "d.csv": b"a,b\n1,2\n", "e.csv": b"\xff\xfe\x00",
        "f.json": b"[" * 100_000, "g.json": b'[{"image_id": 0, "keypoints": [1, 2]}]', "h.json": b"{}", "i.h5": b"no",
        "j.slp": b"no", "k.txt": b"",
        "m.json": b'[{"image_id": 0, "keypoints": [Infinity, 2, 1' + b", 1, 2, 1" * 16 + b"]}]",
        "n.csv": b"scorer,n,n,n\nbodyparts,nose,nose,nose\ncoords,x,y,likelihood\n0,1,2,1e30\n",
        "o.json": b'{"categories": [{"keypoints": [5]}], "annotations": [{"image_id": 0, "keypoints": [1, 2, 2]}]}',
        "p.json": b'{"categories": [{"keypoints": ["\\ud800"]}],'
        b' "annotations": [{"image_id": 0, "keypoints": [1,2,2]}]}',
        "q.csv": b"scorer,n,n\nindividuals" + 2 * (b"," + b"A" * 300) + b"\nbodyparts,nose,nose\ncoords,x,y\n0,1,2\n",
        "l.csv": b"scorer,n,n\nbodyparts,nose,nose\ncoords,x,y\n" + b"0,1,2\n" * 2,
    }  # fmt: skip
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    for path in [*sorted(tmp_path.iterdir()), tmp_path / "nowhere.csv"]:
        with pytest.raises(UserError) as told:
            read_tracks(path)
        assert path.name in str(told.value) and "\n" not in str(told.value)


def test_no_pickle_of_a_file_is_run(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")

    class Hostile:
        def __reduce__(self):
            return Path.touch, (tmp_path / "was run",)

    with h5py.File(tmp_path / "a.h5", "w") as file:
        rows = np.zeros(1, [("index", "i8"), ("values_block_0", "f8", (3,))])
        table = file.create_dataset("df_with_missing/table", data=rows)
        table.attrs["values_block_0_kind"] = np.bytes_(pickle.dumps([Hostile()], 0))
    with pytest.raises(UserError, match="tries to run"):
        read_tracks(tmp_path / "a.h5")
    assert not (tmp_path / "was run").exists()
