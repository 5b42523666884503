"""Angles on the picture are chosen in a menu, stand in the picture and in what leaves it, and are remembered."""

import numpy as np

from tests.app.gui.conftest import pixels
from tracking.drawing.angle_arcs import GOLD


def gold(window):
    return int((np.abs(pixels(window).astype(int) - GOLD).max(axis=2) < 20).sum())


def test_angles_are_chosen_and_remembered(open_clip):
    window = open_clip()
    assert gold(window) == 0
    window.commands["angles"].trigger()
    assert window.workspace.layers.angles == ("left_knee", "right_knee")
    knees = gold(window)
    assert knees > 50
    entries = {entry.objectName(): entry for entry in window.angles.menu.actions()}
    entries["left_elbow"].trigger()
    assert gold(window) > knees
    assert window.store.value.angles == ("left_elbow", "left_knee", "right_knee")
    for name in window.store.value.angles:
        entries[name].trigger()
    assert not window.commands["angles"].isChecked() and gold(window) == 0
    window.commands["angles"].trigger()
    assert gold(window) == knees, "the switch always shows something"


def test_choosing_one_shows_it(open_clip):
    window = open_clip()
    entries = {entry.objectName(): entry for entry in window.angles.menu.actions()}
    entries["right_hip"].trigger()
    assert window.commands["angles"].isChecked() and gold(window) > 50
