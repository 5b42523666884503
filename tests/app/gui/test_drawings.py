"""Lines, angles and distances drawn by hand: tied to joints, moved, deleted, undone; seen in all that leaves."""

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication, QInputDialog, QMenu

from app.gui.dialogs.drawing import DrawingDialog
from app.gui.picture.video_view import HINTS
from tests.app.gui.conftest import FRAMES, go_to, pixels, press
from tracking.drawing.hand_drawn import MINT
from tracking.session.edits import DrawnPoint, SetDrawing
from tracking.video.file import VideoFile

LEFT_WRIST, LEFT_HIP, LEFT_KNEE, LEFT_ANKLE = 9, 11, 13, 15
LEFT_BEHIND = {"record": "_annotated.mp4", "share": "_still.png", "snapshot": "_000020.png"}
NO_KEY, SHIFT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier


def mint(window):
    return int((np.abs(pixels(window).astype(int) - MINT).max(axis=2) < 20).sum())


def drawings(window):
    return window.workspace.run.edited.drawings


def place(window, spot):
    x, y = window.view.transform.to_widget(spot)
    return QPoint(round(float(x)), round(float(y)))


def joint(window, person, number):
    return window.view.picture.result.smoothed.keypoints[person - 1, number]


def click(qtbot, window, *spots, last=NO_KEY):
    """Clicks on image points, the last one with a key held down."""
    for number, spot in enumerate(spots, 1):
        qtbot.mouseClick(
            window.view, Qt.MouseButton.LeftButton, last if number == len(spots) else NO_KEY, place(window, spot)
        )


def drag(qtbot, window, start, end):
    qtbot.mousePress(window.view, Qt.MouseButton.LeftButton, pos=place(window, start))
    qtbot.mouseMove(window.view, place(window, (np.add(start, end)) / 2))
    qtbot.mouseMove(window.view, place(window, end))
    qtbot.mouseRelease(window.view, Qt.MouseButton.LeftButton, pos=place(window, end))


def draw_reach(qtbot, window):
    """A distance from the left wrist of person 1 to a free place."""
    window.commands["draw-distance"].trigger()
    click(qtbot, window, joint(window, 1, LEFT_WRIST) + 3, (400, 300))


def test_an_angle_of_three_clicks_is_tied_to_the_joints_under_them(qtbot, open_clip):
    window = open_clip()
    assert mint(window) == 0
    qtbot.keyClick(window, Qt.Key.Key_V, Qt.KeyboardModifier.ShiftModifier)
    assert "vertex" in HINTS[window.view.tool]
    wrist, knee = joint(window, 1, LEFT_WRIST).copy(), joint(window, 2, LEFT_KNEE).copy()
    click(qtbot, window, wrist + 4, knee - 3, (500, 400))
    (angle,) = drawings(window)
    assert angle.kind == "angle" and window.view.tool == "look"
    assert [(point.track_id, point.keypoint) for point in angle.points] == [
        (1, LEFT_WRIST),
        (2, LEFT_KNEE),
        (None, None),
    ]
    np.testing.assert_allclose([(point.x, point.y) for point in angle.points[:2]], [wrist, knee], atol=1e-3)
    assert "follows the left wrist of person 1 and the left knee of person 2." in window.banner.text
    assert mint(window) > 100
    before = pixels(window)
    go_to(qtbot, window, 50)
    assert (pixels(window) != before).any() and mint(window) > 100


def test_joints_of_one_person_are_told_in_one_breath(qtbot, open_clip):
    window = open_clip()
    window.commands["draw-angle"].trigger()
    click(qtbot, window, *(joint(window, 1, number) for number in (LEFT_HIP, LEFT_KNEE, LEFT_ANKLE)))
    assert "follows the left hip, left knee and left ankle of person 1." in window.banner.text


