"""The ruler over the lanes, and the flags of marks."""

from itertools import pairwise

import pytest
from PySide6.QtCore import QRect
from PySide6.QtGui import QImage

from app.gui.timeline import HEAD, NAMES, Lanes
from tracking.session.edits import SetMark
from tracking.time_span import TimeSpan


@pytest.mark.parametrize("end_s", [0.9, 10.0, 10.02, 61.0, 3600.0])
def test_every_time_of_the_ruler_has_room_and_no_two_meet(qtbot, end_s):
    lanes = Lanes()
    qtbot.addWidget(lanes)
    lanes.resize(900, 80)
    lanes.show_span(0.0, end_s)
    ruler = list(lanes.ruler())
    assert len(ruler) > 3
    places = [place for _, place, _ in ruler]
    assert all(place.left() >= 0 and place.right() <= lanes.width() for place in places)
    assert not any(one.intersects(other) for one, other in pairwise(places))
    assert all(abs(place.left() - x) <= 3 or abs(place.right() - x) <= 3 for x, place, _ in ruler)


def head_of(lanes: Lanes) -> QImage:
    """The times of the ruler, as they are drawn."""
    return lanes.grab(QRect(NAMES, 0, lanes.width() - NAMES, HEAD - 5)).toImage()


def test_marks_and_points_cover_no_time_of_the_ruler_and_no_other_mark(qtbot):
    lanes = Lanes()
    qtbot.addWidget(lanes)
    lanes.resize(900, 80)
    lanes.show_span(0.0, 10.0)
    before, height = head_of(lanes), lanes.minimumHeight()
    times = (0.0, 0.1, 0.3, 2.0, 5.0, 9.99)
    lanes.show_flags([SetMark(int(30 * t), t, "A long name of a mark") for t in times], TimeSpan(1.02, 6.05))
    assert head_of(lanes) == before
    places = [lanes.flag_place(flag) for flag in lanes.flags]
    assert not any(one.intersects(other) for one, other in pairwise(places))
    assert all(place.width() >= 3 and lanes.flag_at(place.center().toPoint()) for place in places)
    assert lanes.minimumHeight() > height, "the row of marks takes none of the lanes' room"
