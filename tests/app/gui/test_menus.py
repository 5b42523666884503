"""Edit menu with names, right-click menus, and what the picture tells about joints and the region."""

from PySide6.QtCore import QPoint, QPointF
from PySide6.QtGui import QContextMenuEvent, QHelpEvent
from PySide6.QtWidgets import QApplication, QDialog, QMenu, QToolTip

from app.gui.commands.actions import COMMANDS
from ppnet.skeleton import COCO_17
from tests.app.gui.conftest import go_to, press
from tracking.session.edits import DrawnPoint, SetDrawing, SwapIds
from tracking.video.camera import CameraInfo

WRIST = COCO_17.index("left_wrist")


def place_of(window, person: int, joint: int) -> QPointF:
    result = window.view.picture.result
    row = list(result.tracks.ids).index(person)
    x, y = window.view.transform.to_widget(result.smoothed.keypoints[row, joint])
    return QPointF(x, y)


def words_of(menu: QMenu) -> list[str]:
    return [action.text() for action in menu.actions() if action.text()]


def test_undo_and_redo_say_what_they_would_do(open_clip):
    window = open_clip()
    window.workspace.edit(SwapIds(1, 2, from_frame=0))
    assert "Undo: swap people 1 and 2" in words_of(window.commands.menus["Edit"])
    window.commands["undo"].trigger()
    assert {"Undo", "Redo: swap people 1 and 2"} <= set(words_of(window.commands.menus["Edit"]))
    assert not window.commands["undo"].isEnabled()


def test_a_right_click_on_a_joint_offers_what_can_be_done_to_it(qtbot, open_clip):
    window = open_clip()
    spot = place_of(window, 2, WRIST).toPoint()
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, spot, window.view.mapToGlobal(spot))
    QApplication.sendEvent(window.view, event)
    qtbot.waitUntil(lambda: QApplication.activePopupWidget() is not None)
    menu = QApplication.activePopupWidget()
    words = words_of(menu)
    assert words[0].startswith("Person 2: left wrist, confidence ") and "Rename…" in words
    assert "Fill in between corrected frames" in words and window.workspace.people.chosen == 2
    next(action for action in menu.actions() if action.text() == "Follow only this person").trigger()
    menu.close()
    assert window.workspace.run.edited.plan.only == 2


def test_two_people_marked_in_the_list_can_be_swapped_by_the_menu(qtbot, open_clip):
    window = open_clip()
    qtbot.waitUntil(lambda: window.people.list.topLevelItemCount() == 2)
    window.people.list.selectAll()
    window.people.list.customContextMenuRequested.emit(QPoint(5, 5))
    menu = QApplication.activePopupWidget()
    assert words_of(menu)[1:] == ["Swap two people from here on", "Merge two people"]
    menu.close()


def test_a_joint_tells_its_name_and_that_a_hand_set_it(qtbot, open_clip):
    window = open_clip()

    def told() -> str:
        spot = place_of(window, 1, WRIST).toPoint()
        QApplication.sendEvent(window.view, QHelpEvent(QHelpEvent.Type.ToolTip, spot, window.view.mapToGlobal(spot)))
        return QToolTip.text()

    assert told().startswith("left wrist, confidence ") and "To move it, click the person first" in told()
    window.workspace.choose(1)
    assert told().startswith("left wrist, confidence ") and "To move it" not in told()
    plain = window.view.snapshot()
    x, y = window.view.picture.result.smoothed.keypoints[0, WRIST]
    window.people_commands.move_joint(1, WRIST, float(x), float(y))
    go_to(qtbot, window, 20)
    qtbot.waitUntil(lambda: told() == "left wrist, set by hand")
    assert window.view.snapshot() != plain, "and so does the picture"


def test_a_region_stays_visible_until_it_is_taken_back(qtbot, open_clip):
    window = open_clip()
    bare = window.view.grab().toImage()
    window.view.regionDrawn.emit((300.0, 100.0, 600.0, 400.0))
    window.banner.hide()
    outlined = window.view.grab().toImage()
    x, y = (round(float(value)) for value in window.view.transform.to_widget((450.0, 400.0)))
    near = [outlined.pixelColor(x, row) != bare.pixelColor(x, row) for row in range(y - 2, y + 3)]
    assert any(near)
    window.controls.region.click()
    assert window.workspace.settings.region is None and window.view.grab().toImage() == bare


def test_a_region_offers_to_track_again_and_the_button_does_it(qtbot, open_clip):
    window = open_clip()
    before = window.workspace.run.session.path
    window.view.regionDrawn.emit((300.0, 100.0, 600.0, 400.0))
    assert window.banner.button.text() == "Track again"
    first = window.workspace.run
    window.banner.button.click()
    qtbot.waitUntil(lambda: window.workspace.run not in (None, first))
    assert window.workspace.run.session.path == before
    assert window.workspace.run.settings.region == (300.0, 100.0, 600.0, 400.0)
    window.workspace.close_run()
    assert window.workspace.settings.region is None, "a place in one video says nothing about the next"


def dialogs() -> list[QDialog]:
    return [one for one in QApplication.allWidgets() if isinstance(one, QDialog)]


def test_dialogs_that_are_closed_are_gone(qtbot, open_clip, monkeypatch):
    monkeypatch.setattr("app.gui.commands.file.list_cameras", lambda: (CameraInfo(0, "HD Webcam"),))
    window = open_clip()
    window.workspace.choose(1)
    window.workspace.edit(SetDrawing(1, "line", (DrawnPoint(10, 20), DrawnPoint(90, 20))))
    window.hand.choose(1)
    asking = [one.name for one in COMMANDS if one.words.endswith("…") or one.name == "about"]
    opened = set()
    for name in asking:
        window.commands[name].trigger()
        window.view.take_tool("look")
        for dialog in dialogs():
            if dialog.isVisible():
                opened.add(name)
                dialog.reject()
    asks_no_more = {"scale", "region", "only-person", "rename"}  # tools, and a field in the list
    assert opened == set(asking) - asks_no_more
    qtbot.waitUntil(lambda: dialogs() == [window.exports.batch])


def test_dialogs_that_other_windows_ask_with_are_gone_as_soon_as_they_are_closed(qtbot, open_clip):
    window = open_clip()
    window.commands["export"].trigger()
    window.commands["batch"].trigger()
    window.commands["compare"].trigger()
    windows = window.exports.dialog, window.exports.batch, window.comparing.shown
    assert set(dialogs()) == set(windows)
    press(windows[0], "Choose…")
    for words in ("Add files…", "Add folder…", "Choose…"):
        press(windows[1], words)
    window.comparing.ask_other()
    asked = set(dialogs()) - set(windows)
    assert len(asked) == 5
    for dialog in asked:
        dialog.reject()
    del asked, dialog
    qtbot.waitUntil(lambda: set(dialogs()) == set(windows))
    for dialog in windows:
        dialog.close()
