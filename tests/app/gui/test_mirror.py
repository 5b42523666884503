"""A camera's picture of some seconds ago, and what just happened saved after the fact."""

import pytest

from tracking.video.file import VideoFile


@pytest.fixture
def live(qtbot, window, studio):
    window.workspace.open_camera("camera:0", folder=studio.folder / "live", name="Camera")
    qtbot.waitUntil(lambda: window.view.picture is not None and window.view.picture.result is not None)
    return window


def age_s(window):
    return window.workspace.run.engine.view().frame.time_s - window.view.picture.frame.time_s


def test_the_picture_of_some_time_ago(qtbot, live):
    entries = [entry.text() for entry in live.mirror.menu.actions()]
    assert entries[:2] == ["Off", "2 seconds ago"] and live.mirror.menu.isEnabled()
    live.mirror.menu.actions()[1].trigger()
    live.mirror.show_ago(0.5)  # the test need not wait for so long
    qtbot.waitUntil(lambda: live.view.picture.delay_s == 0.5 and 0.4 < age_s(live) < 1.5)
    assert "0.5 s ago" in live.view.note
    index = live.view.picture.frame.index
    qtbot.waitUntil(lambda: live.view.picture.frame.index > index)
    live.mirror.menu.actions()[0].trigger()
    qtbot.waitUntil(lambda: live.view.picture.delay_s == 0 and "ago" not in live.view.note)


def test_what_just_happened_is_saved(qtbot, live, tmp_path):
    qtbot.waitUntil(lambda: len(live.workspace.run.engine.replay_buffer.moments()) > 10)
    live.commands["save-last"].trigger()
    qtbot.waitUntil(lambda: "_last" in live.banner.text)
    (path,) = (tmp_path / "videos" / "PPNet Live").glob("*_last.mp4")
    with VideoFile(path) as video:
        assert len(video.frame_times()) > 5


def test_files_have_no_mirror(open_clip):
    window = open_clip()
    assert not window.mirror.menu.isEnabled() and not window.commands["save-last"].isEnabled()
