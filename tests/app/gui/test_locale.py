"""On a computer that speaks German: numbers have points everywhere, and a comma may be typed."""

import locale

import pytest
from PySide6.QtCore import QLocale, Qt
from PySide6.QtWidgets import QDoubleSpinBox, QInputDialog

from app.gui.application import make_application
from tests.app.gui.test_tools import drag


@pytest.fixture(autouse=True)
def german():
    before = QLocale(), locale.setlocale(locale.LC_NUMERIC)
    QLocale.setDefault(QLocale("de_DE"))
    make_application([])
    yield
    QLocale.setDefault(before[0])
    locale.setlocale(locale.LC_NUMERIC, before[1])


def type_into(qtbot, box: QDoubleSpinBox, words: str) -> None:
    box.selectAll()
    qtbot.keyClicks(box, words)


def test_moments_to_compare_have_points(qtbot, open_clip):
    window = open_clip()
    window.commands["compare"].trigger()
    moment = window.comparing.shown.moments[1]
    assert moment.text() == "0.000 s"
    type_into(qtbot, moment, "0,5")
    assert moment.value() == 0.5 and moment.text() == "0.5 s"
    type_into(qtbot, moment, "0.25")
    assert moment.value() == 0.25
    window.commands["close"].trigger()


def test_the_length_of_a_scale_may_have_a_comma(qtbot, open_clip):
    window = open_clip()
    window.commands["scale"].trigger()
    drag(qtbot, window, (100, 400), (300, 400))
    (dialog,) = window.findChildren(QInputDialog)
    (box,) = dialog.findChildren(QDoubleSpinBox)
    assert box.text() == "1.000"
    type_into(qtbot, box, "2,5")
    qtbot.keyClick(box, Qt.Key.Key_Return)
    assert window.workspace.run.edited.metres_per_pixel == pytest.approx(2.5 / 200, rel=0.02)


def test_c_libraries_read_points():
    assert locale.localeconv()["decimal_point"] == "." and QLocale().decimalPoint() == "."
