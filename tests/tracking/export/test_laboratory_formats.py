"""C3D, NWB, BVH and OpenSim's motion files: other programs' readers find the same joints, times and angles."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas
import pytest

from ppnet.skeleton import COCO_17
from tests.tracking.export.walk import EMPTY, edited_walk, expected
from tracking.angles import ANGLES, angles
from tracking.export.bvh import BONES
from tracking.export.confidence import confidences
from tracking.export.formats import export
from tracking.session.edited_session import EditedSession
from tracking.session.edits import HidePerson, RenamePerson
from tracking.session.session import Session

NAMES = [f"walk_person0{number}" for number in (1, 2, 3)]


@pytest.mark.parametrize(("unit", "scale"), [("px", 1.0), ("m", 0.01)])
def test_ezc3d_reads_the_markers(session: Session, tmp_path: Path, unit: str, scale: float) -> None:
    ezc3d = pytest.importorskip("ezc3d", reason="pip install 'ppnet-live[c3d]'")
    edited = EditedSession(session, metres_per_pixel=None if unit == "px" else scale)
    folder = export(edited, "c3d", tmp_path / "out_c3d")
    assert [file.stem for file in sorted(folder.iterdir())] == NAMES
    file = ezc3d.c3d(str(folder / "walk_person01.c3d"))
    points, parameters = file["data"]["points"], file["parameters"]
    assert parameters["POINT"]["LABELS"]["value"] == list(COCO_17.keypoints)
    assert parameters["POINT"]["UNITS"]["value"] == [unit] and parameters["POINT"]["RATE"]["value"] == [30]
    begun = parameters["PPNET_LIVE"]["FIRST_TIME_S"]["value"][0]
    assert points.shape == (4, 17, 38) and begun == pytest.approx(1 / 30)
    people = expected(edited)
    for step in range(points.shape[2]):
        frame = step + 1
        if frame in EMPTY:  # filled in between its neighbours
            continue
        joints = people[frame, 1][0]
        np.testing.assert_allclose(points[0, :, step], joints[:, 0] * scale, rtol=1e-5)
        np.testing.assert_allclose(points[1, :, step], (479 - joints[:, 1]) * scale, rtol=1e-5)
        assert (np.isnan(points[2, :, step]) == np.isnan(joints[:, 0])).all()


@pytest.fixture(scope="module")
def person_in_nwb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[EditedSession, Path]]:
    """A few frames of the walk in which one person is shown, and the folder with that person's file."""
    pytest.importorskip("pynwb", reason="pip install 'ppnet-live[nwb]'")
    folder = tmp_path_factory.mktemp("nwb")
    with edited_walk(folder, (0, 9, 12, 17, 20, 31)) as session:
        for hidden in (2, 3):
            session.add_edit(HidePerson(hidden))
        session.add_edit(RenamePerson(1, 'Zoë "Zo", Köln'))
        edited = EditedSession(session)
        yield edited, export(edited, "nwb", folder / "out_nwb")


def test_pynwb_reads_poses_times_and_confidence(person_in_nwb: tuple[EditedSession, Path]) -> None:
    pynwb = pytest.importorskip("pynwb")
    edited_session, folder = person_in_nwb
    assert [file.stem for file in folder.iterdir()] == [NAMES[0]]
    people = expected(edited_session)
    rows = [
        (edited.result, row)
        for edited in edited_session.results()
        for row, number in enumerate(edited.result.tracks.ids)
        if number == 1
    ]
    assert [result.frame_index for result, _ in rows] == [9, 12, 20, 31]
    with pynwb.NWBHDF5IO(folder / f"{NAMES[0]}.nwb", "r") as io:
        document = io.read()
        poses = document.processing["behavior"]["PoseEstimation"]
        assert list(poses.skeleton.nodes[:]) == list(COCO_17.keypoints)
        assert poses.skeleton.edges[:].tolist() == [list(edge) for edge in COCO_17.edges]
        assert document.subject.description == 'Zoë "Zo", Köln' and poses.source_software == "PPNet Live"
        for joint, name in enumerate(COCO_17.keypoints):
            series = poses.pose_estimation_series[name]
            assert series.timestamps[:].tolist() == [result.time_s for result, _ in rows]
            wanted = [people[result.frame_index, 1][0][joint] for result, _ in rows]
            np.testing.assert_allclose(series.data[:], wanted, atol=1e-4)
            np.testing.assert_array_equal(series.confidence[:], [confidences(r)[row, joint] for r, row in rows])
        missing = np.isnan([people[result.frame_index, 1][0] for result, _ in rows])
        assert missing.any() and not missing.all()


