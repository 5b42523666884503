"""What fits on small screens, what can be read, and which keys and wheels belong to a control."""

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, QRect, Qt, QTimer
from PySide6.QtGui import QImage, QPainter, QWheelEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDialog,
    QDoubleSpinBox,
    QLabel,
    QSpinBox,
    QToolButton,
    QWidget,
)

from app.engine.player import PlayerPosition
from app.engine.recorder import RecordingStats
from app.engine.run_status import RunStatus
from app.gui.application import make_window
from app.gui.picture.overlay import paint_words
from app.gui.start_page import RecentRow, Unfinished
from tests.app.gui.conftest import press


@pytest.mark.parametrize("size", [(1366, 768), (1024, 700)])
def test_messages_leave_the_legend_in_view(qtbot, open_clip, size):
    window = open_clip()
    window.resize(*size)
    window.banner.say("All 60 frames are tracked.", button="Play from the start")
    qtbot.waitUntil(lambda: not window.view.legend.isEmpty() and window.banner.isVisible())
    legend = QRect(window.view.mapTo(window, window.view.legend.topLeft()), window.view.legend.size())
    banner = QRect(window.banner.mapTo(window, QPoint(0, 0)), window.banner.size())
    assert not legend.intersects(banner) and window.rect().contains(legend) and window.rect().contains(banner)
    assert legend.right() < window.view.mapTo(window, window.view.rect().topRight()).x(), "all of it is in view"


@pytest.mark.parametrize("size", [(1366, 768), (1024, 700)])
def test_everything_fits_on_small_screens(qtbot, window, open_clip, size):
    many = [Path(f"/videos/{number}.mp4") for number in range(5)]
    window.start.show_lists(many, [Unfinished(path, path.name, "tracked up to 3.0 s") for path in many])
    window.resize(*size)
    window.banner.say("A long sentence that tells somebody something. " * 4, button="Do it")
    qtbot.waitUntil(lambda: window.start.findChildren(RecentRow)[-1].height() > 20)
    assert (window.width(), window.height()) == size
    open_clip()
    assert (window.width(), window.height()) == size
    bar = window.transport.bar
    assert bar.isVisible() and bar.width() >= 100
    assert window.rect().contains(bar.mapTo(window, bar.rect().bottomRight()))


LONG = RecordingStats(elapsed_s=37250.0, bytes_written=10**11, free_bytes=10**12, dropped=(("raw", 12345),))


def test_the_window_grows_with_no_words(qtbot, window, open_clip):
    open_clip()
    window.resize(1024, 700)
    size = window.width(), window.height()
    window.record_bar.show_recording(LONG, running=True)
    window.record_bar.status.setText("Writing the recording… 50 %")
    window.transport.show_position(PlayerPosition(108_000 * 9, 32_400.0, 108_000 * 9 + 1, 32_400.0))
    QApplication.processEvents()
    assert (window.width(), window.height()) == size
    assert window.transport.bar.width() >= 100
    window.record_bar.show_recording(None, running=False)
    window.workspace.busy_changed.emit(f"Opening {'a_very_long_name' * 15}…")
    QApplication.processEvents()
    assert (window.width(), window.height()) == size
    window.workspace.busy_changed.emit("")


def is_whole(label: QLabel) -> bool:
    """Whether all of it is in view."""
    return label.isVisible() and label.heightForWidth(label.width()) <= label.height()


@pytest.mark.parametrize("status", ["", "Writing the recording… 50 %"])
def test_figures_of_a_recording_are_not_cut_off_on_small_screens(qtbot, window, open_clip, status):
    open_clip()
    window.resize(1024, 700)
    bar = window.record_bar
    bar.show_recording(LONG, running=True)
    bar.status.setText(status)
    qtbot.waitUntil(lambda: is_whole(bar.figures) and is_whole(bar.status))
    widths = [bar.figures.fontMetrics().horizontalAdvance(part) for part in bar.figures.text().split("   ")]
    assert len(widths) == 4 and max(widths) <= bar.figures.width()
    bar.show_recording(None, running=False)


@pytest.mark.parametrize("is_live", [False, True])
def test_names_of_curves_are_not_cut_off_on_small_screens(window, open_clip, is_live):
    open_clip()
    window.resize(1024, 700)
    window.below.setCurrentWidget(window.performance)
    QApplication.processEvents()
    window.performance.add(RunStatus(is_live=is_live))
    window.performance.layout().activate()  # no event meanwhile that tells of the file again
    shown = [label for label in window.performance.legends if label.isVisible()]
    assert len(shown) == (4 if is_live else 3)
    assert all(is_whole(label) for label in shown)