def test_news_makes_room_for_the_clicks_that_draw(qtbot, open_clip):
    window = open_clip()
    window.workspace.notify("Only person 1 is followed now.")
    window.commands["draw-line"].trigger()
    assert not window.banner.isVisible(), "what lies under it may be what is to be clicked"
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    window.workspace.notify("The disk is full.", "error")
    window.commands["draw-line"].trigger()
    assert window.banner.text == "The disk is full."


def test_a_drawing_follows_its_joint_to_another_frame(qtbot, open_clip):
    window = open_clip()
    window.commands["draw-line"].trigger()
    click(qtbot, window, joint(window, 1, LEFT_WRIST), (120, 20), last=SHIFT)
    (line,) = drawings(window)
    assert line.along == "vertical" and line.extended
    for frame in (20, 45):
        go_to(qtbot, window, frame)
        x = round(float(joint(window, 1, LEFT_WRIST)[0]))
        column = pixels(window)[460, x - 2 : x + 3].astype(int)
        assert (np.abs(column - MINT).max(axis=1) < 25).any(), "the plumb line goes down to the edge, through the wrist"


def test_a_drag_draws_as_two_clicks_do_and_escape_lets_go(qtbot, open_clip):
    window = open_clip()
    window.commands["draw-line"].trigger()
    drag(qtbot, window, (380, 300), (480, 340))
    (line,) = drawings(window)
    assert not line.people and not line.extended
    np.testing.assert_allclose([(p.x, p.y) for p in line.points], [(380, 300), (480, 340)], atol=1.5)
    window.commands["draw-angle"].trigger()
    click(qtbot, window, (380, 300), (480, 340))
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert window.view.tool == "look" and drawings(window) == (line,)
    window.commands["draw-line"].trigger()
    click(qtbot, window, (500, 300), (500, 300))
    assert drawings(window) == (line,), "a line has a length"


def test_a_chosen_drawing_is_moved_extended_deleted_and_brought_back(qtbot, open_clip):
    window = open_clip()
    window.commands["draw-line"].trigger()
    click(qtbot, window, (380, 300), (480, 300))
    assert not window.commands["undo"].text().endswith("line 2")
    drag(qtbot, window, (480, 300), (480, 400))
    (moved,) = drawings(window)
    assert moved.number == 1 and moved.points[1].y == pytest.approx(400, abs=1.5)
    drag(qtbot, window, (480, 400), joint(window, 2, LEFT_ANKLE) + 3)
    assert drawings(window)[0].points[1].keypoint == LEFT_ANKLE, "a point that is moved onto a joint is tied to it"
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert not window.commands["delete-drawing"].isEnabled()
    spots = np.array([(p.x, p.y) for p in drawings(window)[0].points])
    short = mint(window)
    click(qtbot, window, spots.mean(axis=0))
    qtbot.keyClick(window, Qt.Key.Key_X)
    assert drawings(window)[0].extended and mint(window) > short
    qtbot.keyClick(window, Qt.Key.Key_Delete)
    assert drawings(window) == () and mint(window) == 0
    window.commands["undo"].trigger()
    assert drawings(window)[0].extended and mint(window) > short
    for _ in range(4):
        window.commands["undo"].trigger()
    assert drawings(window) == () and window.commands["redo"].text() == "Redo: draw line 1"


def test_the_switch_hides_them_and_a_tool_shows_them_again(qtbot, open_clip):
    window = open_clip()
    draw_reach(qtbot, window)
    assert mint(window) > 100
    qtbot.keyClick(window, Qt.Key.Key_V)
    assert mint(window) == 0 and not window.workspace.layers.drawings
    window.commands["draw-line"].trigger()
    assert window.workspace.layers.drawings


def test_right_click_and_tooltip_are_about_the_drawing_under_the_mouse(qtbot, open_clip):
    window = open_clip()
    window.commands["draw-line"].trigger()
    click(qtbot, window, (380, 300), (480, 300))
    window.hand.choose(None)
    spot = place(window, (430, 301))
    QApplication.sendEvent(
        window.view, QContextMenuEvent(QContextMenuEvent.Reason.Mouse, spot, window.view.mapToGlobal(spot))
    )
    (menu,) = (menu for menu in window.findChildren(QMenu) if menu.isVisible())
    words = [action.text() for action in menu.actions()]
    assert words[0].startswith("Line 1: ") and words[0].endswith("°") and "Delete the drawing" in words
    assert "Name the drawing…" in words
    menu.close()
    assert window.hand.chosen == 1


