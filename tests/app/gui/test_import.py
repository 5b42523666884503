"""Tracks of another program over the video that is open."""

import numpy as np

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
    qtbot.waitUntil(lambda: any("nowhere.csv is not there" in words for words in said))
