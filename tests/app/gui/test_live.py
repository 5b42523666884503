"""A camera with known people that dies and comes back; recording; what the Diagnostics page says."""

import threading
from dataclasses import replace
from pathlib import Path

import av
import pytest

from app.engine.recorder import RecordingStats
from app.workspace.opened import Opened
from ppnet.errors import UserError
from tests.app.gui.conftest import choose, pixels, press
from tests.app.gui.test_people import exported
from tracking.session.session import Session


@pytest.fixture
def live(qtbot, window, studio):
    window.workspace.open_camera("camera:0", folder=studio.folder / "live", name="Camera")
    qtbot.waitUntil(lambda: window.view.picture is not None and window.view.picture.result is not None)
    return window


def test_the_timeline_of_a_camera_has_lanes_of_those_who_were_seen_lately(qtbot, live, studio, monkeypatch):
    window = live
    qtbot.waitUntil(lambda: [lane.track_id for lane in window.timeline.lanes.lanes] == [1, 2])
    monkeypatch.setattr("app.gui.panels.results_follower.LIVE_SPAN_S", 0.5)
    studio.processor.reset()  # others come
    qtbot.waitUntil(lambda: [lane.track_id for lane in window.timeline.lanes.lanes] == [3, 4])
    assert window.people.list.topLevelItemCount() == 4, "the list has everybody"


def test_picture_overlay_and_figures_of_a_camera(qtbot, live):
    window = live
    assert (pixels(window) != 90).any()
    qtbot.waitUntil(lambda: "running" in window.diagnostics.text("work"))
    qtbot.waitUntil(lambda: window.diagnostics.text("delay").endswith("ms"))
    assert window.diagnostics.text("device") == "cpu, stand-in"
    assert not window.transport.isVisible()
    assert not window.commands["swap"].isEnabled()


def test_camera_that_dies_and_comes_back_is_said(qtbot, live, studio):
    window = live
    studio.port.pull()
    qtbot.waitUntil(lambda: "camera lost" in window.diagnostics.text("work"))
    assert "The camera stopped sending pictures" in window.banner.text
    assert "No pictures from the camera" in window.view.note  # the message goes after some seconds
    before = window.view.picture.frame.index
    studio.port.plug()
    qtbot.waitUntil(lambda: window.view.picture.frame.index > before + 3)
    qtbot.waitUntil(lambda: "running" in window.diagnostics.text("work"))
    qtbot.waitUntil(lambda: window.banner.text == "")  # what does not hold any more is not said any more
    assert "No pictures" not in window.view.note


def test_settings_that_cannot_be_had_are_refused_in_words_and_the_panel_shows_what_is_in_use(qtbot, live, studio):
    window, studio.gone = live, "gone.pt"
    window.controls.show_weights({None: "the shipped ones", "gone.pt": "mine"})
    choose(window, "network.weights", "gone.pt")
    assert window.workspace.settings.network.weights == "gone.pt"
    qtbot.waitUntil(lambda: "There are no weights gone.pt." in window.banner.text)
    assert (
        window.workspace.settings.network.weights is None
        and window.controls.widgets["network.weights"].currentIndex() == 0
    )
    window.controls.widgets["tracker.max_people"].setValue(1)
    qtbot.waitUntil(lambda: len(window.view.picture.result) == 1)


def test_the_diagnostics_page_names_the_detector_in_use(qtbot, live, studio):
    window = live
    assert window.diagnostics.text("detector") == "efficientdet-lite0"
    choose(window, "detector.model", "nanodet")
    qtbot.waitUntil(lambda: studio.processor.settings.detector.model == "nanodet")
    assert window.diagnostics.text("detector") == "nanodet"


def test_the_diagnostics_page_names_the_weights_in_use(qtbot, live, studio):
    window, mark = live, "ab" * 6
    assert window.diagnostics.text("weights") == f"M2-D2-W32, {mark}"
    window.controls.show_weights({None: "the shipped ones", "mine.pt": "mine", "gone.pt": "others"})
    choose(window, "network.weights", "mine.pt")
    qtbot.waitUntil(lambda: studio.processor.settings.network.weights == "mine.pt")
    assert window.diagnostics.text("weights") == f"mine.pt, {mark}"
    studio.gone = "gone.pt"
    choose(window, "network.weights", "gone.pt")
    qtbot.waitUntil(lambda: "There are no weights gone.pt." in window.banner.text)
    assert window.diagnostics.text("weights") == f"mine.pt, {mark}"


def test_the_diagnostics_page_names_what_a_finished_video_was_tracked_with(qtbot, open_clip):
    window = open_clip()
    choose(window, "detector.model", "nanodet")
    assert window.workspace.settings.detector.model == "nanodet"
    assert window.diagnostics.text("detector") == "efficientdet-lite0"


