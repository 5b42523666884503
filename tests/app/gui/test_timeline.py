"""The ruler over the lanes, and the flags of marks."""

from itertools import pairwise

import numpy as np
import pytest
from PySide6.QtCore import QRect
from PySide6.QtGui import QImage, QPaintEvent

from app.gui.playback.timeline import HEAD, LANE, NAMES, Lanes
from tests.app.gui.conftest import rgb_of
from tracking.events import Event, EventKind, FrameSpan, Lane
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


def crowd(people: int) -> tuple[list[Lane], list[Event]]:
    """Lanes of people who come and go through ten seconds, and what happened to them."""
    lanes, marks = [], []
    for person in range(1, people + 1):
        begun_s = [round((person * 0.37 + step * 1.7) % 9.0, 3) for step in range(4)]
        seen = tuple(FrameSpan(int(30 * s), int(30 * s) + 20, s, s + 0.7) for s in sorted(begun_s))
        lanes.append(Lane(person, seen, seen[1::2], 2.8, 80))
        marks.append(Event(seen[0].start_frame, seen[0].start_s, EventKind.BIRTH, person))
        marks += [Event(span.end_frame, span.end_s, EventKind.GAP, person) for span in seen[:-1]]
    marks.append(Event(150, 5.0, EventKind.CROSSING, 2, other_id=3))
    return lanes, sorted(marks, key=lambda mark: mark.frame_index)


def shown(qtbot, people: int, kind: type[Lanes] = Lanes) -> Lanes:
    lanes = kind()
    qtbot.addWidget(lanes)
    lanes.show_span(0.0, 10.0)
    lanes.show_lanes(*crowd(people))
    lanes.resize(700, lanes.minimumHeight())
    lanes.show_flags([SetMark(75, 2.5, "Take-off"), SetMark(82, 2.75, "Landing")], TimeSpan(1.0, 8.0))
    lanes.show_now(4.2)
    return lanes


@pytest.mark.parametrize("zoom", [1.0, 4.0])
def test_what_is_drawn_in_parts_is_what_is_drawn_at_once(qtbot, zoom):
    lanes = shown(qtbot, 6)
    lanes.zoom(zoom, 4.0)
    whole = lanes.grab().toImage()
    for left, top, width, height in ((0, 0, 700, 40), (90, 30, 57, 61), (333, 0, 16, 180), (610, 100, 90, 60)):
        part = QRect(left, top, width, height)
        one, other = (rgb_of(picture).astype(int) for picture in (lanes.grab(part).toImage(), whole.copy(part)))
        assert np.abs(one - other).max() <= 3, part  # lines end between two pixels


def test_of_many_people_only_those_in_view_are_drawn(qtbot, monkeypatch):
    drawn = []
    for name in ("_paint_lane", "_paint_mark"):
        usual = getattr(Lanes, name)
        monkeypatch.setattr(Lanes, name, lambda *given, usual=usual: (drawn.append(given[2]), usual(*given)))
    lanes = shown(qtbot, 2000)
    lanes.grab(QRect(0, 2400, 700, 10 * LANE))
    assert 0 < len(drawn) <= 11 * 5 + 1


def test_signs_and_bars_that_cannot_be_told_apart_are_drawn_once(qtbot, monkeypatch):
    """An hour in which somebody is lost every second."""
    drawn, usual = [], Lanes._paint_mark
    monkeypatch.setattr(Lanes, "_paint_mark", lambda *given: (drawn.append(given[2]), usual(*given)))
    seen = tuple(FrameSpan(25 * s, 25 * s + 20, float(s), s + 0.8) for s in range(3600))
    marks = [Event(span.end_frame, span.end_s, EventKind.GAP, 1) for span in seen]
    lanes = Lanes()
    qtbot.addWidget(lanes)
    lanes.resize(700, 100)
    lanes.show_span(0.0, 3600.0)
    lanes.show_lanes(
        [Lane(1, seen, (), 2880.0, 72_000)],
        [*marks[:1800], Event(45_005, 1800.2, EventKind.CROSSING, 1, 2), *marks[1800:]],
    )
    picture = lanes.grab()
    assert len(drawn) <= 600 / 3 + 1 and EventKind.CROSSING in {mark.kind for mark in drawn}
    assert len(list(lanes._bars(seen))) == 1 and picture.width() == 700
    lanes.zoom(400.0, 1800.0)
    inside = [span for span in seen if lanes.span_s[0] <= span.start_s <= lanes.span_s[1]]
    assert len(list(lanes._bars(inside))) == len(inside) > 5, "from nearby each is there"


class Watched(Lanes):
    def __init__(self) -> None:
        super().__init__()
        self.widths: list[int] = []

    def paintEvent(self, event: QPaintEvent) -> None:
        self.widths.append(event.rect().width())
        super().paintEvent(event)


def test_the_playhead_draws_no_more_than_where_it_was_and_is(qtbot):
    lanes = shown(qtbot, 3, Watched)
    lanes.show()
    qtbot.waitExposed(lanes)
    qtbot.waitUntil(lambda: 700 in lanes.widths)
    lanes.widths.clear()
    lanes.show_now(4.3)
    qtbot.waitUntil(lambda: len(lanes.widths) > 0)
    assert lanes.widths[0] < 60


def test_what_is_the_same_is_not_drawn_again(qtbot):
    lanes = shown(qtbot, 3, Watched)
    lanes.show()
    qtbot.waitExposed(lanes)
    qtbot.waitUntil(lambda: 700 in lanes.widths)
    lanes.widths.clear()
    lanes.show_lanes(*crowd(3))
    qtbot.wait(50)
    assert not lanes.widths
    lanes.show_lanes(*crowd(2))
    qtbot.waitUntil(lambda: 700 in lanes.widths)


def test_however_the_wheel_is_turned_a_part_of_the_time_is_shown(qtbot):
    """Beside the lanes, too, and of a shorter video that is opened next."""
    lanes = shown(qtbot, 3)
    for moment in (-1.0, 4.0, 10.2):
        for factor in [1.25] * 200:
            lanes.zoom(factor, moment)
        start_s, end_s = lanes.span_s
        assert 0 <= start_s < end_s <= 10 and end_s - start_s > 0.04
        lanes.show_now(0.1)
        lanes.show_now(9.9)
        lanes.zoom(1 / 400, 5.0)
    lanes.zoom(8.0, 9.0)
    lanes.show_span(0.0, 3.0)
    assert lanes.span_s == (0.0, 3.0)


def test_the_last_frame_stands_at_the_end_of_bar_and_timeline(qtbot, open_clip):
    window = open_clip()
    bar, lanes = window.transport.bar, window.timeline.lanes
    qtbot.waitUntil(lambda: lanes.span_s == (0.0, pytest.approx(59 / 30, abs=1e-3)))
    assert max(lane.seen[-1].end_s for lane in lanes.lanes) == pytest.approx(lanes.span_s[1])
    window.commands["last"].trigger()
    qtbot.waitUntil(lambda: bar.share == 1.0 and window.view.picture.frame.index == 59)
    window.commands["first"].trigger()
    qtbot.waitUntil(lambda: bar.share == 0.0)
    bar.wanted.emit(1.0)  # dragged to the end
    qtbot.waitUntil(lambda: window.view.picture.frame.index == 59)
