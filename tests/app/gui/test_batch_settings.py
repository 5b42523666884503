"""What of the window's settings goes into a batch is said, and what is about the open video can be left out."""

import sys

import pytest
from PySide6.QtCore import Qt

from app.gui.dialogs.batch_settings import SETTINGS, setting_words
from tests.app.gui.conftest import choose, press
from tests.clips import make_clip
from tests.walkers import FakeDetector, FakeEstimator, paint_walkers
from tracking.export.formats import EXPORTS
from tracking.pipeline import Pipeline
from tracking.run_settings import RunSettings


@pytest.fixture
def batched(qtbot, window, open_clip, tmp_path, monkeypatch):
    """The window with an open video, and a batch of another one; what tracks it gives the settings used."""
    used = []

    def build(settings):
        used.append(settings)
        return Pipeline(FakeDetector(), FakeEstimator())

    monkeypatch.setattr("app.factory.build_pipeline", build)
    open_clip()
    walker = make_clip(tmp_path / "walker.mp4", 10, size_wh=(128, 64), painter=paint_walkers)
    window.exports.show_batch([walker])
    dialog = window.exports.batch
    dialog.folder.setText(str(tmp_path / "batch"))

    def tracked() -> RunSettings:
        press(dialog, "Start")
        qtbot.waitUntil(lambda: dialog.status.text() == "1 done")
        return used[-1]

    yield dialog.settings, tracked
    dialog.close()


def test_the_region_of_the_open_video_is_said_and_left_out_unless_it_is_wanted(window, batched):
    shown, tracked = batched
    box = shown.boxes["region"]
    assert not box.isVisible() and "Balanced" in shown.words.text()
    window.tools.set_region((100.0, 80.0, 500.0, 400.0))
    window.commands["blur-faces"].trigger()
    assert (box.text(), box.isVisible(), box.isChecked()) == ("Region: 100, 80, 500, 400 pixels", True, False)
    assert "faces blurred" in shown.words.text()
    assert tracked().region is None


def test_the_region_goes_into_the_batch_where_it_is_wanted(window, batched):
    shown, tracked = batched
    window.tools.set_region((10.0, 8.0, 100.0, 60.0))
    shown.boxes["region"].click()
    assert tracked().region == (10.0, 8.0, 100.0, 60.0)


def test_a_turn_that_holds_for_the_next_video_too_can_be_left_out(window, batched):
    shown, tracked = batched
    choose(window, "adaptation.turn_deg", 90)
    choose(window, "detector.tiles", "auto")
    box = shown.boxes["adaptation.turn_deg"]
    assert (box.text(), box.isVisible(), box.isChecked()) == ("Rotate: 90°", True, True)
    assert "Small people: Search large pictures in parts" in shown.words.text()
    box.click()
    used = tracked()
    assert used.adaptation.turn_deg == 0 and used.detector.tiles == "auto"


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("adaptation.mirror", True, "Mirror"),
        ("smoothing.undo_swaps", False, "Undo swapped sides: off"),
        ("adaptation.slow_motion", 8.0, "Slow motion: 8 times slower"),
        ("start_s", 2.5, "Begin at: 2.5 s"),
        ("smoothing.min_score", 0.5, "Minimum confidence: 50 %"),
        ("detect_every", 6, "Look for people every: 6 frames"),
        ("network.weights", "mine", "Weights: mine"),
    ],
)
def test_settings_are_told_in_words(name, value, words):
    assert setting_words(SETTINGS[name], value) == words


def test_each_file_of_a_batch_gets_the_formats_that_are_chosen(qtbot, window, batched, tmp_path):
    _, tracked = batched
    outputs = window.exports.batch.outputs
    outputs.video.click()
    outputs.table.click()
    chosen = {"angles", "methods", "openpose"}
    for action in outputs.menu.actions():
        if action.data() in chosen:
            action.trigger()
    assert outputs.more.text() == "More formats: 3" and "Methods section" in outputs.more.toolTip()
    tracked()
    names = {path.name for path in (tmp_path / "batch").iterdir()}
    assert names == {
        "walker_session.ppnet", "walker_meta.json", "walker_angles.csv", "walker_methods.txt", "walker_openpose"
    }  # fmt: skip
    assert "walker_angles.csv" in window.exports.batch.table.topLevelItem(0).text(4)
    with (tmp_path / "batch" / "walker_angles.csv").open() as file:
        assert len(file.readlines()) > 5


def test_a_format_that_cannot_be_written_costs_none_of_the_others(qtbot, window, batched, tmp_path, monkeypatch):
    dialog = window.exports.batch
    for action in dialog.outputs.menu.actions():
        if action.data() in {"angles", "sleap", "sleap-analysis", "openpose"}:
            action.trigger()
    monkeypatch.setitem(sys.modules, "h5py", None)
    press(dialog, "Start")
    qtbot.waitUntil(lambda: dialog.status.text() == "0 done, 1 failed")
    names = {path.name for path in (tmp_path / "batch").iterdir()}
    assert {"walker_angles.csv", "walker_openpose"} < names
    row = dialog.table.topLevelItem(0)
    assert row.text(4).count("h5py") == 1 and row.text(2) == "1"
    with qtbot.waitSignal(dialog.openWanted):
        dialog.table.itemActivated.emit(row, 0)


def test_several_formats_are_chosen_by_keys_and_told(qtbot, window):
    window.exports.show_batch([])
    outputs = window.exports.batch.outputs
    assert not outputs.chosen.isVisible()
    outputs.menu.popup(window.mapToGlobal(window.rect().center()))
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Down, Qt.Key.Key_Space):
        qtbot.keyClick(outputs.menu, key)
    assert outputs.menu.isVisible(), "for the next choice"
    titles = [EXPORTS[name].title for name in outputs.formats]
    assert len(titles) == 2 and outputs.chosen.text() == f"Also: {titles[0]}; {titles[1]}"
    assert outputs.chosen.isVisible()
    qtbot.keyClick(outputs.menu, Qt.Key.Key_Escape)
    assert not outputs.menu.isVisible()


def test_several_angles_are_chosen_while_their_menu_is_open(qtbot, window):
    menu = window.angles.menu
    menu.popup(window.mapToGlobal(window.rect().center()))
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Down, Qt.Key.Key_Return):
        qtbot.keyClick(menu, key)
    assert menu.isVisible() and {"left_elbow", "right_elbow"} < set(window.workspace.layers.angles)
    menu.close()
