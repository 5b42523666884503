"""Marks, in and out point, shuttle: on the timeline, in playing, tracking, recording and export; and undone."""

import csv
import threading
from itertools import pairwise

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QInputDialog

from tests.app.gui.conftest import FRAMES, go_to, rgb_of, shown_frame
from tests.app.gui.test_people import exported
from tracking.session.edits import SetSpan
from tracking.time_span import ALL_TIME
from tracking.video.factory import open_source


def drawn(widget):
    """(H, W, 3) what a widget looks like."""
    return rgb_of(widget.grab().toImage())


def marks_of(window):
    return [(mark.name, mark.frame_index) for mark in window.workspace.run.edited.marks]


def test_a_mark_is_dropped_drawn_named_and_taken_away(qtbot, open_clip):
    window = open_clip()
    window.below.setCurrentWidget(window.timeline)
    qtbot.waitUntil(lambda: len(window.timeline.lanes.lanes) == 2)
    qtbot.waitUntil(lambda: window.timeline.lanes.lanes[1].frame_count == FRAMES)
    before = drawn(window.timeline.lanes), drawn(window.transport.bar)
    qtbot.keyClick(window, Qt.Key.Key_M)
    assert marks_of(window) == [("Mark 1", 20)]
    assert len(window.timeline.lanes.lanes) == 2, "the lanes are not read again for it"
    after = drawn(window.timeline.lanes), drawn(window.transport.bar)
    assert all((a != b).any() for a, b in zip(after, before, strict=True))
    place = window.timeline.lanes.flag_place(window.timeline.lanes.flags[0]).center().toPoint()
    qtbot.mouseDClick(window.timeline.lanes, Qt.MouseButton.LeftButton, pos=place)
    (dialog,) = window.findChildren(QInputDialog)
    dialog.setTextValue("take-off")
    dialog.accept()
    assert marks_of(window) == [("take-off", 20)]
    assert (drawn(window.timeline.lanes) != after[0]).any()
    qtbot.keyClick(window, Qt.Key.Key_M)
    assert marks_of(window) == []
    for expected in ([("take-off", 20)], [("Mark 1", 20)], []):
        window.commands["undo"].trigger()
        assert marks_of(window) == expected


def test_a_mark_comes_with_its_name_or_not_at_all(qtbot, open_clip):
    window = open_clip()
    for closed in (QInputDialog.reject, QInputDialog.accept):
        window.commands["name-mark"].trigger()
        dialog = window.findChildren(QInputDialog)[-1]
        assert dialog.textValue() == "Mark 1"
        closed(dialog)
        assert marks_of(window) == ([] if closed is QInputDialog.reject else [("Mark 1", 20)])
    window.commands["undo"].trigger()
    assert marks_of(window) == []


def test_marks_are_jumped_between_and_exported_and_kept(qtbot, open_clip, tmp_path):
    window = open_clip()
    for frame in (10, 40):
        go_to(qtbot, window, frame)
        window.commands["mark"].trigger()
    go_to(qtbot, window, 20)
    for name, frame in (("next-mark", 40), ("previous-mark", 10)):
        qtbot.waitUntil(lambda: window.playback.position.frame_index == shown_frame(window))
        window.commands[name].trigger()
        qtbot.waitUntil(lambda frame=frame: shown_frame(window) == frame)
    qtbot.waitUntil(lambda: window.playback.position.frame_index == 10)
    window.commands["previous-mark"].trigger()
    assert "no mark before" in window.banner.text
    window.exports.export("marks", tmp_path / "marks.csv")
    qtbot.waitUntil(lambda: (tmp_path / "marks.csv").exists())
    with (tmp_path / "marks.csv").open(encoding="utf-8") as file:
        assert [(row["kind"], row["name"], row["frame"]) for row in csv.DictReader(file)] == [
            ("mark", "Mark 1", "10"),
            ("mark", "Mark 2", "40"),
        ]
    path = window.workspace.run.session.path
    window.workspace.close_run()
    assert window.timeline.lanes.flags == ()
    window.files.open_path(path)
    qtbot.waitUntil(lambda: window.workspace.run is not None)
    assert [flag.frame_index for flag in window.timeline.lanes.flags] == [10, 40]
    window.workspace.run.player.pause()


def test_in_and_out_point_hold_playing_export_and_recording(qtbot, open_clip):
    window = open_clip()
    before = drawn(window.transport.bar)
    qtbot.keyClick(window, Qt.Key.Key_I)
    go_to(qtbot, window, 29)
    qtbot.keyClick(window, Qt.Key.Key_O)
    span = window.workspace.run.edited.plan.span
    assert (span.start_s, span.end_s) == pytest.approx((20 / 30, 30 / 30))
    assert (drawn(window.transport.bar) != before).any() and "00:00.67 – 00:01.00" in window.banner.text
    assert [int(row["frame"]) for row in exported(qtbot, window)][::2] == list(range(20, 30))
    shown = []
    window.workspace.picture_arrived.connect(lambda picture: shown.append(picture.frame.index))
    window.workspace.run.player.play()
    qtbot.waitUntil(lambda: len(shown) > 8 and any(b < a for a, b in pairwise(shown)))
    assert set(shown) <= set(range(20, 30)) and window.workspace.run.player.position().is_playing
    window.workspace.run.player.pause()
    window.commands["clear-points"].trigger()
    assert window.workspace.run.edited.plan.span == ALL_TIME
    assert len(exported(qtbot, window)) == 2 * FRAMES
    window.commands["undo"].trigger()
    assert window.transport.bar.inside[0] > 0.3


