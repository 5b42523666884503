"""A coach without a mouse: everything from opening a video to closing it by keys alone."""

import csv
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QFileDialog,
    QSlider,
    QTabBar,
    QWidget,
)

from app.gui.dialogs.move_joint import MoveJointDialog
from tests.app.gui.conftest import go_to, shown_frame
from tests.results import made_result

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
Key = Qt.Key
CONTROLS = (QAbstractButton, QComboBox, QSlider, QAbstractSpinBox, QTabBar)


@pytest.fixture
def keys(qtbot, window):
    """Presses keys as the keyboard does: for whatever has the focus."""

    def press(*pressed, modifier=Qt.KeyboardModifier.NoModifier) -> None:
        for key in pressed:
            QApplication.processEvents()
            if QApplication.activeWindow() is None:  # there is no desktop that does it after a dialog
                window.activateWindow()
                QApplication.processEvents()
            front = QApplication.activeModalWidget() or QApplication.activePopupWidget() or QApplication.activeWindow()
            target = front.focusWidget() or front
            if isinstance(key, str):
                qtbot.keyClicks(target, key)
            else:
                qtbot.keyClick(target, key, modifier)

    return press


def test_from_opening_a_video_to_closing_it_by_keys_alone(qtbot, window, clip, tmp_path, keys):
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    keys(Key.Key_O, modifier=CTRL)
    (chooser,) = window.findChildren(QFileDialog)
    qtbot.waitUntil(chooser.isVisible)
    keys(str(clip), Key.Key_Return)
    qtbot.waitUntil(lambda: window.workspace.run is not None and window.workspace.run.session.complete)
    window.activateWindow()
    keys(Key.Key_K)
    go_to(qtbot, window, 10)
    keys(Key.Key_I)
    keys(Key.Key_Right)
    qtbot.waitUntil(lambda: shown_frame(window) == 11)
    keys(Key.Key_Right, modifier=SHIFT)
    qtbot.waitUntil(lambda: shown_frame(window) == 21 and window.view.picture.result is not None)
    keys(Key.Key_M)
    qtbot.waitUntil(lambda: window.people.list.topLevelItemCount() == 2)  # numbers are of those who are known
    keys("1")
    keys(Key.Key_G)
    assert window.workspace.layers.angles
    keys(Key.Key_P, modifier=SHIFT)
    dialog = QApplication.activeModalWidget()
    keys(*9 * [Key.Key_Down])
    assert dialog.joint.currentText() == "Left wrist"
    keys(Key.Key_Tab, Key.Key_PageUp, Key.Key_Up)
    x = dialog.left.value()
    shown = window.view.picture.result
    assert shown.smoothed.keypoints[0, 9, 0] == pytest.approx(x), "it is seen while it moves"
    keys(Key.Key_Return)
    joint = window.workspace.run.session.newest_edit
    assert (joint.track_id, joint.keypoint, joint.frame_index, joint.x) == (1, 9, 21, pytest.approx(x))
    keys(Key.Key_Z, modifier=CTRL)
    assert window.workspace.run.session.newest_edit != joint
    qtbot.waitUntil(lambda: window.view.picture.result.smoothed.keypoints[0, 9, 0] != pytest.approx(x))
    keys(Key.Key_Right, modifier=SHIFT)
    qtbot.waitUntil(lambda: shown_frame(window) == 31)
    keys(Key.Key_O)
    assert window.workspace.run.edited.plan.span.end_s is not None
    keys(Key.Key_E, modifier=CTRL)
    export = window.exports.dialog
    qtbot.waitUntil(export.isVisible)
    export.activateWindow()
    table = Path(export.path.text())
    press_by_tab(keys, export, "Export")
    qtbot.waitUntil(lambda: export.status.text().startswith("Written"))
    keys(Key.Key_Escape)
    qtbot.waitUntil(lambda: window.exports.dialog is None)
    assert len(list(csv.reader(table.open()))) == 1 + 2 * 22
    window.activateWindow()
    keys(Key.Key_E, modifier=CTRL | SHIFT)
    qtbot.waitUntil(lambda: "Ready to share" in window.banner.text)
    preset = next(button for button in window.controls.presets.buttons() if button.text() == "Fast")
    window.view.setFocus()
    tab_to(keys, window, preset)
    keys(Key.Key_Space)
    assert window.workspace.settings.detect_every == 6
    keys(Key.Key_W, modifier=CTRL)
    qtbot.waitUntil(lambda: window.start.isVisible())


