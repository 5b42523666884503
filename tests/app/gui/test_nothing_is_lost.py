"""What a person has made stays: edits when a video is tracked again, a recording when the window or video is closed."""

import os
import signal
import threading

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QProgressBar, QProgressDialog

from app.gui import finishing
from app.gui.application import closed_by_signals
from app.gui.commands import file as file_commands
from app.workspace.background_work import Progress
from tests.app.gui.conftest import go_to, press
from tests.fakes import PATIENCE_S, wait_for
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


def make_clip_to_share(window):
    window.commands["share"].trigger()


def make_table(window):
    window.exports.export("csv", window.files.new_file("walk_keypoints.csv"))


def make_annotated_video(window):
    window.exports.export("video", window.files.new_file("walk_annotated.mp4"))


def make_comparison(window):
    window.commands["compare"].trigger()
    wait_for(lambda: QApplication.processEvents() or window.comparing.shown.save.isEnabled())
    window.comparing.shown.save.click()


@pytest.fixture
def open_part(qtbot, open_clip):
    """Opens the clip with a part between in and out point: of nine frames everything is made in no time."""

    def opened():
        window = open_clip()
        window.commands["in-point"].trigger()
        go_to(qtbot, window, 28)
        window.commands["out-point"].trigger()
        return window

    return opened


@pytest.fixture
def held(monkeypatch):
    """Work stands still half-way until this is set, or it is given up; the window waits for it, however slow it is."""
    monkeypatch.setattr(finishing, "GIVEN_UP_S", PATIENCE_S)
    at_work, go_on, tell = threading.Event(), threading.Event(), Progress.tell

    def tell_slowly(progress, share):
        at_work.set()
        while not go_on.is_set() and not progress.is_cancelled:
            threading.Event().wait(0.01)
        tell(progress, share)

    monkeypatch.setattr(Progress, "tell", tell_slowly)
    return at_work, go_on


def waiting_dialogs():
    return [one for one in QApplication.topLevelWidgets() if isinstance(one, QProgressDialog) and one.isVisible()]


LEAVE = {
    "window": lambda window, _other: window.close(),
    "video": lambda window, _other: window.commands["close"].trigger(),
    "another video": lambda window, other: window.files.open_path(other),
}


@pytest.mark.parametrize("answer", ["waited for", "Discard"])
@pytest.mark.parametrize("leave", LEAVE)
@pytest.mark.parametrize("make", [make_clip_to_share, make_table, make_annotated_video, make_comparison])
def test_closed_while_a_file_is_made_it_is_waited_for_or_given_up(
    qtbot, open_part, clip, capfd, held, make, leave, answer
):
    window, (at_work, go_on) = open_part(), held
    session, folder = window.workspace.run.session, window.files.record_folder()
    other = clip.with_name("other.mp4")
    other.write_bytes(clip.read_bytes())
    make(window)
    qtbot.waitUntil(at_work.is_set)
    asked = []

    def decide():
        dialogs = waiting_dialogs()
        if not dialogs:
            return
        asked.append(dialogs[0].labelText())
        assert not dialogs[0].findChild(QProgressBar).isTextVisible(), "there is no room for it"
        timer.stop()
        if answer == "Discard":
            press(dialogs[0], answer)
        else:
            go_on.set()

    timer = QTimer(interval=20)
    timer.timeout.connect(decide)
    timer.start()
    LEAVE[leave](window, other)
    qtbot.waitUntil(lambda: window.workspace.run is None or window.workspace.run.session is not session)
    go_on.set()
    assert len(asked) == 1
    made = [path for path in folder.iterdir() if path.name != "Batch"]
    assert not [path for path in made if "partial" in path.name], made
    assert len(made) == (answer == "waited for")
    qtbot.waitUntil(lambda: leave != "another video" or window.workspace.run is not None)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("answer", ["waited for", "Discard"])
