"""Widgets have limits, words and help of the declaration, and show whatever value settings may have."""

import pytest
from PySide6.QtWidgets import QMainWindow

from app.gui.commands.actions import Actions
from app.gui.panels.controls import ADVANCED, PEOPLE, ControlsPanel
from tracking.run_settings import RunSettings

NAMES = [name for names in (PEOPLE, *ADVANCED.values()) for name in names if name not in ("only", "region")]
VALUES = {
    "smoothing.min_score": 0.25,
    "smoothing.strength": 81.0,
    "smoothing.kind": "rts",
    "detector.model": "my_detector.onnx",
    "detector.tiles": "auto",
    "detect_every": 1000,
    "tracker.max_people": 7,
    "network.weights": "mine",
    "network.device": "cuda:1",
    "network.backend": "torch",
    "network.input_scale": 0.6,
    "network.flip": True,
    "skip_still": True,
    "adaptation.turn_deg": 270,
    "adaptation.slow_motion": 3.3,
    "adaptation.picture_rate": 29.97,
    "adaptation.mirror": True,
}


@pytest.fixture
def panel(qtbot):
    window = QMainWindow()
    qtbot.addWidget(window)
    panel = ControlsPanel(RunSettings(), Actions(window, keys={}))
    window.setCentralWidget(panel)  # and gone with it
    yield panel


@pytest.mark.parametrize("name", NAMES)
def test_a_value_is_shown_as_it_is_and_given_back_unchanged(panel, qtbot, name):
    told = []
    panel.settingsChanged.connect(told.append)
    settings = RunSettings().changed({name: VALUES[name]})
    panel.show_settings(settings)
    assert told == [], "what is only shown changes nothing"
    with qtbot.waitSignal(panel.settingsChanged):  # another setting is changed: all the rest stays as it was
        panel.widgets["network.flip" if name != "network.flip" else "adaptation.mirror"].click()
    assert told[-1].value(name) == VALUES[name] != RunSettings().value(name)
    widget = panel.widgets[name]
    assert widget.accessibleName() == RunSettings.declared()[name].label and widget.toolTip()


def test_what_is_clicked_comes_with_limits_and_units_of_the_declaration(panel, qtbot):
    every, people = panel.widgets["detect_every"], panel.widgets["tracker.max_people"]
    every.setValue(0)
    assert (every.value(), every.text(), people.text()) == (1, "1 frame", "no limit")
    every.setValue(3)
    people.setValue(2)
    assert every.text() == "3 frames"
    score = panel.widgets["smoothing.min_score"]
    with qtbot.waitSignal(panel.settingsChanged) as changed:
        score.slider.setValue(35)
    settings = changed.args[0]
    assert score.words.text() == "35 %" and settings.smoothing.min_score == pytest.approx(0.35)
    assert (settings.detect_every, settings.tracker.max_people) == (3, 2)
    people.setValue(people.minimum())
    assert people.text() == "no limit"


@pytest.mark.parametrize("name", ["detector.model", "smoothing.kind", "network.backend", "adaptation.turn_deg"])
def test_a_drop_down_has_the_declared_choices_and_no_other_and_shows_them_whole(panel, name):
    box = panel.widgets[name]
    words = [box.itemText(row) for row in range(box.count())]
    assert words == list(RunSettings.declared()[name].choices.values())
    panel.show()
    box.showPopup()
    assert box.view().width() >= min(max(map(box.fontMetrics().horizontalAdvance, words)), 500)
    box.hidePopup()