def test_values_come_as_a_curve_and_as_a_table(qtbot, open_clip):
    window = open_clip()
    draw_reach(qtbot, window)
    window.workspace.choose(2)
    assert window.curves.quantity.findText("Drawing: distance 1") < 0, "it is about person 1"
    window.workspace.choose(1)
    window.curves.quantity.setCurrentIndex(window.curves.quantity.findText("Drawing: distance 1"))
    qtbot.waitUntil(lambda: len(window.curves.columns()[0][1]) == FRAMES)
    name, values = window.curves.columns()[2]
    end = np.array([drawings(window)[0].points[1].x, drawings(window)[0].points[1].y])
    wrist = window.workspace.run.edited.result(30).smoothed.keypoints[0, LEFT_WRIST]
    assert "(px)" in name and values[30] == pytest.approx(np.linalg.norm(wrist - end), abs=0.01)
    window.commands["export"].trigger()
    dialog = window.exports.dialog
    dialog.choose("drawings")
    path = Path(dialog.path.text())
    dialog.start.click()
    qtbot.waitUntil(lambda: "Written" in dialog.status.text())
    dialog.close()
    with path.open(encoding="utf-8") as file:
        row = next(row for row in csv.DictReader(file) if row["frame"] == "30")
    assert float(row["distance_1_px"]) == pytest.approx(values[30], abs=0.01)
    window.workspace.undo()
    assert window.curves.quantity.findText("Drawing: distance 1") < 0


@pytest.mark.parametrize("way", LEFT_BEHIND)
def test_they_are_in_all_that_leaves_the_program(qtbot, open_clip, tmp_path, way):
    window = open_clip()
    draw_reach(qtbot, window)
    if way == "record":
        qtbot.keyClick(window, Qt.Key.Key_R)
        go_to(qtbot, window, 23)
        qtbot.keyClick(window, Qt.Key.Key_R)
    elif way == "share":
        window.workspace.edit(SetDrawing(2, "line", (DrawnPoint(0, 400), DrawnPoint(600, 400))))
        window.commands["share-picture"].trigger()
    else:
        window.commands["snapshot"].trigger()
    saved = f"*{LEFT_BEHIND[way]}"
    qtbot.waitUntil(lambda: any(path.name in window.banner.text for path in tmp_path.rglob(saved)))
    (path,) = tmp_path.rglob(saved)
    if path.suffix == ".png":
        picture = cv2.imread(str(path))[..., ::-1]
    else:
        with VideoFile(path) as video:
            picture = next(iter(video)).image
    assert (np.abs(picture.astype(int) - MINT).max(axis=2) < 60).sum() > 100


def test_a_name_is_given_by_a_double_click_and_stands_in_curves_and_tables(qtbot, open_clip):
    window = open_clip()
    draw_reach(qtbot, window)
    window.workspace.choose(1)
    middle = (joint(window, 1, LEFT_WRIST) + np.array((400, 300))) / 2
    for name in ("Reach, UP", "Reach, UP"):
        window.hand.choose(None)
        qtbot.mouseDClick(window.view, Qt.MouseButton.LeftButton, pos=place(window, middle))
        dialog = window.findChild(QInputDialog)
        assert dialog.textValue() == ("" if name not in [one.name for one in drawings(window)] else name)
        dialog.setTextValue(f"  {name} " + 300 * " ")
        dialog.accept()
        dialog.deleteLater()
        qtbot.waitUntil(lambda: window.findChild(QInputDialog) is None)
    assert [one.name for one in drawings(window)] == ["Reach, UP"]
    assert window.curves.quantity.findText("Drawing: Reach, UP") > 0
    draw_reach(qtbot, window)
    window.drawing.name(2, "Reach, UP")
    words = [window.curves.quantity.itemText(row) for row in range(window.curves.quantity.count())]
    assert words[-2:] == ["Drawing: Reach, UP (1)", "Drawing: Reach, UP (2)"]
    window.exports.export("drawings", path := window.files.new_file("drawings.csv"))
    qtbot.waitUntil(path.exists)
    qtbot.waitUntil(lambda: "Exported" in window.banner.text)
    with path.open(encoding="utf-8") as file:
        assert next(csv.reader(file)) == ["frame", "time_s", "Reach,_UP_(1)_px", "Reach,_UP_(2)_px"]
    window.drawing.name(1, " ")
    assert drawings(window)[0].name == "" and window.curves.quantity.findText("Drawing: distance 1") > 0


