"""Drawn into the picture: scale and region; turned, mirrored, slow motion: tracked again."""

import csv
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QDialog

from app.gui.dialogs.place import PlaceDialog
from tests.app.gui.conftest import FRAMES, choose, pixels, press, shown_frame
from tracking.session.edits import RenamePerson
from tracking.session.session import session_path


def drag(qtbot, window, start, end):
    """A drag from one image point to another."""
    (x1, y1), (x2, y2) = window.view.transform.to_widget([start, end]).round().astype(int).tolist()
    qtbot.mousePress(window.view, Qt.MouseButton.LeftButton, pos=QPoint(x1, y1))
    qtbot.mouseMove(window.view, QPoint((x1 + x2) // 2, (y1 + y2) // 2))
    qtbot.mouseMove(window.view, QPoint(x2, y2))
    qtbot.mouseRelease(window.view, Qt.MouseButton.LeftButton, pos=QPoint(x2, y2))


def test_a_drawn_length_turns_curves_into_metres(qtbot, open_clip, monkeypatch):
    from PySide6.QtWidgets import QInputDialog

    window = open_clip()
    window.workspace.choose(1)
    qtbot.waitUntil(lambda: len(window.curves.columns()[0][1]) == FRAMES)
    pixels = window.curves.columns()[2][1][30]
    window.commands["scale"].trigger()
    drag(qtbot, window, (100, 400), (300, 400))
    (dialog,) = window.findChildren(QInputDialog)
    dialog.setDoubleValue(4.0)
    dialog.accept()
    name, values = window.curves.columns()[2]
    assert "(m)" in name and values[30] == pytest.approx(pixels * 4.0 / 200, rel=0.02)
    assert "Curves are now in metres" in window.banner.text
    assert window.workspace.run.edited.metres_per_pixel == pytest.approx(4.0 / 200, rel=0.02)
    window.commands["export"].trigger()
    dialog = window.exports.dialog
    dialog.choose("coco")
    assert not dialog.unit.isVisible()
    dialog.choose("csv")
    assert dialog.unit.isVisible() and dialog.unit.currentData() == "px"
    dialog.unit.setCurrentIndex(1)
    path = Path(dialog.path.text())
    dialog.start.click()
    qtbot.waitUntil(lambda: "Written" in dialog.status.text())
    dialog.close()
    with path.open(encoding="utf-8") as file:
        row = next(row for row in csv.DictReader(file) if row["frame"] == "30" and row["person_id"] == "1")
    joints = window.workspace.run.edited.result(30).smoothed.keypoints[0]
    scale = window.workspace.run.edited.metres_per_pixel
    assert float(row["nose_x_m"]) == pytest.approx(joints[0, 0] * scale, abs=1e-4)
    assert float(row["nose_y_m"]) == pytest.approx((479 - joints[0, 1]) * scale, abs=1e-4)
    window.commands["undo"].trigger()
    assert "(m)" not in window.curves.columns()[2][0]
    window.commands["export"].trigger()
    window.exports.dialog.choose("csv")
    assert window.exports.dialog.unit.count() == 1, "no metres without a scale"
    window.exports.dialog.close()


def test_the_export_of_an_edited_session_is_not_called_like_the_table_that_a_run_left(open_clip):
    window = open_clip()
    names = []
    for rename in (False, True):
        if rename:
            window.workspace.edit(RenamePerson(1, "Ann"))
        window.commands["export"].trigger()
        dialog = window.exports.dialog
        for form in ("csv", "video", "tidy"):
            dialog.choose(form)
            names.append(Path(dialog.path.text()).name)
        assert ("a batch wrote beside the session" in dialog.note.text()) == dialog.note.isVisible() == rename
        dialog.close()
    assert names == [
        "walk_keypoints.csv", "walk_annotated.mp4", "walk_tidy.csv",
        "walk_edited_keypoints.csv", "walk_edited_annotated.mp4", "walk_tidy.csv",
    ]  # fmt: skip


def typed(qtbot, window, command, values, *, words):
    """Opens the dialog of a command, types the numbers, and presses the button with these words."""
    window.commands[command].trigger()
    (dialog,) = (one for one in window.findChildren(PlaceDialog) if one.isVisible())
    for box, value in zip(dialog.boxes, values, strict=True):
        box.selectAll()
        qtbot.keyClicks(box, str(value))
    press(dialog, words)


def test_region_and_scale_are_typed_as_numbers(qtbot, open_clip):
    window = open_clip()
    typed(qtbot, window, "type-region", (100, 60, 200, 290), words="Search here")
    assert window.workspace.settings.region == (100, 60, 300, 350)
    typed(qtbot, window, "type-region", (600, 400, 640, 480), words="Search here")
    assert window.workspace.settings.region == (600, 400, 640, 480), "no farther than the picture goes"
    typed(qtbot, window, "type-scale", (100, 400, 300, 400, "4,0"), words="Set the scale")
    assert window.workspace.run.edited.metres_per_pixel == pytest.approx(0.02)
    typed(qtbot, window, "type-scale", (100, 400, 100, 400, 1), words="Set the scale")
    assert "too short; it needs at least 5 pixels" in window.banner.text
    assert window.workspace.run.edited.metres_per_pixel == pytest.approx(0.02)


def test_what_is_typed_is_seen_meanwhile_and_taken_back(open_clip):
    window = open_clip()
    before = pixels(window)
    window.commands["type-region"].trigger()
    (dialog,) = window.findChildren(PlaceDialog)
    dialog.boxes[0].setValue(120)
    assert window.view.region[0] == 120
    press(dialog, "Cancel")
    assert window.view.region is None and window.workspace.settings.region is None
    window.workspace.choose(1)
    window.commands["type-scale"].trigger()
    (dialog,) = (one for one in window.findChildren(PlaceDialog) if one.isVisible())
    result = window.view.picture.result
    x1, y1, x2, y2 = result.tracks.boxes[0].tolist()
    assert dialog.values[:4] == pytest.approx(((x1 + x2) / 2, y1, (x1 + x2) / 2, y2), abs=0.1), "along the person"
    with_line = pixels(window)
    press(dialog, "Cancel")
    window.workspace.choose(None)
    assert (pixels(window) == before).all() and (with_line != before).any()
    assert window.workspace.run.edited.metres_per_pixel is None


@pytest.mark.parametrize("command", ["type-region", "type-scale", "type-drawing"])
def test_news_makes_room_for_what_is_typed_into_the_picture(open_clip, command):
    window = open_clip()
    window.workspace.notify("Only person 1 is followed now.")
    window.commands[command].trigger()
    assert not window.banner.isVisible()


def test_a_drawn_region_reaches_the_network_and_is_taken_back(qtbot, open_clip):
    window = open_clip()
    window.commands["region"].trigger()
    drag(qtbot, window, (300, 350), (100, 60))
    region = window.workspace.settings.region
    assert region == pytest.approx((100, 60, 300, 350), abs=2)
    assert "whole picture" in window.controls.region.text()
    window.commands["whole-picture"].trigger()
    assert window.workspace.settings.region is None


def test_what_needs_a_video_cannot_be_chosen_before_one_is_open(window, open_clip):
    tools = ("scale", "type-scale", "region", "type-region", "whole-picture", "track-again")
    needed = (*tools, "next-event", "previous-event")
    assert not any(window.commands[name].isEnabled() for name in needed)
    open_clip()
    assert all(window.commands[name].isEnabled() for name in needed)


def test_the_way_to_draw_a_scale_stands_beside_the_picture_and_not_on_it(open_clip):
    window = open_clip(anew=True)
    window.commands["scale"].trigger()
    assert window.view.tool == "line" and not window.banner.isVisible()


def test_too_small_a_region_is_refused(qtbot, open_clip):
    window = open_clip()
    window.tools.set_region((10, 10, 12, 300))
    assert "too small; each side needs at least 8 pixels" in window.banner.text
    assert window.workspace.settings.region is None


def test_turned_picture_is_tracked_again_on_demand(qtbot, open_clip):
    window = open_clip()
    assert window.view.picture.frame.size_wh == (640, 480)
    choose(window, "adaptation.turn_deg", 90)
    assert "Track again" in window.banner.button.text()
    window.banner.button.click()
    qtbot.waitUntil(lambda: window.view.picture is not None and window.view.picture.frame.size_wh == (480, 640))
    assert window.workspace.run.session.header.settings["adaptation.turn_deg"] == 90


def test_slow_motion_gives_the_true_speed_back(qtbot, open_clip):
    window = open_clip()
    choose(window, "adaptation.slow_motion", 8.0)
    window.commands["track-again"].trigger()
    qtbot.waitUntil(
        lambda: (
            window.workspace.run is not None
            and window.workspace.run.session.header.settings["adaptation.slow_motion"] == 8.0
            and window.workspace.run.session.complete
        ),
    )
    assert window.workspace.run.session.frame_times()[-1] == pytest.approx((FRAMES - 1) / 30 / 8)
    qtbot.waitUntil(lambda: shown_frame(window) is not None)


@pytest.mark.parametrize("command", ["type-region", "type-scale", "type-drawing", "name-mark", "go-to"])
def test_a_question_about_a_video_goes_with_it(qtbot, open_clip, command):
    window = open_clip()
    window.commands[command].trigger()
    (dialog,) = (one for one in window.findChildren(QDialog) if one.isVisible())
    window.workspace.close_run()
    assert not dialog.isVisible() and window.hand._preview is None and window.workspace.settings.region is None


def test_the_export_dialog_says_under_which_name_a_file_will_be_written(qtbot, open_clip, tmp_path, monkeypatch):
    window = open_clip()
    (tmp_path / "walk_tidy.csv").write_text("mine")
    (tmp_path / "other.csv").write_text("mine, too")
    window.commands["export"].trigger()
    dialog = window.exports.dialog
    dialog.choose("tidy")
    assert Path(dialog.path.text()).name == "walk_tidy_2.csv" and not dialog.taken.isVisible()
    dialog.path.setText(str(tmp_path / "other.csv"))
    assert dialog.taken.text() == "other.csv already exists; the new file will be other_2.csv."
    assert dialog.taken.isVisible()
    press(dialog, "Export")
    qtbot.waitUntil(lambda: dialog.status.text() == "Written: other_2.csv")
    assert "will be other_3.csv" in dialog.taken.text()
    for nothing in ("", "/"):
        dialog.path.setText(nothing)
        assert not dialog.taken.isVisible()
        press(dialog, "Export")
    assert dialog.status.text() == "Written: other_2.csv"
    monkeypatch.setenv("HOME", str(tmp_path))
    dialog.path.setText("~/other.csv")
    assert "will be other_3.csv" in dialog.taken.text()
    assert (tmp_path / "other.csv").read_text() == "mine, too"
    dialog.close()


def test_the_export_dialog_says_where_times_go_backward(qtbot, window, clip, made_session):
    shutil.copy(made_session, session_path(clip))
    with closing(sqlite3.connect(session_path(clip))) as database, database:
        database.execute("UPDATE frames SET time_s = 0.01 WHERE frame_index = 12")
    window.files.open_path(clip)
    qtbot.waitUntil(lambda: window.workspace.run is not None)
    window.commands["export"].trigger()
    assert "go backward at frame 12" in window.exports.dialog.note.text()
    window.exports.dialog.close()