def test_nwb_says_from_where_tracks_were_imported(tmp_path: Path) -> None:
    pynwb = pytest.importorskip("pynwb", reason="pip install 'ppnet-live[nwb]'")
    with edited_walk(tmp_path, (0, 9)) as session:
        notes = {"imported_from": "walk.slp", "imported_as": "SLEAP labels"}
        session.set_header(replace(session.header, network="", notes=notes))
        folder = export(EditedSession(session), "nwb", tmp_path / "out_nwb")
    with pynwb.NWBHDF5IO(next(folder.iterdir()), "r") as io:
        poses = io.read().processing["behavior"]["PoseEstimation"]
        assert poses.scorer == "walk.slp (SLEAP labels)"
        assert "heatmap" not in poses.pose_estimation_series["nose"].confidence_definition


def test_movement_reads_nwb(person_in_nwb: tuple[EditedSession, Path]) -> None:
    poses = pytest.importorskip("movement.io.load_poses", reason="pip install movement, in an environment of its own")
    edited_session, folder = person_in_nwb
    data = poses.from_file(folder / f"{NAMES[0]}.nwb", source_software="NWB")
    x = data.position.sel(space="x").squeeze()
    part = next(name for name in x.dims if name.startswith("keypoint"))
    assert set(data[part].values) == set(COCO_17.keypoints)
    wanted = [joints[0][0, 0] for (_, number), joints in sorted(expected(edited_session).items()) if number == 1]
    np.testing.assert_allclose(x.sel({part: "nose"}).to_numpy(), wanted, atol=1e-4)


def test_angles_of_opensim(edited_session: EditedSession, tmp_path: Path) -> None:
    folder = export(edited_session, "opensim-mot", tmp_path / "out_opensim")
    assert [file.stem for file in sorted(folder.iterdir())] == NAMES
    path = folder / "walk_person01.mot"
    head = path.read_text().split("endheader\n")[0].splitlines()
    values = dict(line.split("=") for line in head if "=" in line)
    table = pandas.read_csv(path, sep="\t", skiprows=len(head) + 1)
    assert values["inDegrees"] == "yes" and table.shape == (int(values["nRows"]), int(values["nColumns"]))
    assert list(table.columns) == ["time", *ANGLES]
    people = expected(edited_session)
    for _, row in table.iterrows():
        frame = round(row.time * 30)
        if frame not in EMPTY:
            wanted = angles(people[frame, 1][0], COCO_17)
            np.testing.assert_allclose(row[list(ANGLES)].to_numpy(float), wanted, atol=1e-3)


def test_bones_of_a_bvh_point_as_they_do_in_the_picture(edited_session: EditedSession, tmp_path: Path) -> None:
    reader = pytest.importorskip("bvh", reason="pip install bvh")
    folder = export(edited_session, "bvh", tmp_path / "out_bvh")
    assert [file.stem for file in sorted(folder.iterdir())] == NAMES
    motion = reader.Bvh((folder / "walk_person02.bvh").read_text())
    assert motion.frame_time == pytest.approx(1 / 30) and motion.nframes == 38
    assert set(motion.get_joints_names()) == {"Hips", *(bone.name for bone in BONES)}
    people = expected(edited_session)
    for step in (0, 12, 30):
        joints = people[step + 1, 2][0] * [1, -1] + [0, 479]
        root = [motion.frame_joint_channel(step, "Hips", f"{axis}position") for axis in "XY"]
        np.testing.assert_allclose(root, joints[[11, 12]].mean(axis=0), atol=1e-3)
        turned = {"Hips": 0.0}
        for bone in BONES:
            parent = motion.joint_parent(bone.name).name
            turned[bone.name] = turned[parent] + motion.frame_joint_channel(step, bone.name, "Zrotation")
            start, end = (
                joints[[COCO_17.index(name) for name in ends]].mean(axis=0) for ends in (bone.start, bone.end)
            )
            angle = np.degrees(np.arctan2(*(end - start)[::-1])) - np.degrees(np.arctan2(*bone.rest[::-1]))
            assert (turned[bone.name] - angle + 180) % 360 - 180 == pytest.approx(0, abs=1e-3), bone.name
