"""Opening, closing and leaving in every state; the first page; messages."""

import json
import subprocess
import sys
import threading
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import av
import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QApplication

from app.gui.application import AfterPaint, make_window
from app.gui.preferences import PreferencesStore
from app.presets import PRESETS
from app.workspace.opened import Opened
from ppnet.poses import Poses
from ppnet.skeleton import COCO_17, MPII_16
from tests.app.gui.conftest import FRAMES, go_to, rgb_of
from tests.fakes import PATIENCE_S, wait_for
from tests.results import made_result
from tracking.run_settings import RunSettings
from tracking.session.format import SessionHeader
from tracking.session.session import Session, session_path
from tracking.video.factory import open_source

ROOT = Path(__file__).parents[3]


def opened(qtbot, window, path):
    window.files.open_path(path)
    qtbot.waitUntil(lambda: window.workspace.run is not None)


def test_opens_after_everything_is_imported():
    """OpenCV changes Qt's surroundings when it is imported: a window must open all the same."""
    code = (
        "import os, sys, cv2, torch, mediapipe\n"
        "os.environ['QT_QPA_PLATFORM_PLUGIN_PATH'] = os.path.join(os.path.dirname(cv2.__file__), 'qt', 'plugins')\n"
        "from app.gui.application import make_application, make_window\n"
        "app = make_application(['x']); window = make_window(app); window.show(); app.processEvents()\n"
        "assert window.isVisible(); assert 'pyqtgraph' not in sys.modules, 'nobody has looked at a graph'\n"
        "window.close(); print('open')"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_S)
    assert done.stdout.strip().endswith("open"), done.stderr


def test_dressed_when_it_is_put_together_it_looks_as_if_it_had_been_from_the_start(qtbot, studio, monkeypatch):
    app, seen = QApplication.instance(), []
    for _ in range(2):
        window = make_window(app, factories=studio.factories())
        qtbot.addWidget(window)
        window.resize(1200, 800)
        window.show()
        for page in (window.start, window.down):
            window.pages.setCurrentWidget(page)
            app.processEvents()
            seen.append(rgb_of(window.grab().toImage()))
        window.close()
        monkeypatch.setattr("app.gui.application.undressed", nullcontext)
    assert app.styleSheet() and (seen[0] == seen[2]).all() and (seen[1] == seen[3]).all()


def test_what_loads_large_packages_waits_until_the_window_is_painted(qtbot, window):
    begun = []
    window.hide()
    AfterPaint(window, lambda: begun.append(window.isVisible()))
    QApplication.processEvents()
    assert not begun
    window.show()
    qtbot.waitUntil(lambda: begun == [True])
    window.update()
    QApplication.processEvents()
    assert begun == [True], "once"


def test_first_page_offers_three_ways_and_recent_files(qtbot, window, clip):
    assert window.pages.currentWidget() is window.start
    assert window.start.demo.isEnabled() and window.start.file.isEnabled()
    opened(qtbot, window, clip)
    assert window.pages.currentWidget() is window.down
    window.commands["close"].trigger()
    assert window.pages.currentWidget() is window.start
    assert PreferencesStore().value.recent == (str(clip),)


def test_no_camera_is_said_not_shown_in_a_box(window, monkeypatch):
    monkeypatch.setattr("app.gui.commands.file.list_cameras", lambda: ())
    window.files.ask_camera()
    assert "No camera" in window.banner.text


@pytest.mark.parametrize("content", [b"", b"this is text, no video"])
def test_bad_file_is_one_sentence_and_the_first_page_stays(qtbot, window, tmp_path, content):
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(content)
    window.files.open_path(bad)
    qtbot.waitUntil(lambda: "bad.mp4" in window.banner.text)
    assert window.pages.currentWidget() is window.start
    assert not list(tmp_path.glob("*.ppnet"))


def test_missing_file_is_said(qtbot, window, tmp_path):
    window.files.open_path(tmp_path / "gone.mp4")
    qtbot.waitUntil(lambda: "gone.mp4" in window.banner.text)


def test_dropped_file_opens(qtbot, window, clip):
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(clip))])
    button, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    window.dropEvent(QDropEvent(QPointF(50, 50), Qt.DropAction.CopyAction, mime, button, keys))
    qtbot.waitUntil(lambda: window.workspace.run is not None)


def test_every_frame_is_tracked_and_kept(open_clip, clip):
    window = open_clip(anew=True)
    path = window.workspace.run.session.path
    window.workspace.close_run()
    with Session.open(path) as session:
        assert session.complete and session.frame_count == FRAMES
    assert path.parent == clip.parent


def test_session_opens_again_without_the_network(qtbot, open_clip, studio):
    window = open_clip(anew=True)
    path = window.workspace.run.session.path
    window.workspace.close_run()
    studio.processor = None
    opened(qtbot, window, path)
    assert window.workspace.run.engine is None
    window.workspace.run.player.pause()
    go_to(qtbot, window, 33)
    assert studio.processor is None, "the network was built although everything is tracked"


