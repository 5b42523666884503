"""Angles on the picture are chosen in a menu, stand in the picture and in what leaves it, and are remembered."""

import cv2
import numpy as np

from tests.app.gui.conftest import pixels
from tracking.angles import angle
from tracking.drawing.colors import SIDE_COLORS
from tracking.measurements import joints_of


def changed(window, bare):
    """How many pixels differ from a picture."""
    return int((pixels(window) != bare).any(axis=2).sum())


def test_angles_are_chosen_and_remembered(open_clip):
    window = open_clip()
    bare = pixels(window)
    window.commands["angles"].trigger()
    assert window.workspace.layers.angles == ("left_knee", "right_knee")
    knees = changed(window, bare)
    assert knees > 500
    entries = {entry.objectName(): entry for entry in window.angles.menu.actions()}
    entries["left_elbow"].trigger()
    assert changed(window, bare) > knees
    assert window.store.value.angles == ("left_elbow", "left_knee", "right_knee")
    for name in window.store.value.angles:
        entries[name].trigger()
    assert not window.commands["angles"].isChecked() and changed(window, bare) == 0
    window.commands["angles"].trigger()
    assert changed(window, bare) == knees, "the switch always shows something"


def test_choosing_one_shows_it(open_clip):
    window = open_clip()
    bare = pixels(window)
    entries = {entry.objectName(): entry for entry in window.angles.menu.actions()}
    entries["right_hip"].trigger()
    assert window.commands["angles"].isChecked() and changed(window, bare) > 500


def plates(window):
    """How many plates with words stand in the picture, each in a piece of its own."""
    pieces = []
    for color in (SIDE_COLORS["left"], SIDE_COLORS["right"]):
        painted = (np.abs(pixels(window).astype(int) - color).max(axis=2) < 20).astype(np.uint8)
        pieces += cv2.connectedComponentsWithStats(painted, connectivity=8)[2][1:].tolist()
    return sum(height > 15 and width > 25 for _, _, width, height, _ in pieces)


def test_the_numbers_of_joints_close_together_can_all_be_read(open_clip):
    """Two people stand next to each other, and the joints of each are 10 pixels apart."""
    window = open_clip()
    for name in ("skeleton", "joints", "angles"):
        window.commands[name].trigger()
    layers, result = window.workspace.layers, window.view.picture.result
    known = joints_of(result, layers.min_score)
    wanted = sum(bool(np.isfinite(angle(name, known[person]))) for name in layers.angles for person in (1, 2))
    assert wanted > 2 and plates(window) == wanted
