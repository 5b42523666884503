"""Hand-over and measuring, step by step on a clock of our own."""

import threading

import pytest

from app.engine.latest_slot import LatestSlot
from app.engine.load_shedding import LoadShedder, ShedStep, shed
from app.engine.meter import LatencyMeter, RateMeter
from tests.fakes import PATIENCE_S


def test_the_newest_value_wins_and_the_others_are_counted() -> None:
    slot: LatestSlot[int] = LatestSlot()
    for value in range(5):
        slot.put(value)
    assert slot.take() == 4 and slot.overwritten == 4
    assert slot.take(0.01) is None


def test_take_wakes_up_for_a_value() -> None:
    slot: LatestSlot[str] = LatestSlot()
    got: list[str | None] = []
    taker = threading.Thread(target=lambda: got.append(slot.take(PATIENCE_S)))
    taker.start()
    slot.put("here")
    taker.join(PATIENCE_S)
    assert got == ["here"]


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_rate_follows_and_falls_when_nothing_happens() -> None:
    clock = Clock()
    meter = RateMeter(2.0, clock=clock)
    assert meter.snapshot() == 0
    for step in range(100):
        clock.now = step * 0.04
        meter.tick()
    assert meter.snapshot() == pytest.approx(25)
    clock.now += 1.0
    assert 8 < meter.snapshot() < 18  # half the window was silent
    clock.now += 5.0
    assert meter.snapshot() == 0


def test_latency_of_the_window_only() -> None:
    clock = Clock()
    meter = LatencyMeter(2.0, clock=clock)
    meter.add(9.0)
    clock.now = 3.0
    for value in (0.1, 0.2, 0.6):
        meter.add(value)
    got = meter.snapshot()
    assert (got.median_s, got.count) == (0.2, 3)
    assert got.mean_s == pytest.approx(0.3)
    meter.clear()
    assert meter.snapshot().count == 0


STEPS = (
    ShedStep[dict]("detector less often", lambda s: {**s, "every": 6}),
    ShedStep[dict]("no flip", lambda s: {**s, "flip": False}),
    ShedStep[dict]("fewer people", lambda s: {**s, "people": min(s["people"], 2)}),
)


def test_steps_in_their_order_and_only_those_that_save() -> None:
    settings = {"every": 3, "flip": False, "people": 5}
    assert shed(settings, STEPS, 0) == (settings, ())
    assert shed(settings, STEPS, 1) == ({**settings, "every": 6}, ("detector less often",))
    cheapest, names = shed(settings, STEPS, 3)
    assert cheapest == {"every": 6, "flip": False, "people": 2} and names == ("detector less often", "fewer people")


def test_work_is_shed_while_late_and_taken_up_again_with_patience() -> None:
    shedder = LoadShedder(0.2, steps=2)
    levels = []
    for tick in range(80):
        shedder.update(0.5, tick * 0.1)
        levels.append(shedder.level)
    assert levels[14] == 0 and levels[15] == 1 and levels[40] == 2 and levels[-1] == 2
    start = 100.0
    while shedder.level == 2:  # room again
        start += 0.1
        shedder.update(0.05, start)
    assert start == pytest.approx(105.1, abs=0.2)
    for tick in range(20):  # it was too early
        shedder.update(0.5, start + tick * 0.1)
    assert shedder.level == 2
    again = start + 2
    while shedder.level == 2:
        again += 0.1
        shedder.update(0.05, again)
    assert again - start - 2 == pytest.approx(10.1, abs=0.2)  # waited for twice as long
    for tick in range(200):  # between half the target and the target nothing changes
        assert not shedder.update(0.15, again + tick)