def test_opened_again_it_plays_the_marked_part_from_its_beginning(qtbot, open_clip, clip):
    window = open_clip()
    window.workspace.edit(SetSpan(20 / 30, 30 / 30))
    window.workspace.close_run()
    shown = []
    window.workspace.picture_arrived.connect(lambda picture: shown.append(picture.frame.index))
    window.files.open_path(clip)
    qtbot.waitUntil(lambda: any(b < a for a, b in pairwise(shown)))
    assert set(shown) <= set(range(20, 30))
    window.workspace.run.player.pause()


def test_the_marked_part_is_recorded_whole_wherever_the_picture_stands(qtbot, open_clip):
    window = open_clip()
    window.workspace.edit(SetSpan(0.5, 1.0))
    go_to(qtbot, window, 26)
    window.commands["record"].trigger()
    qtbot.waitUntil(lambda: "Recorded" in window.banner.text)
    assert not window.record_bar.is_recording and not window.commands["record"].isChecked()
    (path,) = window.files.record_folder().glob("*_annotated.mp4")
    with open_source(path) as source:
        assert len([frame.time_s for frame in source]) == 15  # pictures 15 to 29


def test_a_fresh_video_is_tracked_between_the_points_only(qtbot, window, studio, clip):
    studio.hold = threading.Event()
    window.files.open_path(clip)
    qtbot.waitUntil(lambda: window.view.picture is not None)
    window.workspace.run.player.pause()
    for frame, name in ((30, "in-point"), (44, "out-point")):
        window.playback.seek_frame(frame)
        qtbot.waitUntil(lambda frame=frame: shown_frame(window) == frame)
        window.commands[name].trigger()
    studio.hold.set()
    run = window.workspace.run
    qtbot.waitUntil(lambda: run.session.complete)
    tracked = [result.frame_index for result in run.session.results()]
    assert tracked[-15:] == list(range(30, 45)) and len(tracked) <= 16, "the frame at work may come too"
    qtbot.waitUntil(lambda: bool(window.transport.bar.tracked) and window.transport.bar.tracked[-1][1] > 0.7)
    window.commands["clear-points"].trigger()
    qtbot.waitUntil(lambda: run.session.last_frame_index == FRAMES - 1 and run.session.complete)
    tracked = [result.frame_index for result in run.session.results()]
    assert tracked[-30:] == list(range(30, FRAMES)), "what comes after is tracked now"


def test_the_out_point_before_the_in_point_takes_its_place(qtbot, open_clip):
    window = open_clip()
    window.commands["in-point"].trigger()
    go_to(qtbot, window, 10)
    window.commands["out-point"].trigger()
    span = window.workspace.run.edited.plan.span
    assert span.start_s is None and span.end_s == pytest.approx(11 / 30)


def test_j_k_l(qtbot, open_clip):
    window = open_clip()
    go_to(qtbot, window, 50)
    shown = []
    window.workspace.picture_arrived.connect(lambda picture: shown.append(picture))
    qtbot.keyClick(window, Qt.Key.Key_J)
    qtbot.waitUntil(lambda: len(shown) > 4)
    speed = window.transport.speed
    assert speed.currentIndex() == -1 and speed.placeholderText() == "◀ 1×"
    qtbot.keyClick(window, Qt.Key.Key_J)
    qtbot.waitUntil(lambda: speed.placeholderText() == "◀ 2×")
    qtbot.keyClick(window, Qt.Key.Key_K)
    qtbot.waitUntil(lambda: not window.workspace.run.player.position().is_playing)
    indices = [picture.frame.index for picture in shown]
    assert indices == sorted(indices, reverse=True) and indices[0] <= 50 and indices[-1] < 50
    assert all(picture.result.frame_index == picture.frame.index for picture in shown), "with their people"
    here = window.workspace.run.player.position().frame_index
    qtbot.keyClick(window, Qt.Key.Key_L)
    qtbot.waitUntil(lambda: shown_frame(window) > here)
    qtbot.waitUntil(lambda: speed.currentText() == "1×")
    qtbot.keyClick(window, Qt.Key.Key_K)


def test_a_live_run_is_marked_too(qtbot, window, studio):
    window.workspace.open_camera("camera:0", folder=studio.folder / "live")
    qtbot.waitUntil(lambda: window.view.picture is not None and window.view.picture.result is not None)
    window.commands["mark"].trigger()
    assert len(window.timeline.lanes.flags) == 1 and not window.commands["in-point"].isEnabled()
    assert window.timeline.lanes.flag_at(QPoint(0, 0)) is None
