"""Marks for ELAN and BORIS, and a data set with pictures, as the tools of others read them."""

import io
import json
from contextlib import redirect_stdout
from pathlib import Path
from xml.etree import ElementTree as Xml

import cv2
import numpy as np
import pytest
from pycocotools.coco import COCO

from ppnet.skeleton import COCO_17
from tests.tracking.export.walk import expected
from tracking.export.coco import joints_with_scores
from tracking.export.formats import export
from tracking.session.edited_session import EditedSession
from tracking.session.edits import SetMark, SetSpan
from tracking.session.session import Session
from tracking.types import KeypointState
from tracking.video.file import VideoFile


@pytest.fixture
def marked(session: Session) -> EditedSession:
    for frame, name in ((3, "early"), (12, "lift & <land>"), (15, "Zoë")):
        session.add_edit(SetMark(frame, frame / 30, name))
    session.add_edit(SetSpan(10 / 30, 20 / 30))
    return EditedSession(session)


def test_pympi_reads_the_marks_for_elan(marked: EditedSession, tmp_path: Path) -> None:
    pympi = pytest.importorskip("pympi", reason="pip install pympi-ling")
    document = pympi.Elan.Eaf(str(export(marked, "elan", tmp_path / "a.eaf")))
    assert sorted(document.get_tier_names()) == ["marks", "span"]
    assert document.get_annotation_data_for_tier("marks") == [(400, 440, "lift & <land>"), (500, 540, "Zoë")]
    assert document.get_annotation_data_for_tier("span") == [(333, 667, "in to out")]
    assert document.media_descriptors[0]["MEDIA_URL"].endswith("/walk.mp4")


def test_trajectories_and_marks_for_kinovea(marked: EditedSession, tmp_path: Path) -> None:
    document = Xml.parse(export(marked, "kinovea", tmp_path / "a.kva")).getroot()
    assert document.findtext("ImageSize") == "640;480" and document.findtext("AverageTimeStampsPerFrame") == "1"
    marks = [(mark.findtext("Position"), mark.findtext("Title")) for mark in document.iter("Keyframe")]
    assert marks == [("12", "lift & <land>"), ("15", "Zoë")]
    people = expected(marked)
    seen = 0
    for track in document.iter("Track"):
        person, joint = track.get("name").split(" ")
        points = [tuple(map(float, point.text.split(";"))) for point in track.iter("TrackPoint")]
        frames = [int(frame) for *_, frame in points]
        assert frames == list(range(frames[0], frames[-1] + 1)) and track.findtext("TimePosition") == str(frames[0])
        assert track.find("TrackPointList").get("Count") == str(len(points))
        for x, y, frame in points:
            wanted = people[int(frame), int(person.removeprefix("person"))][0][COCO_17.index(joint)]
            assert (x, y) == pytest.approx(tuple(wanted), abs=6e-4)
        seen += len(points)
    assert seen == sum(np.isfinite(people[key][0][:, 0]).sum() for key in people if 10 <= key[0] < 20)
    there = {(frame, person, joint) for (frame, person), (joints, *_) in people.items() if 10 <= frame < 20
             for joint in np.flatnonzero(np.isfinite(joints[:, 0])).tolist()}  # fmt: skip
    begins = [one for one in there if (one[0] - 1, *one[1:]) not in there]
    assert len(list(document.iter("Track"))) == len(begins), "a trajectory goes on as long as it has no gap"


def test_the_marks_for_boris(marked: EditedSession, tmp_path: Path) -> None:
    path = export(marked, "boris", tmp_path / "a.boris")
    project = json.loads(path.read_text(encoding="utf-8"))
    codes = {behavior["code"] for behavior in project["behaviors_conf"].values()}
    (observation,) = project["observations"].values()
    assert [(event[2], event[4], event[5]) for event in observation["events"]] == [
        ("in", "", "NA"), ("mark", "lift & <land>", 12), ("mark", "Zoë", 15), ("out", "", "NA"),
    ]  # fmt: skip
    assert [event[0] for event in observation["events"]] == pytest.approx([1 / 3, 0.4, 0.5, 2 / 3], abs=1e-6)
    assert {event[2] for event in observation["events"]} <= codes and observation["media_info"]["length"]


def test_pycocotools_reads_the_data_set(filmed: Session, tmp_path: Path) -> None:
    edited_session = EditedSession(filmed)
    folder = export(edited_session, "coco-dataset", tmp_path / "walk_dataset")
    with redirect_stdout(io.StringIO()):
        dataset = COCO(str(folder / "annotations.json"))
    assert sorted(dataset.imgs) == list(range(5, 25)) and len(dataset.anns) == 20
    with VideoFile(tmp_path / "walk.mp4") as video:
        pictures = list(video)
    for index, image in dataset.imgs.items():
        stored = cv2.imread(str(folder / image["file_name"]))
        assert stored.shape == (120, 160, 3) and np.abs(stored.astype(int) - pictures[index].image).mean() < 3
        (annotation,) = dataset.imgToAnns[index]
        edited = edited_session.edited(index)
        joints, states = joints_with_scores(edited, 0), edited.result.states[0]
        got = np.array(annotation["keypoints"]).reshape(17, 3)
        np.testing.assert_allclose(got[:, :2], joints[:, :2], atol=6e-4)
        wanted = [{KeypointState.MISSING: 0, KeypointState.PREDICTED: 1}.get(state, 2) for state in states.tolist()]
        assert got[:, 2].tolist() == wanted and set(wanted) == {0, 1, 2}  # joints below the picture are missing
        assert annotation["num_keypoints"] == np.count_nonzero(wanted)
        np.testing.assert_allclose(annotation["confidence"], joints[:, 2], atol=1e-4)
    filmed.close()
