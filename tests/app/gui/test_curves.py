"""The page of curves: the mouse, the time axis, in and out point."""

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication

from app.gui.look.theme import DARK, LIGHT, apply_theme
from tests.app.gui.conftest import FRAMES, go_to, shown_frame


@pytest.fixture
def curves(qtbot, open_clip):
    """Of person 2, drawn and in view."""
    window = open_clip()
    window.below.setCurrentWidget(window.curves)
    window.workspace.choose(2)
    qtbot.waitUntil(lambda: len(window.curves.columns()[0][1]) == FRAMES)
    qtbot.waitUntil(lambda: seen_s(window.curves)[1] > 1.9)
    return window.curves


def box_of(curves):
    return curves.graph.getPlotItem().getViewBox()


def seen_s(curves) -> tuple[float, float]:
    (first, last), _ = box_of(curves).viewRange()
    return first, last


def place_of(curves, time_s: float) -> QPoint:
    box = box_of(curves)
    middle = box.sceneBoundingRect().center().y()
    across = box.mapViewToScene(QPointF(time_s, 0)).x()
    return curves.graph.mapFromScene(QPointF(across, middle))


def zoom_in(curves, time_s: float) -> None:
    place = QPointF(place_of(curves, time_s))
    viewport = curves.graph.viewport()
    for _ in range(8):
        event = QWheelEvent(
            place, QPointF(viewport.mapToGlobal(place.toPoint())), QPoint(), QPoint(0, 120),
            Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(viewport, event)


def ink(curves, time_s: float) -> float:
    """How far the darkest pixel over a time is from the ground."""
    image = curves.graph.viewport().grab().toImage()
    across = place_of(curves, time_s).x()
    rect = box_of(curves).sceneBoundingRect()
    column = [image.pixelColor(across, y).lightness() for y in range(round(rect.top()) + 2, round(rect.bottom()) - 2)]
    return float(max(column) - min(column))


def test_a_click_goes_there_and_a_double_click_shows_all_again(qtbot, curves):
    window = curves.window()
    qtbot.mouseClick(curves.graph.viewport(), Qt.MouseButton.LeftButton, pos=place_of(curves, 1.5))
    qtbot.waitUntil(lambda: abs((shown_frame(window) or 0) - 45) <= 1)
    whole = seen_s(curves)
    zoom_in(curves, 1.0)
    first, last = seen_s(curves)
    assert first > 0.3 and last < 1.7
    for part in (qtbot.mouseDClick, qtbot.mouseRelease):
        part(curves.graph.viewport(), Qt.MouseButton.LeftButton, pos=place_of(curves, 1.0))
    qtbot.waitUntil(lambda: seen_s(curves) == pytest.approx(whole, abs=0.05))


def test_another_curve_is_seen_after_looking_closer_at_one(qtbot, curves):
    zoom_in(curves, 1.0)
    curves.quantity.setCurrentIndex(curves.quantity.findData("trunk_lean"))
    degrees = curves.columns()[2][1]

    def is_in_view() -> bool:
        _, (low, high) = box_of(curves).viewRange()
        return bool(low <= degrees[30] <= high)

    qtbot.waitUntil(is_in_view)


def test_times_have_their_unit_and_the_picture_says_whose_curve_it_is(curves, tmp_path):
    axis = curves.graph.getPlotItem().getAxis("bottom")
    assert axis.tickStrings([0.5, 1.0], 1.0, 0.5) == ["0.5 s", "1.0 s"]
    assert curves.graph.getPlotItem().titleLabel.text.startswith("Person 2: ")
    curves.savePicture.emit()
    assert [path.name for path in (tmp_path / "videos").rglob("*curve.png")] == ["walk_2_curve.png"]


def test_curves_outside_the_marked_part_are_pale_and_not_in_the_table(qtbot, curves):
    window = curves.window()
    for frame, command in ((20, "in-point"), (39, "out-point")):
        go_to(qtbot, window, frame)
        window.commands[command].trigger()
    qtbot.waitUntil(lambda: len(curves.columns()[0][1]) == 20)
    times = curves.columns()[0][1]
    assert (times[0], times[-1]) == (pytest.approx(20 / 30), pytest.approx(39 / 30))
    qtbot.waitUntil(lambda: ink(curves, 0.3) < ink(curves, 1.0) / 2 and ink(curves, 1.7) < ink(curves, 1.0) / 2)
    zoom_in(curves, 1.3)  # the out point
    qtbot.waitUntil(lambda: ink(curves, 1.36) < ink(curves, 1.3) / 2)
    window.commands["clear-points"].trigger()
    qtbot.waitUntil(lambda: len(curves.columns()[0][1]) == FRAMES)


def test_nobody_is_drawn_under_the_name_of_somebody_else(curves):
    curves.window().workspace.choose(1)
    assert curves.who.text() == "Person 1" and not len(curves.columns()[0][1]), "not read yet"


def test_the_cursor_and_the_legend_change_with_the_look(curves):
    app = QApplication.instance()
    try:
        for look, colours in (("light", LIGHT), ("dark", DARK)):
            apply_theme(app, look)
            assert curves.marker.pen.color().name() == colours.danger
            assert colours.muted in curves.graph.getPlotItem().titleLabel.text
    finally:
        apply_theme(app, "system")
