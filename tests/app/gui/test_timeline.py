"""The ruler over the lanes."""

from itertools import pairwise

import pytest

from app.gui.timeline import Lanes


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
