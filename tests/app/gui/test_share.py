"""One press makes a clip to show around; it tells where it lies, and is given up with its file."""

import pytest

from tests.app.gui.conftest import FRAMES, go_to
from tracking.video.factory import open_source


@pytest.fixture
def files(tmp_path):
    folder = tmp_path / "videos" / "PPNet Live"
    return lambda end: sorted(path for path in folder.glob(f"*{end}") if "partial" not in path.name)


def test_the_part_between_the_points_as_a_clip(qtbot, open_clip, files):
    window = open_clip()
    go_to(qtbot, window, 10)
    window.commands["in-point"].trigger()
    go_to(qtbot, window, 15)
    window.commands["mark"].trigger()
    go_to(qtbot, window, 19)
    window.commands["out-point"].trigger()
    window.record_bar.share.click()
    assert not window.record_bar.share.isEnabled(), "one at a time"
    qtbot.waitUntil(lambda: "Ready to share" in window.banner.text)
    (clip,) = files("_slow.mp4")
    with open_source(clip) as video:
        assert len(video.frame_times()) == 10 * 4 + 45
    assert window.record_bar.share.isEnabled()


def test_the_picture_that_is_shown(qtbot, open_clip, files):
    window = open_clip()
    window.commands["share-picture"].trigger()
    qtbot.waitUntil(lambda: bool(files("_000020_still.png")) and "Ready" in window.banner.text)


def test_of_a_closed_file_nothing_is_shared(open_clip):
    """What is under way when it is closed: `test_nothing_is_lost.py`."""
    window = open_clip()
    assert window.workspace.run.player.end_s == pytest.approx(FRAMES / 30)
    assert window.commands["share"].isEnabled()
    window.commands["close"].trigger()
    assert not window.commands["share"].isEnabled() and not window.commands["share-picture"].isEnabled()


def test_what_would_take_minutes_is_asked_to_be_marked(open_clip, files, monkeypatch):
    window = open_clip()
    monkeypatch.setattr("app.gui.commands.share.LONG_S", 1.0)
    window.commands["share"].trigger()
    assert "Mark the part to share first" in window.banner.text