def test_the_first_window_fits_the_screen(qtbot, studio):
    window = make_window(QApplication.instance(), factories=studio.factories())
    qtbot.addWidget(window)
    room = window.screen().availableSize()
    assert room.width() < 1400, "this screen is a small one"
    assert window.width() <= room.width() and window.height() < room.height(), "its title stands above"
    window.close()


def test_every_other_window_fits_the_smallest_screen(qtbot, open_clip):
    window = open_clip()
    for name in ("compare", "export", "batch", "shortcuts", "about"):
        window.commands[name].trigger()
    opened = [dialog for dialog in QApplication.topLevelWidgets() if isinstance(dialog, QDialog) and dialog.isVisible()]
    assert len(opened) == 5
    for dialog in opened:
        room, least = dialog.screen().availableSize(), dialog.minimumSizeHint().expandedTo(dialog.minimumSize())
        assert dialog.width() <= room.width() and dialog.height() < room.height(), dialog.windowTitle()
        assert least.width() <= 1024 and least.height() < 660, dialog.windowTitle()
        dialog.close()


def test_a_message_stands_at_the_foot_of_the_first_page_too(qtbot, open_clip):
    window = open_clip()
    window.banner.say("Ready to share: walk_slow.mp4", button="Show in folder", lasting=True)
    window.commands["close"].trigger()
    qtbot.waitUntil(lambda: window.start.isVisible())
    foot = window.start.mapTo(window, window.start.rect().bottomLeft()).y()
    assert window.banner.isVisible() and foot - window.banner.geometry().bottom() < 50


@pytest.mark.parametrize(("kind", "is_left"), [("info", False), ("error", True)])
def test_news_of_a_file_is_not_kept_for_ever_over_the_next_one(qtbot, window, kind, is_left):
    window.banner.say("Ready to share: walk_slow.mp4", kind=kind, lasting=True)
    timers = window.banner.findChildren(QTimer)
    assert not any(timer.isActive() for timer in timers), "it stays as long as its file does"
    window.banner.forget()
    assert window.banner.isVisible(), "it may have been said just now, while the file was closed"
    for timer in timers:
        if timer.isActive():
            timer.timeout.emit()
    assert window.banner.isVisible() is is_left


def test_every_box_of_numbers_is_dressed(qtbot, window):
    boxes = [kind(window) for kind in (QSpinBox, QDoubleSpinBox)]
    looks = []
    for box in boxes:
        box.setSpecialValueText("3")  # the same words
        box.resize(120, 30)
        box.show()
        image = box.grab().toImage()
        looks.append([image.pixel(x, y) for x in range(90, 120) for y in range(30)])
    assert looks[0] == looks[1] and len(set(looks[0])) > 5


def test_a_message_moves_nothing(open_clip):
    window = open_clip()
    window.banner.hide()
    QApplication.processEvents()
    before = window.view.mapTo(window, QPoint(0, 0)), window.view.size()
    window.banner.say("Something happened.", button="Undo it")
    QApplication.processEvents()
    assert (window.view.mapTo(window, QPoint(0, 0)), window.view.size()) == before
    assert window.view.rect().contains(
        window.view.mapFromGlobal(window.banner.mapToGlobal(window.banner.rect().center()))
    )


def test_the_row_under_the_mouse_can_be_read_in_every_drop_down(qtbot, window):
    box = QComboBox(window)
    box.addItems(["walk", "run"])
    box.show()
    box.showPopup()
    box.view().setCurrentIndex(box.model().index(1, 0))
    row = box.view().visualRect(box.model().index(1, 0))
    image = box.view().viewport().grab(row).toImage()
    colours = {image.pixelColor(x, y).rgb() for x in range(image.width()) for y in range(image.height())}
    box.hidePopup()
    assert len(colours) > 2, "the words have the colour of the row"


