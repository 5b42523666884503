"""Tracks of another program over the video that is open."""

import numpy as np

from app.gui.preferences import PreferencesStore
from ppnet.skeleton import COCO_17
from tests.app.gui.conftest import press
from tests.app.gui.test_window import opened


def test_imported_tracks_open_as_a_session_of_their_own(qtbot, open_clip, studio, tmp_path):
    window = open_clip()
    own = window.workspace.run.session.path
    rows = "".join(f"{frame},{100 + frame},50,0.9\n" for frame in range(60))
    (tmp_path / "dlc.csv").write_text("scorer,n,n,n\nbodyparts,nose,nose,nose\ncoords,x,y,likelihood\n" + rows)
    studio.processor = None
    window.files.import_tracks(tmp_path / "dlc.csv")
    qtbot.waitUntil(lambda: window.workspace.run is not None and window.workspace.run.session.path != own)
    session = window.workspace.run.session
    assert session.path.parent == own.parent and session.complete and studio.processor is None
    np.testing.assert_array_equal(session.result(7).smoothed.keypoints[0, 0], [107, 50])


def test_what_cannot_be_imported_is_said(qtbot, window, clip, tmp_path):
    said = []
    window.workspace.notified.connect(lambda words, *_: said.append(words))
    window.files.import_tracks(tmp_path / "nowhere.csv")
    assert said == ["Open the video first, then import its tracks."]
    opened(qtbot, window, clip)
    window.files.import_tracks(tmp_path / "nowhere.csv")
    qtbot.waitUntil(lambda: any("nowhere.csv does not exist" in words for words in said))


def test_a_file_without_any_of_our_joints_is_refused_in_words_of_the_window(qtbot, open_clip, tmp_path):
    window, said = open_clip(), []
    window.workspace.notified.connect(lambda words, *_: said.append(words))
    (tmp_path / "tail.csv").write_text("scorer,n,n,n\nbodyparts,tail,tail,tail\ncoords,x,y,likelihood\n0,1,2,0.9\n")
    window.files.import_tracks(tmp_path / "tail.csv")
    qtbot.waitUntil(lambda: window.files.joints_dialog is not None)
    press(window.files.joints_dialog, "Import")
    qtbot.waitUntil(lambda: any("None of the file's joints" in words for words in said))
    assert not any("--" in words for words in said)


def test_joints_of_unknown_names_are_asked_about_once(qtbot, open_clip, tmp_path):
    window, joints = open_clip(), ("snout", "forepawL", "tailtip", "left_hip")
    own = window.workspace.run.session.path
    heads = [["scorer", *("n" for _ in range(12))], ["bodyparts", *(name for name in joints for _ in range(3))]]
    heads.append(["coords", *("x", "y", "likelihood") * 4])
    rows = [[frame, *(value for at in range(4) for value in (100 + at, 50, 0.9))] for frame in range(60)]
    file = tmp_path / "mouse.csv"
    file.write_text("".join(",".join(map(str, row)) + "\n" for row in heads + rows))
    window.files.import_tracks(file)
    qtbot.waitUntil(lambda: window.files.joints_dialog is not None)
    dialog = window.files.joints_dialog
    guesses = {name: choice.currentData() for name, choice in dialog.choices.items()}
    assert guesses == {"snout": "nose", "forepawL": "left_wrist", "tailtip": ""}
    tail = dialog.choices["tailtip"]
    assert tail.findData("left_hip") < 0, "the file has that one"
    tail.setCurrentIndex(tail.findData("right_ankle"))
    press(dialog, "Import")
    qtbot.waitUntil(lambda: window.workspace.run is not None and window.workspace.run.session.path != own)
    first = window.workspace.run.session
    found = first.result(7).smoothed.keypoints[0]
    named = {name: found[COCO_17.index(name)].tolist() for name in ("nose", "left_wrist", "right_ankle", "left_hip")}
    assert named == {"nose": [100, 50], "left_wrist": [101, 50], "right_ankle": [102, 50], "left_hip": [103, 50]}
    again = {"snout": "nose", "forepawL": "left_wrist", "tailtip": "right_ankle"}
    assert PreferencesStore().value.joints == again
    window.files.import_tracks(file)
    qtbot.waitUntil(lambda: window.workspace.run is not None and window.workspace.run.session is not first)
    assert window.files.joints_dialog is None
    assert window.workspace.run.session.result(7).smoothed.keypoints[0, 16].tolist() == [102, 50]