def test_of_all_that_is_being_made_one_question_is_asked(qtbot, open_part, held, answer):
    window, (at_work, go_on) = open_part(), held
    folder = window.files.record_folder()
    for make in (make_clip_to_share, make_table, make_comparison):
        make(window)
    window.recording.recording.start(annotated=True, raw=False)
    qtbot.waitUntil(at_work.is_set)
    asked = []

    def decide():
        dialogs = waiting_dialogs()
        if dialogs and "Discarding" not in dialogs[0].labelText():
            asked.append((dialogs[0], dialogs[0].labelText().splitlines()))
            if answer == "Discard":
                press(dialogs[0], answer)
            else:
                go_on.set()

    timer = QTimer(interval=20)
    timer.timeout.connect(decide)
    timer.start()
    window.commands["close"].trigger()
    timer.stop()
    go_on.set()
    assert len({dialog for dialog, _ in asked}) == 1
    assert sorted(asked[0][1]) == [
        "Exporting…", "Making the clip…", "Saving the comparison…", "Writing the recording…"
    ]  # fmt: skip
    names = sorted(path.name for path in folder.iterdir() if path.name != "Batch")
    wanted = ["walk_annotated.mp4", "walk_compared.mp4", "walk_keypoints.csv", "walk_slow.mp4"]
    assert names == (wanted if answer == "waited for" else [])


def test_until_discarded_work_has_stopped_nothing_else_is_begun(qtbot, open_clip, monkeypatch):
    window, at_work, stops, seen = open_clip(), threading.Event(), threading.Event(), []
    tell = Progress.tell
    monkeypatch.setattr(
        Progress, "tell", lambda progress, share: (at_work.set(), stops.wait(PATIENCE_S), tell(progress, share))
    )
    make_clip_to_share(window)
    qtbot.waitUntil(at_work.is_set)

    def look():
        if seen and (seen[-1] or len(seen) > 20):
            stops.set()
        elif seen:
            seen.append(QApplication.activeModalWidget() is not None)
        elif dialogs := waiting_dialogs():
            press(dialogs[0], "Discard")
            seen.append(False)

    timer = QTimer(interval=20)
    timer.timeout.connect(look)
    timer.start()
    window.commands["close"].trigger()
    timer.stop()
    assert seen[-1] and window.workspace.run is None


def test_what_was_discarded_and_goes_on_is_not_asked_about_again(qtbot, open_clip, monkeypatch):
    window, at_work, stops, asked = open_clip(), threading.Event(), threading.Event(), []
    monkeypatch.setattr(finishing, "GIVEN_UP_S", 0.1)
    tell = Progress.tell
    monkeypatch.setattr(
        Progress, "tell", lambda progress, share: (at_work.set(), stops.wait(PATIENCE_S), tell(progress, share))
    )
    make_clip_to_share(window)
    qtbot.waitUntil(at_work.is_set)

    def discard():
        for dialog in waiting_dialogs():
            if "Discarding" not in dialog.labelText():
                asked.append(dialog.labelText())
                press(dialog, "Discard")

    timer = QTimer(interval=20)
    timer.timeout.connect(discard)
    timer.start()
    window.files.finishing.finish()
    window.files.finishing.finish()
    timer.stop()
    stops.set()
    assert len(asked) == 1


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
def test_a_request_to_end_while_a_file_is_waited_for_opens_nothing_more(qtbot, open_clip, clip, held):
    window, (at_work, _go_on) = open_clip(), held
    other = clip.with_name("other.mp4")
    other.write_bytes(clip.read_bytes())
    make_clip_to_share(window)
    qtbot.waitUntil(at_work.is_set)
    timer = QTimer(interval=20)
    timer.timeout.connect(lambda: waiting_dialogs() and (timer.stop(), os.kill(os.getpid(), signal.SIGTERM)))
    timer.start()
    with closed_by_signals(window):
        window.files.open_path(other)
        qtbot.waitUntil(lambda: not window.isVisible())
    qtbot.wait(100)
    assert window.workspace.run is None and not list(clip.parent.glob("other*.ppnet"))
