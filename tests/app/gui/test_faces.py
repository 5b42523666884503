"""People as faces in the list; a click goes to their best view; one person under two numbers is asked about."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt

from ppnet.poses import Poses
from ppnet.skeleton import COCO_17
from tests.app.gui.conftest import shown_frame
from tests.clips import make_clip
from tests.results import made_header, made_result
from tracking.session.edits import DeletePerson, HidePerson, MoveKeypoint, RenamePerson, SwapIds
from tracking.session.session import Session
from tracking.video.file import VideoFile

WH = (320, 240)
GREEN, BLUE, RED = (30, 160, 60), (40, 60, 200), (200, 40, 40)
GONE, BACK, END = 20, 30, 60


def box_of(index):
    """Somebody who walks to the right and is nearest in frame 45."""
    size = 1.3 if index == 45 else 1.0
    x = 40 + 2 * index
    return (x, 60, x + 50 * size, 60 + 150 * size)


def paint(index, wh, legs):
    image = np.full((*wh[::-1], 3), 120, np.uint8)
    if not GONE <= index < BACK:
        x1, y1, x2, y2 = (round(value) for value in box_of(index))
        image[y1 : (y1 + y2) // 2, x1:x2] = GREEN
        image[(y1 + y2) // 2 : y2, x1:x2] = legs if index >= BACK else BLUE
    return image


def film(folder, legs, size):
    clip = make_clip(folder / "walk.mp4", END, size_wh=WH, painter=lambda index, wh: paint(index, wh, legs))
    path = folder / "walk_session.ppnet"
    with VideoFile(clip) as video, Session.create(path, made_header(source=video.info)) as session:
        for index, time_s in enumerate(video.frame_times()):
            ids = () if GONE <= index < BACK else (1,) if index < GONE else (2,)
            boxes = np.array([box_of(index)] * len(ids), np.float32).reshape(-1, 4)
            result = made_result(index, ids, time_s=time_s, boxes=boxes)
            joints = result.smoothed.keypoints * (size if index >= BACK else 1)
            unsure = Poses(joints, np.zeros((len(ids), 17), np.float32), COCO_17)
            session.append(replace(result, smoothed=unsure))  # the clothes are where they are in every box
        session.finish()
    return path


@pytest.fixture
def opened(qtbot, window, tmp_path):
    def open_film(legs=BLUE, size=1.0):
        window.files.open_path(film(tmp_path, legs, size))
        qtbot.waitUntil(lambda: window.view.picture is not None)
        window.workspace.run.player.pause()
        window.side.setCurrentWidget(window.people)
        qtbot.waitUntil(lambda: window.people.list.topLevelItemCount() == 2)
        qtbot.waitUntil(lambda: window.people.list.iconSize().width() == 40)
        return window

    return open_film


def colour_of(window, row):
    """The middle of a person's icon."""
    image = window.people.list.topLevelItem(row).icon(0).pixmap(40, 40).toImage()
    return image.pixelColor(image.width() // 2, image.height() // 2).getRgb()[:3]


def test_a_face_is_a_picture_of_the_person_and_leads_to_it(qtbot, opened):
    window = opened()
    assert np.abs(np.array(colour_of(window, 1)) - GREEN).max() < 30
    item = window.people.list.topLevelItem(1)
    place = window.people.list.visualItemRect(item).center()
    place.setX(20)
    qtbot.mouseClick(window.people.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.waitUntil(lambda: shown_frame(window) == 45)


def test_hidden_faces_are_not_in_the_list(opened):
    window = opened()
    window.commands["blur-faces"].trigger()
    assert window.people.list.iconSize().width() == 16
    assert np.abs(np.array(colour_of(window, 1)) - GREEN).max() > 60
    window.commands["blur-faces"].trigger()
    assert window.people.list.iconSize().width() == 40


def test_who_is_hidden_has_a_face_and_is_not_asked_about(qtbot, opened):
    window = opened()
    question = window.people.question
    qtbot.waitUntil(question.isVisible)
    window.workspace.edit(RenamePerson(1, "Zoë"))
    assert "moves like Zoë" in question.words.text()
    window.workspace.edit(HidePerson(2))
    assert not question.isVisible()
    window.workspace.edit(DeletePerson(1, 0, 3))  # faces are looked at anew
    qtbot.waitUntil(lambda: not window.faces._search.is_busy)
    assert set(window.people._faces) == {1, 2} and not question.isVisible()
    window.workspace.edit(HidePerson(2, hidden=False))
    assert question.isVisible()


def test_lost_and_found_is_asked_and_merged(qtbot, opened):
    window = opened()
    question = window.people.question
    qtbot.waitUntil(question.isVisible)
    assert (
        question.words.text() == "Person 2 looks and moves like person 1, who was lost 0.4 s before. The same person?"
    )
    question.yes.click()
    assert not question.isVisible(), "it is answered, however long looking at the faces again takes"
    assert window.banner.text == "Person 2 is now person 1, everywhere. Ctrl+Z undoes it."
    qtbot.waitUntil(lambda: window.people.list.topLevelItemCount() == 1)
    qtbot.waitUntil(lambda: not question.isVisible())
    assert window.workspace.run.edited.result(40).tracks.ids.tolist() == [1]
    window.commands["undo"].trigger()
    qtbot.waitUntil(question.isVisible)
    question.no.click()
    assert not question.isVisible()


@pytest.mark.parametrize("how", [{"legs": RED}, {"size": 1.4}])
def test_other_clothes_or_another_body_are_another_person(opened, how):
    assert not opened(**how).people.question.isVisible()


def test_after_an_edit_only_pictures_that_changed_are_read(qtbot, opened, monkeypatch):
    window = opened()
    run, before = window.workspace.run, window.faces._faces
    reads, usual = [], run.opened
    monkeypatch.setattr(run, "opened", lambda: (reads.append(1), usual())[1])

    def edited(edit):
        known = window.faces._faces
        window.workspace.edit(edit)
        qtbot.waitUntil(lambda: window.faces._faces is not known)
        return window.faces._faces

    swapped = edited(SwapIds(1, 2, 0))
    assert not reads
    for person, other in ((1, 2), (2, 1)):
        np.testing.assert_array_equal(swapped.pictures[person], before.pictures[other])
    edited(MoveKeypoint(1, 0, swapped.views[1].frame_index, 50.0, 70.0))
    assert reads, "the head is elsewhere"