def test_they_are_there_again_when_the_session_is_opened_again(qtbot, open_clip, clip):
    window = open_clip()
    draw_reach(qtbot, window)
    kept = drawings(window)
    window.commands["close"].trigger()
    assert not window.hand.drawn.drawings and not window.commands["draw-line"].isEnabled()
    window.files.open_path(clip)
    qtbot.waitUntil(lambda: window.workspace.run is not None and window.view.picture is not None)
    assert window.hand.drawn.drawings == kept


def test_a_camera_can_be_drawn_on(qtbot, window, studio):
    window.workspace.open_camera("camera:0", folder=studio.folder / "live")
    qtbot.waitUntil(lambda: window.view.picture is not None and window.view.picture.result is not None)
    window.commands["draw-line"].trigger()
    click(qtbot, window, (500, 440), (620, 440), last=SHIFT)
    assert [one.along for one in drawings(window)] == ["horizontal"] and mint(window) > 500


def test_a_name_takes_the_place_of_no_other_curve_and_a_new_one_keeps_the_curve(qtbot, open_clip):
    window = open_clip()
    draw_reach(qtbot, window)
    window.workspace.choose(1)
    chosen = window.curves.quantity
    qtbot.waitUntil(lambda: len(window.curves.columns()[0][1]) == FRAMES)
    chosen.setCurrentIndex(chosen.findData("x"))
    across = window.curves.columns()[2][1]
    window.drawing.name(1, "x")
    assert (window.curves.columns()[2][1] == across).all(), "it is still about the joint"
    chosen.setCurrentIndex(chosen.findText("Drawing: x"))
    window.drawing.name(1, "Reach")
    assert chosen.currentText() == "Drawing: Reach" and "Reach" in window.curves.columns()[2][0]


def test_menus_show_names_as_they_are_and_shorten_long_ones(qtbot, open_clip):
    window = open_clip()
    draw_reach(qtbot, window)
    window.drawing.name(1, "Bend & reach")
    assert window.commands["undo"].text() == "Undo: draw Bend && reach", "an & is no key"
    middle = (joint(window, 1, LEFT_WRIST) + np.array((400, 300))) / 2
    window.drawing.name(1, 200 * "W")
    spot = place(window, middle)
    QApplication.sendEvent(
        window.view, QContextMenuEvent(QContextMenuEvent.Reason.Mouse, spot, window.view.mapToGlobal(spot))
    )
    (menu,) = (menu for menu in window.findChildren(QMenu) if menu.isVisible())
    title = menu.actions()[0].text()
    assert len(title) < 80 and title.startswith("WWW") and title.endswith(" px")
    menu.close()


def shown_dialog(window):
    (dialog,) = (one for one in window.findChildren(DrawingDialog) if one.isVisible())
    return dialog


def type_numbers(qtbot, fields, x, y):
    for box, value in ((fields.left, x), (fields.top, y)):
        box.selectAll()
        qtbot.keyClicks(box, str(value))


def tie(qtbot, fields, words):
    for _ in range(fields.joint.findText(words)):
        qtbot.keyClick(fields.joint, Qt.Key.Key_Down)
    assert fields.joint.currentText() == words and not fields.left.isEnabled()