def test_who_looks_for_a_methods_section_finds_it_among_the_exports(qtbot, open_clip):
    window = open_clip()
    qtbot.keyClick(window, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    shown = window.exports.dialog.list
    (row,) = shown.findItems("Methods section", Qt.MatchFlag.MatchContains)
    qtbot.mouseClick(shown.viewport(), Qt.MouseButton.LeftButton, pos=shown.visualItemRect(row).center())
    path = Path(window.exports.dialog.path.text())
    press(window.exports.dialog, "Export")
    qtbot.waitUntil(lambda: window.exports.dialog.status.text().startswith("Written"))
    assert "Poses were estimated with PPNet Live" in path.read_text(encoding="utf-8")
    window.exports.dialog.close()


def test_exports_of_a_session_that_lies_elsewhere_go_beside_it(qtbot, open_clip, tmp_path):
    window = open_clip(anew=True)  # it knows where its video lies
    place = tmp_path / "batch" / "walk_session.ppnet"
    path = window.workspace.run.session.path
    window.commands["close"].trigger()
    qtbot.waitUntil(lambda: window.workspace.run is None)
    place.parent.mkdir()
    path.rename(place)
    window.files.open_path(place)
    qtbot.waitUntil(lambda: window.workspace.run is not None)
    window.commands["export"].trigger()
    assert Path(window.exports.dialog.path.text()) == place.parent / "walk_keypoints.csv"
    window.exports.dialog.close()


def test_no_explanation_of_an_export_is_cut_off(open_clip):
    window = open_clip()
    window.commands["export"].trigger()
    shown = window.exports.dialog.list
    room = shown.viewport().width() - 44  # about the words of a row
    lines = [line for row in range(shown.count()) for line in shown.item(row).text().splitlines()]
    assert [line for line in lines if shown.fontMetrics().horizontalAdvance(line) > room] == []
    window.exports.dialog.close()


def test_the_export_list_shows_which_format_is_chosen(qtbot, open_clip):
    window = open_clip()
    window.exports.ask()
    dialog = next(w for w in QApplication.topLevelWidgets() if w.windowTitle() == "Export" and w.isVisible())
    shown = dialog.list.viewport().grab().toImage()
    first, second = (dialog.list.visualItemRect(dialog.list.item(row)) for row in (0, 1))
    spots = [shown.pixelColor(rect.right() - 12, rect.center().y()) for rect in (first, second)]
    assert abs(spots[0].lightness() - spots[1].lightness()) > 60
    dialog.close()


def turn_wheel(widget) -> None:
    spot = QPointF(widget.rect().center())
    QApplication.sendEvent(
        widget,
        QWheelEvent(
            spot,
            QPointF(widget.mapToGlobal(spot.toPoint())),
            QPoint(),
            QPoint(0, -120),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        ),
    )


def test_the_wheel_scrolls_the_page_and_changes_no_setting(window):
    before = window.workspace.settings
    window.controls.advanced.setChecked(True)
    widgets = window.controls.widgets
    strength = widgets["smoothing.strength"].slider
    for control in (widgets["detector.model"], widgets["detect_every"], strength):
        control.setFocus()
        turn_wheel(control)
    assert strength.value() == round(before.smoothing.strength)
    assert window.workspace.settings == before


def test_what_is_being_made_stands_in_one_line(qtbot, window, open_clip):
    bar = open_clip().record_bar
    high = bar.height()
    bar.status.setText("Making the clip… 96 %")
    bar.layout().activate()
    qtbot.wait(50)
    assert bar.height() == high and bar.status.width() >= bar.status.fontMetrics().horizontalAdvance(bar.status.text())


def test_the_bar_keeps_its_length_while_numbers_of_frames_grow(window, open_clip):
    bar = open_clip().transport.bar
    lengths = set()
    for index in (9, 10, 99, 100, 299):
        window.transport.show_position(PlayerPosition(index, index / 30, 300, 10.0))
        window.transport.layout().activate()
        lengths.add(bar.width())
    assert len(lengths) == 1


def test_the_clock_is_whole_before_the_length_of_the_video_is_known(window, open_clip):
    transport = open_clip().transport
    transport.show_position(PlayerPosition(108_000 * 9, 32_400.0, 0, 0.0))
    transport.resize(transport.minimumSizeHint())
    transport.layout().activate()
    for label in (transport.clock, transport.frame):
        assert label.width() >= label.fontMetrics().horizontalAdvance(label.text())


def test_the_wheel_takes_no_keys_away_from_the_picture(window):
    by_wheel = [
        type(one).__name__ for one in window.findChildren(QWidget) if one.focusPolicy() == Qt.FocusPolicy.WheelFocus
    ]
    assert not by_wheel


def test_words_of_a_drop_down_are_shortened_and_not_cut_off(window):
    window.controls.advanced.setChecked(True)
    box = window.controls.widgets["smoothing.kind"]
    box.resize(190, box.height())
    assert box.currentText().startswith("Kalman filter: ") and box.fitting_words() == "Kalman filter"
    box.resize(900, box.height())
    assert box.fitting_words() == box.currentText()


def test_space_acts_on_the_control_that_was_reached_by_tab(qtbot, open_clip):
    window = open_clip()
    window.controls.advanced.setChecked(True)
    box = window.controls.widgets["network.flip"]
    box.setFocus(Qt.FocusReason.TabFocusReason)
    playing, before = window.workspace.run.player.position().is_playing, box.isChecked()
    qtbot.keyClick(box, Qt.Key.Key_Space)
    assert box.isChecked() is not before
    qtbot.keyClick(box, Qt.Key.Key_Return)
    assert box.isChecked() is before
    assert window.workspace.run.player.position().is_playing is playing


def test_a_click_leaves_the_focus_so_that_space_plays(qtbot, open_clip):
    window = open_clip()
    window.view.setFocus()
    window.controls.advanced.setChecked(True)
    qtbot.mouseClick(window.controls.widgets["network.flip"], Qt.MouseButton.LeftButton)
    assert window.focusWidget() is window.view
    assert not [b.text() for b in window.findChildren(QAbstractButton) if b.focusPolicy() & Qt.FocusPolicy.ClickFocus]
    window.people.list.setFocus(Qt.FocusReason.MouseFocusReason)
    qtbot.keyClick(window.people.list, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: window.workspace.run.player.position().is_playing)


def test_what_a_coach_needs_stands_first_and_the_numbers_under_advanced(window):
    controls = window.controls
    first = (controls.one, controls.region, controls.widgets["tracker.max_people"])
    numbers = [controls.widgets[name] for name in ("smoothing.min_score", "detect_every", "network.device")]
    assert all(widget.isVisibleTo(controls) for widget in first)
    assert not any(widget.isVisibleTo(controls) for widget in numbers)
    controls.advanced.click()
    assert all(widget.isVisibleTo(controls) for widget in numbers)


def test_whoever_hears_the_window_is_told_what_each_control_is_for(window):
    labelled = {label.buddy() for label in window.findChildren(QLabel)}
    controls = [*window.findChildren(QComboBox), *window.findChildren(QAbstractSpinBox)]
    controls += [*window.findChildren(QAbstractSlider), *window.findChildren(QToolButton)]
    nameless = [
        control
        for control in controls
        if control.focusPolicy() != Qt.FocusPolicy.NoFocus and not control.objectName().startswith("qt_")
        if not control.accessibleName() and control not in labelled and not getattr(control, "text", str)()
    ]
    assert len(controls) > 20 and not nameless, [(type(one), one.toolTip(), one.parent()) for one in nameless]


@pytest.mark.parametrize("width", [320, 660])
def test_notes_on_the_picture_are_broken_where_it_ends(qtbot, width):
    said = (
        "To keep up, the program looks for people half as often and reads people who hold still in every second frame"
    )
    image, stage = QImage(width, 300, QImage.Format.Format_RGB32), QRect(0, 0, width, 300)
    with QPainter(image) as painter:
        short = paint_words(painter, stage, "Skeletons are 278 ms behind")
        long = paint_words(painter, stage, f"Skeletons are 278 ms behind\n{said}")
    assert stage.contains(long) and long.height() > 2 * (short.height() - 10)


def test_a_note_goes_up_again_where_a_smaller_window_would_hide_it(qtbot):
    image, words = QImage(400, 600, QImage.Format.Format_RGB32), "Click the person to follow"
    with QPainter(image) as painter:
        usual = paint_words(painter, QRect(0, 0, 400, 600), words)
        number = QRect(usual.left(), usual.top(), 30, 400)
        low = paint_words(painter, QRect(0, 0, 400, 600), words, plates=[number], last=usual)
        assert low.top() > number.bottom() and paint_words(painter, QRect(0, 0, 400, 600), words, last=low) == low
        assert paint_words(painter, QRect(0, 0, 400, 300), words, last=low) == usual