def test_an_error_that_was_closed_stays_closed(qtbot, live, studio):
    def broken(_frame):
        raise UserError("The network broke.")

    window, statuses = live, []
    studio.processor.process = broken
    qtbot.waitUntil(lambda: window.banner.text == "The network broke.")
    window.workspace.offer("Something else.", "Do it", lambda: None)
    window.workspace.status_updated.connect(statuses.append)
    qtbot.waitUntil(lambda: len(statuses) >= 2)
    assert window.banner.text == "Something else."
    window.banner.hide()
    qtbot.waitUntil(lambda: len(statuses) >= 4)
    assert statuses[-1].notices and window.banner.text == ""


def test_recording_of_a_camera_is_a_video_that_opens(qtbot, live, tmp_path):
    window = live
    window.record_bar.kind.setCurrentIndex(2)
    window.commands["record"].trigger()
    status = window.workspace.run.feed.status
    qtbot.waitUntil(lambda: min(dict((status().recording or RecordingStats()).frames).values(), default=0) > 10)
    qtbot.waitUntil(lambda: window.record_bar.figures.text()[:5] >= "00:01")
    window.commands["record"].trigger()
    qtbot.waitUntil(lambda: "Recorded" in window.banner.text)
    files = sorted(Path(tmp_path / "videos").rglob("*.mp4"))
    assert [path.name.split("_")[-1] for path in files] == ["annotated.mp4", "raw.mp4"]
    spread = []
    for path in files:
        with av.open(str(path)) as video:
            frames = [frame.to_ndarray(format="rgb24") for frame in video.decode(video=0)]
        assert len(frames) > 5
        spread.append(int(frames[3].max()) - int(frames[3].min()))
    assert spread[0] > 100 > spread[1], "skeletons belong into the annotated video and not into the raw one"


def test_a_recording_that_ends_with_its_camera_is_told(qtbot, live, tmp_path):
    window = live
    window.commands["record"].trigger()
    status = window.workspace.run.feed.status
    qtbot.waitUntil(lambda: dict((status().recording or RecordingStats()).frames).get("annotated", 0) > 10)
    window.commands["close"].trigger()
    (path,) = Path(tmp_path / "videos").rglob("*.mp4")
    assert window.banner.text == f"Recorded: {path.name}" and window.banner.isVisible()


def test_live_run_leaves_a_session(qtbot, live):
    window = live
    path = window.workspace.run.session.path
    qtbot.waitUntil(lambda: window.workspace.run.session.frame_count > 10)
    window.workspace.close_run()
    with Session.open(path) as session:
        assert session.frame_count > 10 and session.last_track_id == 2


def test_a_camera_closed_while_its_network_is_loaded_leaves_nothing(qtbot, window, studio, monkeypatch):
    monkeypatch.setattr(Opened, "stop_s", 0.1)
    studio.loaded, folder = threading.Event(), studio.folder / "live"
    window.workspace.open_camera("camera:0", folder=folder, name="Camera")
    qtbot.waitUntil(lambda: window.workspace.run is not None)
    assert not window.workspace.close_run() and list(folder.iterdir())
    studio.loaded.set()
    qtbot.waitUntil(lambda: not list(folder.iterdir()))


def test_a_live_run_that_ends_by_itself_can_still_be_exported_and_edited(qtbot, live, studio):
    def broken(_frame):
        raise UserError("The network broke.")

    window = live
    qtbot.waitUntil(lambda: window.workspace.run.session.frame_count > 10)
    studio.processor.process = broken
    qtbot.waitUntil(lambda: "The network broke" in window.banner.text)
    qtbot.waitUntil(lambda: window.workspace.run.session.complete)
    window.people.list.topLevelItem(0).setText(1, "Anna")
    rows = exported(qtbot, window)
    assert len(rows) == 2 * window.workspace.run.session.frame_count and "Anna" in rows[0].values()
    path = window.workspace.run.session.path
    assert window.workspace.close_run()
    with Session.open(path) as session:
        assert session.complete


def test_a_live_session_cannot_be_shown_and_the_sentence_says_what_reads_it(qtbot, live):
    window = live
    path = window.workspace.run.session.path
    qtbot.waitUntil(lambda: window.workspace.run.session.last_track_id == 2)
    window.workspace.close_run()
    window.files.open_path(path)
    qtbot.waitUntil(lambda: f"export {path.name}" in window.banner.text)
    assert "no video to show" in window.banner.text and window.workspace.run is None


def test_camera_that_is_not_there_is_said(qtbot, window, studio):
    studio.port.pull()
    window.workspace.open_camera("camera:0", folder=studio.folder / "live", name="Camera")
    qtbot.waitUntil(lambda: "camera" in window.banner.text.lower())


