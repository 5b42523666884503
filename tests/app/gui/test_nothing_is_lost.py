"""What a person has made stays: edits when a video is tracked again, a recording when the window or video is closed."""

import os
import signal
import threading

import pytest

from app.gui import file_commands
from app.gui.application import closed_by_signals
from tracking.session.edits import RenamePerson
from tracking.session.session import Session
from tracking.video.factory import open_source


def test_tracked_again_the_session_before_is_kept_and_can_be_opened(qtbot, open_clip, clip):
    window = open_clip()
    work, kept = window.workspace, clip.with_name("walk_session_2.ppnet")
    work.edit(RenamePerson(1, "Zoë"))
    first = work.run
    work.track_again()
    qtbot.waitUntil(lambda: work.run is not None and work.run is not first)
    assert kept.name in window.banner.text
    assert work.run.session.path.name == "walk_session.ppnet" and not work.run.session.edits()
    with Session.open(kept) as session:
        assert session.edits() == (RenamePerson(1, "Zoë"),) and session.frame_count == 60
    second = work.run
    window.banner.button.click()
    qtbot.waitUntil(lambda: work.run is not None and work.run is not second)
    assert work.run.session.path == kept and work.people.names == {1: "Zoë"}
    window.files.open_path(clip)
    qtbot.waitUntil(lambda: work.run is not None and work.run.session.path != kept)
    work.track_again()
    qtbot.waitUntil(lambda: clip.with_name("walk_session_3.ppnet").exists())
    qtbot.waitUntil(lambda: work.run is not None)
    assert kept.exists()


@pytest.mark.parametrize("leave", ["window", "video"])
def test_closed_while_a_part_is_recorded_writes_it(qtbot, open_clip, leave):
    window = open_clip()
    window.record_bar.toggle()
    window.playback.seek_frame(40)
    qtbot.waitUntil(lambda: window.view.picture.frame.index == 40)
    folder = window.files.record_folder()
    if leave == "window":
        window.close()
    else:
        window.workspace.close_run()
    written = sorted(folder.glob("walk_*.mp4"))
    assert written and not window.record_bar.is_recording
    for path in written:
        with open_source(path) as source:
            assert len(list(source)) == 21


def test_no_file_that_happens_to_lie_there_is_opened_in_the_thread_of_the_window(qtbot, open_clip, monkeypatch):
    window, threads = open_clip(), []
    monkeypatch.setattr(
        file_commands, "find_unfinished", lambda _folders: threads.append(threading.current_thread()) or ()
    )
    window.workspace.close_run()
    qtbot.waitUntil(lambda: bool(threads))
    assert threading.main_thread() not in threads


def test_long_names_of_files_fit_recordings_and_pictures(qtbot, open_clip, clip):
    """A name of 250 bytes leaves no room for what is put behind it."""
    long = clip.rename(clip.with_name("w" * 246 + ".mp4"))
    window = open_clip(long)
    window.files.save_picture()
    window.record_bar.toggle()
    window.playback.seek_frame(5)
    qtbot.waitUntil(lambda: window.view.picture.frame.index == 5)
    window.close()
    folder = window.files.record_folder()
    assert list(folder.glob("w*.mp4")) and list(folder.glob("w*.png"))


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_request_to_end_closes_the_window_and_what_is_recorded_is_written(qtbot, open_clip, number):
    window = open_clip()
    window.record_bar.toggle()
    window.playback.seek_frame(40)
    qtbot.waitUntil(lambda: window.view.picture.frame.index == 40)
    with closed_by_signals(window):
        os.kill(os.getpid(), number)
        qtbot.waitUntil(lambda: not window.isVisible())
    assert len(list(window.files.record_folder().glob("walk_*.mp4"))) == 1
