"""Presets, sliders and devices reach the network; playback; keys; graphs; exports; batch."""

import json
import shutil
import threading
from pathlib import Path

import numpy as np
import pyqtgraph as pg
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QPushButton

from app.engine.run_status import RunStatus
from app.gui.commands.actions import COMMANDS
from app.gui.commands.playback import parse_place
from app.gui.dialogs.shortcuts import ShortcutsDialog
from app.gui.panels.diagnostics import device_alarm, duration_text, size_text
from app.gui.panels.graph_style import save_csv
from app.gui.panels.performance_graphs import PerformanceGraphs
from app.gui.playback.transport import clock_text
from app.gui.preferences import PreferencesStore
from app.gui.start_page import _short
from app.presets import PRESETS, SHED_STEPS, preset_of
from ppnet.inference.measuring import MEASURING, measuring
from tests.app.gui.conftest import FRAMES, choose, go_to, press, shown_frame
from tests.clips import make_clip
from tests.fakes import PATIENCE_S
from tests.walkers import FakeDetector, FakeEstimator, paint_walkers
from tracking.pipeline import Pipeline
from tracking.run_settings import RunSettings
from tracking.types import StageTimes


def test_presets_are_told_apart_and_come_back():
    for preset in PRESETS:
        assert preset_of(preset.applied(RunSettings().changed({"smoothing.strength": 20}))) is preset
    cheap = RunSettings().changed({"network.flip": True})
    for step in SHED_STEPS:
        cheaper = step.change(cheap)
        assert cheaper != cheap
        cheap = cheaper


def test_controls_reach_the_network(qtbot, window, studio):
    window.workspace.open_camera("camera:0", folder=studio.folder / "live")
    qtbot.waitUntil(lambda: studio.processor is not None and len(studio.processor.seen) > 2)
    window.controls.presets.buttons()[2].click()
    qtbot.waitUntil(lambda: studio.processor.settings.network.flip and studio.processor.settings.detect_every == 1)
    window.controls.widgets["tracker.max_people"].setValue(1)
    qtbot.waitUntil(lambda: len(window.view.picture.result) == 1)
    assert window.controls.back.isVisibleTo(window.controls)
    assert window.controls.preset_words.text() == "Custom settings."
    window.controls.back.click()
    qtbot.waitUntil(lambda: len(window.view.picture.result) == 2)
    choose(window, "smoothing.kind", "off")
    qtbot.waitUntil(lambda: studio.processor.settings.smoothing.kind == "off")
    assert not window.controls.widgets["smoothing.strength"].isEnabled()