def test_an_angle_is_drawn_by_keys_from_joints_and_numbers(qtbot, open_clip):
    window = open_clip()
    before = pixels(window)
    qtbot.keyClick(window, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier | SHIFT)
    dialog = shown_dialog(window)
    first, vertex, last = dialog.points
    tie(qtbot, first, "Person 1, left hip")
    tie(qtbot, vertex, "Person 1, left knee")
    type_numbers(qtbot, last, 500, "400,5")
    seen = pixels(window)
    assert (seen != before).any() and not drawings(window), "it is seen before it is agreed to"
    press(dialog, "Draw")
    (angle,) = drawings(window)
    assert angle.kind == "angle" and window.hand.chosen == angle.number
    assert [(one.track_id, one.keypoint) for one in angle.points[:2]] == [(1, LEFT_HIP), (1, LEFT_KNEE)]
    assert angle.points[2] == DrawnPoint(500, 400.5)
    assert "follows the left hip and left knee of person 1." in window.banner.text


@pytest.mark.parametrize(("kind", "extended"), [("line", True), ("distance", False)])
def test_a_line_or_distance_of_numbers_is_held_plumb_as_with_shift(qtbot, open_clip, kind, extended):
    window = open_clip()
    window.commands["type-drawing"].trigger()
    dialog = shown_dialog(window)
    dialog.kind.setFocus()
    qtbot.keyClicks(dialog.kind, kind[0])
    first, vertex, last = dialog.points
    assert not vertex.left.isVisible() and dialog.extended.isVisible() == extended
    type_numbers(qtbot, first, 100, 50)
    type_numbers(qtbot, last, 140, 250)
    qtbot.keyClicks(dialog.held, "Vertical")
    if extended:
        qtbot.keyClick(dialog.extended, Qt.Key.Key_Space)
    press(dialog, "Draw")
    assert drawings(window) == (SetDrawing(1, kind, (DrawnPoint(100, 50), DrawnPoint(100, 250)), "vertical", extended),)


def test_the_next_drawing_is_chosen_and_changed_by_keys_or_left_as_it_was(qtbot, open_clip):
    window = open_clip()
    draw_reach(qtbot, window)
    window.workspace.edit(SetDrawing(2, "line", (DrawnPoint(10, 20), DrawnPoint(90, 20)), name="Floor"))
    window.hand.choose(None)
    for number in (1, 2, 1):
        qtbot.keyClick(window, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
        assert window.hand.chosen == number
    before = drawings(window)
    seen = pixels(window)
    window.commands["change-drawing"].trigger()
    dialog = shown_dialog(window)
    assert dialog.points[0].joint.currentText() == "Person 1, left wrist" and dialog.kind.count() == 1
    type_numbers(qtbot, dialog.points[1], 300, 100)
    assert (pixels(window) != seen).any()
    press(dialog, "Cancel")
    assert drawings(window) == before and (pixels(window) == seen).all()
    window.hand.choose(2)
    window.commands["change-drawing"].trigger()
    dialog = shown_dialog(window)
    type_numbers(qtbot, dialog.points[1], 10, 20)
    (change,) = (one for one in dialog.buttons.buttons() if one.text() == "Change")
    assert not change.isEnabled(), "its points are one"
    type_numbers(qtbot, dialog.points[1], 90, 60)
    press(dialog, "Change")
    assert drawings(window)[1] == SetDrawing(2, "line", (DrawnPoint(10, 20), DrawnPoint(90, 60)), name="Floor")


def test_joints_of_the_chosen_person_alone_are_offered_as_to_the_mouse(open_clip):
    window = open_clip()
    window.workspace.choose(2)
    window.commands["type-drawing"].trigger()
    joint_box = shown_dialog(window).points[0].joint
    assert joint_box.count() == 1 + 17 and joint_box.itemText(1) == "Person 2, nose"
    shown_dialog(window).reject()