def test_slow_network_sheds_work_and_says_so(qtbot, window, studio):
    studio.delay_s = 0.45
    window.workspace.open_camera("camera:0", folder=studio.folder / "live", name="Camera")
    qtbot.waitUntil(lambda: "half as often" in window.diagnostics.text("shed"))
    qtbot.waitUntil(lambda: 0 < window.view.picture.overlay_age_s < 2.0)


def test_camera_is_asked_for_size_and_rate(qtbot, window, studio, monkeypatch):
    from app.gui.dialogs.camera import CameraDialog
    from tracking.video.camera import CameraInfo

    monkeypatch.setattr("app.gui.commands.file.list_cameras", lambda: (CameraInfo(0, "Desk camera"),))
    window.commands["open-camera"].trigger()
    (dialog,) = window.findChildren(CameraDialog)
    dialog.size_wh.setCurrentIndex(dialog.size_wh.findText("1280 × 720"))
    dialog.rate.setCurrentIndex(2)
    press(dialog, "Use camera")
    qtbot.waitUntil(lambda: window.view.picture is not None)
    assert studio.wishes[0] == {"size_wh": (1280, 720), "frame_rate": 30.0}
    assert "Desk camera" in window.windowTitle()


def test_hidden_people_are_hidden_in_recordings_too(qtbot, live, tmp_path):
    window = live
    window.commands["plain-ground"].setChecked(True)
    window.record_bar.kind.setCurrentIndex(1)
    window.commands["record"].trigger()
    assert "only the picture with skeletons" in window.banner.text
    qtbot.waitUntil(lambda: window.record_bar.figures.text()[:8] > "00:00.50")
    window.commands["record"].trigger()
    qtbot.waitUntil(lambda: "Recorded" in window.banner.text)
    (path,) = Path(tmp_path / "videos").rglob("*.mp4")
    with av.open(str(path)) as video:
        frame = next(video.decode(video=0)).to_ndarray(format="rgb24")
    assert frame[470, 10].max() < 60, "the ground of the camera's picture is seen"


def test_person_hidden_while_live_leaves_the_picture(qtbot, live):
    window = live
    drawn = int((pixels(window) != 90).sum())
    window.workspace.choose(1)
    window.commands["hide"].trigger()
    window.workspace.choose(None)
    assert window.workspace.people.hidden == {1}
    qtbot.waitUntil(lambda: (pixels(window) != 90).sum() < 0.75 * drawn)


def test_changed_settings_are_logged_with_their_time(qtbot, window, studio):
    from tracking.session.session import Session

    window.workspace.open_camera("camera:0", folder=studio.folder / "live")
    qtbot.waitUntil(lambda: studio.processor is not None and len(studio.processor.seen) > 2)
    window.controls.widgets["tracker.max_people"].setValue(1)
    qtbot.waitUntil(lambda: studio.processor.settings.tracker.max_people == 1)
    qtbot.waitUntil(lambda: len(window.view.picture.result) == 1)
    path = window.workspace.run.session.path
    window.workspace.close_run()
    with Session.open(path) as session:
        (change,) = session.setting_changes
        times = {people: [one.time_s for one in session.results() if len(one) == people] for people in (1, 2)}
    assert (change.name, change.before, change.after) == ("tracker.max_people", None, 1)
    assert times[2][-1] <= change.time_s <= times[1][0]


def test_a_stream_that_is_not_there_can_be_tried_again(qtbot, window, studio, monkeypatch):
    is_there = []

    def open_stream(_spec, **_wish):
        if not is_there:
            raise UserError("The stream does not answer.")
        return studio.port.open()

    monkeypatch.setattr(window.workspace, "factories", replace(studio.factories(), open_source=open_stream))
    window.files.open_stream("rtsp://coach:secret@10.0.0.7/live")
    qtbot.waitUntil(lambda: "does not answer" in window.banner.text)
    assert window.diagnostics.text("picture") == "not known yet"
    is_there.append(True)
    assert window.banner.button.text() == "Try again"
    window.banner.button.click()
    qtbot.waitUntil(lambda: window.view.picture is not None)
    width, height = studio.port.size_wh
    qtbot.waitUntil(lambda: window.diagnostics.text("picture").startswith(f"{width} × {height}"))
    used = window.diagnostics.text("silence")
    assert "10.0.0.7" in used and used.startswith("used") and "secret" not in used


def test_what_is_saved_to_keep_up_stands_on_the_picture(qtbot, live, studio):
    studio.processor.delay_s = 0.4
    qtbot.waitUntil(
        lambda: "To keep up, the program looks for people" in live.view.note and "behind the picture" in live.view.note,
    )
