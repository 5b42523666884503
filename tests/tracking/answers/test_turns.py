"""Highs and lows of curves."""

import numpy as np
import pytest

from tracking.answers.motion import stretches
from tracking.answers.turns import crossing, turns

TIMES = np.arange(0, 3, 1 / 30)


def test_turns_of_a_wave_between_the_frames():
    rng = np.random.default_rng(0)
    wave = 10 * np.cos(2 * np.pi * (TIMES - 0.21)) + rng.normal(0, 0.02, len(TIMES))
    found = turns(TIMES, wave, 5.0)
    assert [turn.is_high for turn in found] == [True, False, True, False, True, False]
    assert [turn.time_s for turn in found] == pytest.approx([0.21 + 0.5 * i for i in range(6)], abs=0.004)
    assert [abs(turn.value) for turn in found] == pytest.approx([10] * 6, abs=0.1)


def test_small_wiggles_and_ends_are_no_turns():
    wave = 10 * np.cos(2 * np.pi * TIMES / 6) + 2 * np.cos(2 * np.pi * TIMES * 3)
    assert turns(TIMES, wave, 5.0) == []
    assert turns(TIMES[:1], wave[:1], 5.0) == [] and turns(TIMES[:0], wave[:0], 5.0) == []


def test_uneven_frames():
    times = np.cumsum(np.random.default_rng(1).uniform(0.01, 0.05, 60))
    (top,) = turns(times, -((times - 0.9) ** 2), 0.1)
    assert top.time_s == pytest.approx(0.9, abs=1e-9)


def test_crossing_both_ways():
    hill = -((TIMES - 1.0) ** 2)
    assert crossing(TIMES, hill, -0.25, 30, 1) == pytest.approx(1.5, abs=1e-3)
    assert crossing(TIMES, hill, -0.25, 30, -1) == pytest.approx(0.5, abs=1e-3)
    assert crossing(TIMES, hill, -9, 30, 1) is None


def test_short_gaps_are_bridged_and_long_ones_end_a_stretch():
    values = TIMES.copy()
    values[[10, 11]] = values[50:65] = np.nan
    (first, curve), (second, _) = stretches(TIMES, values)
    assert (first, second) == (slice(0, 50), slice(65, 90))
    np.testing.assert_allclose(curve, TIMES[:50])
    assert list(stretches(TIMES, np.full(90, np.nan))) == []