def test_playback_keys(qtbot, open_clip):
    window = open_clip()
    for key, expected in (
        (Qt.Key.Key_Right, 21), (Qt.Key.Key_Comma, 20), (Qt.Key.Key_Home, 0), (Qt.Key.Key_End, FRAMES - 1),
    ):  # fmt: skip
        qtbot.keyClick(window, key)
        qtbot.waitUntil(lambda expected=expected: shown_frame(window) == expected)
    qtbot.keyClick(window, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    qtbot.waitUntil(lambda: shown_frame(window) == FRAMES - 11)
    qtbot.keyClick(window, Qt.Key.Key_BracketLeft)
    qtbot.waitUntil(lambda: window.transport.speed.currentText() == "0.5×")
    qtbot.keyClick(window, Qt.Key.Key_Backspace)
    qtbot.waitUntil(lambda: window.transport.speed.currentText() == "1×")
    window.playback.go_to("0:00.5")
    qtbot.waitUntil(lambda: shown_frame(window) == 15)
    window.playback.go_to("nonsense")
    assert "neither a frame number" in window.banner.text


@pytest.mark.parametrize(
    ("words", "place"),
    [
        ("120", (120, None)),
        ("1:04.5", (None, 64.5)),
        ("64.5s", (None, 64.5)),
        ("2.5", (None, 2.5)),
        ("1:04,5", (None, 64.5)),
    ],
)
def test_places_are_understood(words, place):
    assert parse_place(words) == place


@pytest.mark.parametrize("words", ["", "abc", "-3", "1:xx", "inf"])
def test_places_that_are_none(words):
    with pytest.raises(ValueError):
        parse_place(words)


def test_default_keys_are_told_apart():
    keys = [key for entry in COMMANDS for key in entry.keys]
    assert len(keys) == len(set(keys))


def test_keys_can_be_changed_and_are_remembered(qtbot, open_clip):
    window = open_clip()
    dialog = ShortcutsDialog({})
    qtbot.addWidget(dialog)
    dialog.keysChanged.connect(window.help.set_keys)
    assert "Boxes" in dialog.set_keys("skeleton", ("B",))
    assert PreferencesStore().value.keys == {"boxes": (), "skeleton": ("B",)}
    was = window.view.layers.skeleton
    qtbot.keyClick(window, Qt.Key.Key_B)
    assert window.view.layers.skeleton is not was and window.view.layers.boxes
    press(dialog, "Reset all")
    assert PreferencesStore().value.keys == {}


def test_curve_follows_the_chosen_person_and_its_table_is_right(qtbot, open_clip, tmp_path):
    window = open_clip()
    window.workspace.choose(2)
    qtbot.waitUntil(lambda: len(window.curves.columns()[0][1]) == FRAMES)
    columns = dict(window.curves.columns())
    name = next(key for key in columns if key.endswith("smoothed"))
    joint = window.curves.joint.currentData()
    for index in (0, 30, 59):
        expected = window.workspace.run.edited.result(index).smoothed.keypoints[1, joint, 0]
        assert columns[name][index] == pytest.approx(float(expected))
    go_to(qtbot, window, 40)
    qtbot.waitUntil(lambda: abs(window.curves.marker.value() - 40 / 30) < 1e-6)
    window.curves.quantity.setCurrentIndex(window.curves.quantity.findData("left_knee"))
    assert "(°)" in window.curves.graph.getPlotItem().titleLabel.text
    assert "° at 1.333 s" in window.curves.value.text() and " °" not in window.curves.value.text()
    window.curves.saveTable.emit()
    (table,) = (tmp_path / "videos").rglob("*curve.csv")
    assert len(table.read_text().splitlines()) == FRAMES + 1


def test_the_readout_tells_no_value_where_the_person_is_not(qtbot, open_clip):
    window = open_clip()
    window.workspace.choose(2)
    qtbot.waitUntil(lambda: window.curves.value.text().endswith("px at 0.667 s"))
    window.commands["split"].trigger()  # 3 from frame 20 on
    window.workspace.choose(3)
    qtbot.waitUntil(lambda: len(window.curves.columns()[0][1]) == FRAMES - 20)
    go_to(qtbot, window, 5)
    assert window.curves.value.text() == "not seen here"
    go_to(qtbot, window, 40)
    assert window.curves.value.text().endswith("px at 1.333 s")


@pytest.mark.parametrize("what", ["saveTable", "savePicture"])
def test_a_curve_that_is_still_being_read_is_not_saved(open_clip, tmp_path, what):
    window = open_clip()
    window.curves.show_history(None, "Person 1", is_reading=True)
    assert window.curves.value.text() == "loading…"
    getattr(window.curves, what).emit()
    assert "still being read" in window.banner.text and not list((tmp_path / "videos").rglob("walk*"))


def test_speed_is_in_pixels_per_second(open_clip, qtbot):
    window = open_clip()
    window.workspace.choose(1)
    window.curves.quantity.setCurrentIndex(window.curves.quantity.findData("speed"))
    qtbot.waitUntil(lambda: len(window.curves.columns()[2][1]) == FRAMES)
    assert window.curves.columns()[2][1][30] == pytest.approx(60.0, rel=1e-3)  # 2 px a frame, 30 frames a second


def test_graph_table_leaves_missing_cells_empty(tmp_path):
    save_csv([("time_s", [1.0, 2.0]), ("a", [1.0, float("nan")]), ("b", [2.0, 3.0])], tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_text() == "time_s,a,b\n1,1,2\n2,,3\n"


def test_graph_table_tells_frames_apart_after_hours(tmp_path):
    times = 3 * 3600 + np.arange(3) / 60
    save_csv([("time_s", times), ("a", [1 / 3] * 3)], tmp_path / "t.csv")
    rows = (tmp_path / "t.csv").read_text().splitlines()[1:]
    assert rows == ["10800,0.333333", "10800.016667,0.333333", "10800.033333,0.333333"]


def test_performance_graphs_hold_a_minute(qtbot, window):
    for moment in range(100):
        window.performance.add(
            RunStatus(is_live=True, capture_fps=30.0, process_fps=12.0, delay_s=0.1, moment_s=float(moment))
        )
    columns = dict(window.performance.columns())
    assert len(columns["process_fps"]) == 61 and columns["delay_ms"][-1] == 100.0


def test_performance_graphs_are_drawn_as_soon_as_they_are_seen(qtbot, open_clip):
    window = open_clip()
    window.resize(1024, 700)
    qtbot.waitUntil(lambda: len(window.performance.columns()) > 1)
    window.below.setCurrentWidget(window.performance)
    rates = window.performance.findChildren(pg.PlotWidget)[0]
    columns = dict(window.performance.columns())
    for curve, name in zip(rates.listDataItems(), ("capture_fps", "process_fps", "display_fps"), strict=True):
        np.testing.assert_array_equal(curve.yData, columns[name])
    qtbot.waitUntil(lambda: rates.isVisible() and rates.height() > 50)
    assert (window.width(), window.height()) == (1024, 700), "there is room for them"


def test_a_slow_first_frame_leaves_the_graphs_once_it_is_no_longer_recent(qtbot):
    graphs = PerformanceGraphs()
    qtbot.addWidget(graphs)
    graphs.show()
    stages, delay = graphs.findChildren(pg.PlotWidget)[1:3]

    def tops_after(moments, slow):
        for moment in moments:
            seconds = 6.0 if moment in slow else 0.02
            times = StageTimes(detect_s=seconds / 4, pose_s=seconds)
            graphs.add(RunStatus(is_live=True, times=times, delay_s=seconds, moment_s=float(moment)))
        return [graph.getPlotItem().viewRange()[1][1] for graph in (stages, delay)]

    assert tops_after(range(9), slow=[0]) == pytest.approx([7500, 6000], rel=0.05), "all of it is recent"
    assert tops_after(range(9, 40), slow=[]) == pytest.approx([100, 80], rel=0.05), "four times what is usual"
    assert tops_after(range(40, 42), slow=[41]) == pytest.approx([7500, 6000], rel=0.05), "slow now"


@pytest.mark.parametrize("name", ["tidy", "angles", "coco", "openpose", "trc", "mot", "video"])
def test_every_format_is_written(qtbot, open_clip, clip, name):
    window = open_clip()
    window.commands["export"].trigger()
    dialog = window.exports.dialog
    dialog.choose(name)
    dialog.start.click()
    qtbot.waitUntil(lambda: "Written" in dialog.status.text())
    assert (
        len([path for path in clip.parent.iterdir() if path.stem.startswith("walk_") and "session" not in path.name])
        == 1
    )


def test_recording_of_a_file_is_the_span_with_its_sound(qtbot, open_clip, tmp_path):
    import av

    window = open_clip()
    go_to(qtbot, window, 10)
    window.commands["record"].trigger()
    go_to(qtbot, window, 39)
    window.commands["record"].trigger()
    qtbot.waitUntil(lambda: "Recorded" in window.banner.text)
    (path,) = (tmp_path / "videos").rglob("*.mp4")
    with av.open(str(path)) as video:
        assert sum(1 for _ in video.decode(video=0)) == 30
        assert video.streams.audio


def test_batch_tells_what_came_of_each_file(qtbot, window, tmp_path, monkeypatch):
    bad = tmp_path / "bad.mp4"
    bad.write_text("no video")
    monkeypatch.setattr("app.factory.build_pipeline", lambda settings: Pipeline(FakeDetector(), FakeEstimator()))
    walker = make_clip(tmp_path / "walker.mp4", 10, size_wh=(128, 64), painter=paint_walkers)
    window.exports.show_batch([walker, bad])
    dialog = window.exports.batch
    dialog.folder.setText(str(tmp_path / "batch"))
    dialog.start()
    qtbot.waitUntil(lambda: dialog.status.text() == "1 done, 1 failed")
    assert dialog.table.topLevelItem(0).text(1) == "done" and dialog.table.topLevelItem(0).text(2) == "1"
    assert (tmp_path / "batch" / "walker_session.ppnet").exists()
    assert "bad.mp4" in dialog.table.topLevelItem(1).text(4)


@pytest.mark.parametrize("where", ["batch", "compare", "shortcuts"])
def test_return_in_a_field_presses_no_button(qtbot, open_clip, where):
    """Return acts on the control with the focus: in a field it used to press the window's first button."""
    window = open_clip()
    window.commands[where].trigger()
    shown = {
        "batch": lambda: (window.exports.batch, window.exports.batch.folder, "Add files…"),
        "compare": lambda: (window.comparing.shown, window.comparing.shown.moments[0], "Other file…"),
        "shortcuts": lambda: (
            window.findChild(ShortcutsDialog),
            window.findChild(ShortcutsDialog).search,
            "Use this key",
        ),
    }
    dialog, field, words = shown[where]()
    (button,) = (button for button in dialog.findChildren(QPushButton) if button.text() == words)
    pressed = []
    button.pressed.connect(lambda: pressed.append(words))
    button.clicked.disconnect()  # it would open a dialog
    button.clicked.connect(lambda: pressed.append(words))
    dialog.activateWindow()
    qtbot.waitUntil(dialog.isActiveWindow)
    field.setFocus()
    button.setEnabled(True)
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert not pressed and dialog.isVisible()
    button.setFocus()
    qtbot.keyClick(button, Qt.Key.Key_Return)
    assert words in pressed
    dialog.close()


def test_a_folder_is_added_to_a_batch_and_a_result_opened_from_it(qtbot, window, tmp_path, monkeypatch):
    monkeypatch.setattr("app.factory.build_pipeline", lambda settings: Pipeline(FakeDetector(), FakeEstimator()))
    walks = tmp_path / "walks"
    walks.mkdir()
    for name in ("a.mp4", "b.mp4"):
        make_clip(walks / name, 10, size_wh=(128, 64), painter=paint_walkers)
    window.exports.show_batch([])
    dialog = window.exports.batch
    dialog.folder.setText(str(tmp_path / "batch"))
    press(dialog, "Add folder…")
    (chooser,) = dialog.findChildren(QFileDialog)
    chooser.fileSelected.emit(str(walks))
    chooser.close()
    assert [dialog.table.topLevelItem(row).text(0) for row in range(2)] == ["a.mp4", "b.mp4"]
    with measuring():
        press(dialog, "Start")
        dialog.refresh()
        assert dialog.status.text() == MEASURING
    qtbot.waitUntil(lambda: dialog.status.text() == "2 done")
    dialog.activateWindow()
    qtbot.waitUntil(dialog.isActiveWindow)
    dialog.table.setCurrentItem(dialog.table.topLevelItem(0))
    qtbot.keyClick(dialog.table, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.workspace.run is not None)
    assert window.workspace.run.session.path == tmp_path / "batch" / "a_session.ppnet"
    window.workspace.close_run()
    window.exports.show_batch([])
    spot = dialog.table.visualItemRect(dialog.table.topLevelItem(1)).center()
    qtbot.mouseClick(dialog.table.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    qtbot.mouseDClick(dialog.table.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    qtbot.waitUntil(lambda: window.workspace.run is not None)
    assert window.workspace.run.session.path == tmp_path / "batch" / "b_session.ppnet"
    assert not dialog.isVisible(), "it would stand in front of the picture"


def test_a_batch_that_is_out_of_sight_is_told_and_the_window_does_not_close_over_it(
    qtbot, window, tmp_path, monkeypatch
):
    hold = threading.Event()

    def build(_settings):
        hold.wait(PATIENCE_S)
        return Pipeline(FakeDetector(), FakeEstimator())

    monkeypatch.setattr("app.factory.build_pipeline", build)
    window.exports.show_batch([make_clip(tmp_path / "walker.mp4", 10, size_wh=(128, 64), painter=paint_walkers)])
    dialog = window.exports.batch
    dialog.folder.setText(str(tmp_path / "batch"))
    dialog.start()
    dialog.reject()
    assert window.banner.text.startswith("The batch is still running: ") and not dialog.isVisible()
    window.banner.button.click()
    assert dialog.isVisible()
    dialog.close()
    window.close()
    assert window.isVisible() and "A batch is running" in window.banner.text
    hold.set()
    qtbot.waitUntil(lambda: window.banner.text == "The batch is finished: 1 done.")


def test_a_file_that_is_added_right_after_a_batch_was_cancelled_waits_for_the_next_start(
    qtbot, window, tmp_path, monkeypatch
):
    hold, began = threading.Event(), threading.Event()

    def build(_settings):
        began.set()
        hold.wait(PATIENCE_S)
        return Pipeline(FakeDetector(), FakeEstimator())

    monkeypatch.setattr("app.factory.build_pipeline", build)
    walker = make_clip(tmp_path / "walker.mp4", 10, size_wh=(128, 64), painter=paint_walkers)
    window.exports.show_batch([walker])
    dialog = window.exports.batch
    dialog.folder.setText(str(tmp_path / "batch"))
    dialog.start()
    assert began.wait(PATIENCE_S)
    press(dialog, "Cancel")
    dialog.add([walker])
    dialog.refresh()
    assert not dialog.buttons["start"].isEnabled(), "both would write the same files"
    hold.set()
    qtbot.waitUntil(dialog.buttons["start"].isEnabled)
    press(dialog, "Start")
    qtbot.waitUntil(lambda: dialog.table.topLevelItem(0).text(1) == "done")


def test_a_batch_says_what_it_is_doing_and_how_far_all_of_it_is(qtbot, window, tmp_path, monkeypatch):
    loaded, tracked = threading.Event(), threading.Event()

    class Slow(FakeDetector):
        def detect(self, image):
            if self.seen == 5:
                tracked.wait(PATIENCE_S)
            return super().detect(image)

    def build(_settings):
        loaded.wait(PATIENCE_S)
        return Pipeline(Slow(), FakeEstimator())

    monkeypatch.setattr("app.factory.build_pipeline", build)
    walkers = [make_clip(tmp_path / f"{name}.mp4", 40, size_wh=(128, 64), painter=paint_walkers) for name in "ab"]
    window.exports.show_batch(walkers)
    dialog = window.exports.batch
    dialog.folder.setText(str(tmp_path / "batch"))
    dialog.start()
    row = dialog.table.topLevelItem(0)
    qtbot.waitUntil(lambda: row.text(1) == "loading the networks…")
    assert dialog.bar.isVisible() and dialog.bar.maximum() == 0, "it moves"
    seconds = row.text(3)
    qtbot.waitUntil(lambda: row.text(3) not in ("", seconds))
    assert dialog.status.text() == "0 of 2 done, 0 % overall"
    loaded.set()
    qtbot.waitUntil(lambda: "frames per second" in row.text(1))
    dialog.refresh()
    share = int(row.text(1).split(" %")[0])
    assert 0 < share < 100
    assert dialog.bar.maximum() == 1000 and dialog.bar.value() == pytest.approx(5 * share, abs=5)
    assert f"{share // 2} % overall" in dialog.status.text() or f"{(share + 1) // 2} % overall" in dialog.status.text()
    tracked.set()
    qtbot.waitUntil(lambda: dialog.status.text() == "2 done")


def test_report_says_what_runs_and_hides_the_home_folder(qtbot, window, monkeypatch):
    from PySide6.QtGui import QGuiApplication

    window.commands["copy-report"].trigger()
    text = QGuiApplication.clipboard().text()
    assert text.startswith("PPNet Live") and "Runs on" in text


def test_words_for_numbers():
    assert clock_text(63.456) == "01:03.46" and clock_text(3723.0) == "1:02:03.00"
    assert (duration_text(8), duration_text(185), duration_text(7440)) == ("8 s", "3 min 5 s", "2 h 4 min")
    assert (size_text(3_140_000), size_text(212_000_000_000)) == ("3.1 MB", "212 GB")
    assert (
        device_alarm("cuda", "cpu, bf16") and not device_alarm("auto", "cpu") and not device_alarm("cpu", "cpu, bf16")
    )


def test_look_is_remembered(window):
    window.commands["look"].setChecked(not window.commands["look"].isChecked())
    kept = json.loads(PreferencesStore().path.read_text())
    assert kept["look"] in ("dark", "light")


def test_preferences_that_cannot_be_kept_are_told_once(window):
    folder = window.store.path.parent
    shutil.rmtree(folder, ignore_errors=True)
    folder.write_text("no folder")
    window.commands["boxes"].trigger()
    assert window.banner.text.startswith(f"Settings could not be saved to {window.store.path}: ")
    window.banner.hide()
    window.commands["boxes"].trigger()
    assert not window.banner.text


def test_a_home_folder_is_shortened_and_none_that_only_begins_like_it(monkeypatch):
    monkeypatch.setenv("HOME", "/home/ann")
    assert _short(Path("/home/ann/videos")) == "~/videos" and _short(Path("/home/ann")) == "~"
    assert _short(Path("/home/anna/videos")) == "/home/anna/videos"