def test_cut_short_run_is_offered_and_gone_on_with(qtbot, window, clip, studio):
    studio.delay_s = 0.2
    opened(qtbot, window, clip)
    qtbot.waitUntil(lambda: window.workspace.run.session.frame_count > 5)
    session = window.workspace.run.session.path
    window.workspace.close_run()
    with Session.open(session) as kept:
        before = kept.frame_count
        assert not kept.complete
    studio.delay_s = 0.0
    window.start.pathWanted.emit(session)
    qtbot.waitUntil(lambda: window.workspace.run is not None and window.workspace.run.session.complete)
    assert 5 < before < window.workspace.run.session.frame_count == FRAMES


def test_a_video_closed_while_the_network_loads_can_be_opened_again(qtbot, window, clip, studio, monkeypatch):
    studio.loaded = threading.Event()
    monkeypatch.setattr(Opened, "stop_s", 0.1)
    opened(qtbot, window, clip)
    assert not window.workspace.close_run()
    window.files.open_path(clip)
    qtbot.wait(100)
    studio.loaded.set()
    qtbot.waitUntil(lambda: window.workspace.run is not None or "in use" in window.banner.text)
    assert window.workspace.run is not None


def cut_short(clip, settings, *, skeleton=COCO_17, frames=10):
    """A session that `track` left after some frames."""
    with open_source(clip) as source:
        header = SessionHeader(source.info, settings.to_plain(), "M2-D2-W32", "ab" * 32, skeleton)
    with Session.create(session_path(clip), header) as session:
        for index in range(frames):
            session.append(select_joints(made_result(index), skeleton))
    return session_path(clip)


def select_joints(result, skeleton):
    count = len(skeleton)
    raw, smoothed = (
        Poses(poses.keypoints[:, :count], poses.scores[:, :count], skeleton) for poses in (result.raw, result.smoothed)
    )
    return replace(result, raw=raw, smoothed=smoothed, states=result.states[:, :count])


def test_a_run_that_was_cut_short_goes_on_with_its_own_settings(qtbot, window, clip, studio):
    begun = RunSettings(detect_every=7, end_s=40 / 30, region=(0.0, 0.0, 600.0, 400.0))
    begun = begun.changed({"tracker.max_people": 1})
    opened(qtbot, window, cut_short(clip, begun))
    session = window.workspace.run.session
    qtbot.waitUntil(lambda: session.complete)
    assert session.last_frame_index == 39 and session.setting_changes == ()
    assert studio.processor.settings == begun == window.workspace.settings
    assert (
        window.controls.widgets["detect_every"].value() == 7
        and window.controls.widgets["tracker.max_people"].value() == 1
    ), "the panel shows them"
    window.controls.widgets["detect_every"].setValue(5)
    assert window.workspace.run.settings == replace(begun, detect_every=5)
    window.workspace.close_run()
    assert window.controls.widgets["detect_every"].value() == 5 and window.workspace.settings.region is None, (
        "the window's own again"
    )


def test_the_panel_shows_the_settings_of_the_session_that_is_open(qtbot, window, clip):
    begun = PRESETS[0].applied(RunSettings()).changed({"detector.model": "nanodet"})
    path = cut_short(clip, begun, frames=FRAMES)
    with Session.open(path, writable=True) as session:
        session.finish()
    opened(qtbot, window, path)
    controls = window.controls
    assert (
        controls.widgets["detector.model"].currentData() == "nanodet" and controls.widgets["detect_every"].value() == 6
    )
    assert [button.text() for button in controls.presets.buttons() if button.isChecked()] == ["Fast"]
    window.workspace.close_run()
    assert (
        controls.widgets["detector.model"].currentData() == "efficientdet-lite0"
        and controls.widgets["detect_every"].value() == 3
    )


def test_refused_settings_do_not_end_the_tracking_of_a_file(qtbot, window, clip, studio):
    studio.hold, studio.gone = threading.Event(), "gone.pt"
    opened(qtbot, window, clip)
    qtbot.waitUntil(lambda: studio.processor is not None)
    window.workspace.apply(window.workspace.settings.changed({"network.weights": "gone.pt"}))
    studio.hold.set()
    wait_for(lambda: window.workspace.run.session.complete)  # before the window looks
    qtbot.waitUntil(lambda: "There are no weights gone.pt." in window.banner.text)
    qtbot.waitUntil(lambda: window.workspace.settings.network.weights is None)
    assert window.workspace.run.session.frame_count == FRAMES


def test_what_is_wrong_with_a_file_is_said(qtbot, window, tmp_path):
    from tests.clips import make_clip

    path = make_clip(tmp_path / "torn.mp4", 60, gop=1)
    with av.open(str(path)) as container:
        places = [(packet.pos, packet.size) for packet in container.demux(video=0) if packet.size]
    data = bytearray(path.read_bytes())
    for place, size in places[20:23]:
        data[place : place + size] = bytes([0xAA]) * size
    path.write_bytes(data)
    opened(qtbot, window, path)
    words = "torn.mp4 is damaged: 3 of its packets could not be decoded."
    qtbot.waitUntil(lambda: window.banner.text == words)