def tab_to(keys, window: QWidget, wanted: QWidget) -> None:
    for _ in range(80):
        if window.focusWidget() is wanted:
            return
        keys(Key.Key_Tab)
    raise AssertionError(f"Tab does not come to {wanted}")


def press_by_tab(keys, window: QWidget, words: str) -> None:
    (button,) = (one for one in window.findChildren(QAbstractButton) if one.text() == words)
    tab_to(keys, window, button)
    keys(Key.Key_Return)


def test_a_joint_that_is_not_moved_after_all_stays(qtbot, open_clip, keys):
    window = open_clip()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    qtbot.waitUntil(lambda: window.people.list.topLevelItemCount() == 2)  # numbers are of those who are known
    keys("1")

    def x() -> float:
        return float(window.view.picture.result.smoothed.keypoints[0, 0, 0])

    before = x()
    keys(Key.Key_P, modifier=SHIFT)
    keys(Key.Key_Tab, Key.Key_PageUp)
    qtbot.waitUntil(lambda: x() == pytest.approx(before + 10, abs=0.1))
    keys(Key.Key_Escape)
    qtbot.waitUntil(lambda: x() == before)
    assert window.workspace.run.session.newest_edit is None


def test_tab_comes_to_every_control_in_view_and_the_focus_is_seen(qtbot, open_clip, keys):
    window = open_clip()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.controls.advanced.setChecked(True)
    window.view.setFocus()
    seen = []
    for _ in range(120):
        keys(Key.Key_Tab)
        if window.focusWidget() in seen:
            break
        seen.append(window.focusWidget())
    controls = [one for kind in CONTROLS for one in window.findChildren(kind)]
    wanted = [
        one for one in controls if one.isVisible() and one.isEnabled() and one.focusPolicy() & Qt.FocusPolicy.TabFocus
    ]
    assert not [one for one in wanted if one not in seen], [
        (type(one), one.toolTip()) for one in wanted if one not in seen
    ]
    assert len(wanted) > 10
    hidden = [control for control in wanted if not shows_focus(control)]
    assert not hidden, [(type(one), one.toolTip()) for one in hidden]


def shows_focus(control: QWidget) -> bool:
    control.clearFocus()
    QApplication.processEvents()
    before = control.grab().toImage()
    control.setFocus(Qt.FocusReason.TabFocusReason)
    QApplication.processEvents()
    return control.grab().toImage() != before


@pytest.mark.parametrize("chosen", [None, 2])
def test_one_person_is_followed_by_keys(qtbot, open_clip, keys, chosen):
    window = open_clip()
    window.activateWindow()
    qtbot.waitUntil(lambda: window.isActiveWindow() and window.people.list.topLevelItemCount() == 2)
    window.workspace.choose(chosen)
    keys(Key.Key_H, modifier=SHIFT)
    keys("2")
    assert window.workspace.focus.track_id == 2 and window.view.tool == "look"
    keys("1")
    assert window.workspace.focus.track_id == 2, "a number alone only chooses"
    keys(Key.Key_H, modifier=CTRL | SHIFT)
    assert window.workspace.focus.is_everyone


def test_a_joint_of_another_skeleton_moved_last_leaves_one_to_choose(window):
    result = made_result(0, (1,))
    dialog = MoveJointDialog(result, 1, "person 1", 99, parent=window)
    assert dialog.place == (16, *result.smoothed.keypoints[0, 16].tolist())
    dialog.close()