@pytest.mark.parametrize("skeleton", [COCO_17, MPII_16])
def test_a_run_whose_network_is_gone_says_so_in_its_log_or_is_refused(qtbot, window, clip, studio, skeleton):
    studio.gone = "mine"
    begun = window.workspace.settings.changed({"network.weights": "mine", "tracker.max_people": 1})
    path = cut_short(clip, begun, skeleton=skeleton)
    window.files.open_path(path)
    if skeleton is MPII_16:
        qtbot.waitUntil(lambda: "different joints" in window.banner.text)
        return
    qtbot.waitUntil(lambda: window.workspace.run is not None)
    changes = window.workspace.run.session.setting_changes
    assert {(c.name, c.before, c.after) for c in changes} == {
        ("network.weights", "mine", None),
        ("tracker.max_people", 1, None),
    }
    assert {c.time_s for c in changes} == {9 / 30}


@pytest.mark.parametrize("state", ["first page", "opening", "playing", "paused", "live", "recording"])
def test_leaves_cleanly_from_every_state(qtbot, window, clip, studio, state):
    if state in ("live", "recording"):
        window.workspace.open_camera("camera:0", folder=studio.folder, name="Camera")
    elif state != "first page":
        window.files.open_path(clip)
    if state not in ("first page", "opening"):
        qtbot.waitUntil(lambda: window.view.picture is not None)
    if state == "paused":
        window.commands["play"].trigger()
    if state == "recording":
        window.record_bar.toggle()
    window.close()
    assert window.workspace.run is None and not window.timers.are_running


@pytest.mark.parametrize("source", ["a file", "a camera"])
def test_a_network_that_hangs_keeps_no_window_open(qtbot, window, clip, studio, monkeypatch, source):
    monkeypatch.setattr(Opened, "stop_s", 0.1)
    studio.hold = threading.Event()
    if source == "a file":
        window.files.open_path(clip)
    else:
        window.workspace.open_camera("camera:0", folder=studio.folder, name="Camera")
    qtbot.waitUntil(lambda: window.view.picture is not None)
    window.close()
    assert window.workspace.run is None and not window.isVisible() and not studio.hold.is_set()
    studio.hold.set()


def test_leaving_waits_for_files_but_not_for_a_network_that_loads(tmp_path):
    """Taking the interpreter down beneath a loading network ends in “terminate called”."""
    code = (
        "import atexit, sys, threading, time\n"
        "from app.gui.application import leave\n"
        "atexit.register(print, 'taken down')\n"
        "threading.Thread(target=time.sleep, args=(300,), daemon=True).start()\n"
        "threading.Thread(target=lambda: (time.sleep(0.5), open(sys.argv[1], 'w').close())).start()\n"
        "leave(3)"
    )
    file = tmp_path / "recording.mp4"
    done = subprocess.run(
        [sys.executable, "-c", code, file], cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_S
    )
    assert done.returncode == 3 and file.exists() and "taken down" not in done.stdout, done.stderr


def test_broken_settings_are_set_aside_and_named(qtbot, tmp_path, studio):
    from PySide6.QtWidgets import QApplication

    store = PreferencesStore()
    store.path.parent.mkdir(parents=True)
    store.path.write_text('{"version": 1, "look": ')
    window = make_window(QApplication.instance(), factories=studio.factories())
    qtbot.addWidget(window)
    assert "damaged" in window.banner.text and "broken" in window.banner.text
    assert store.path.with_suffix(".broken.json").exists() and not store.path.exists()
    window.close()


def test_settings_are_versioned_and_only_changes_written():
    store = PreferencesStore()
    store.update(look="dark")
    assert json.loads(store.path.read_text()) == {"version": 1, "look": "dark"}
    store.path.write_text('{"version": 99}')
    assert PreferencesStore().news.count("another version") == 1


def test_a_long_run_does_not_lose_the_constants_of_python():
    """PySide6 6.12.0 takes a reference of None away with every call on Python 3.11 and aborts: hence the pin."""
    code = (
        "import os; os.environ['QT_QPA_PLATFORM'] = 'offscreen'\n"
        "from PySide6.QtWidgets import QApplication, QWidget\n"
        "app = QApplication([]); widget = QWidget()\n"
        "for _ in range(60_000): widget.update(), widget.isVisible()\n"
        "print('alive')"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_S)
    assert done.stdout.strip() == "alive", done.stderr


def test_camera_plugged_in_later_appears_on_the_first_page(qtbot, window, monkeypatch):
    from tracking.video.camera import CameraInfo

    monkeypatch.setattr("app.gui.commands.file.list_cameras", lambda: (CameraInfo(0, "Desk camera"),))
    qtbot.waitUntil(lambda: window.start.camera.note.text() == "Desk camera")
    assert window.start.camera.isEnabled()
