"""Jumps by their formula."""

import pytest

from tracking.answers.jumps import Jump


def test_the_height_is_that_of_something_thrown_that_long() -> None:
    """Up for half of the time: g (t / 2)² / 2."""
    jump = Jump(1.0, 1.6, 40.0)
    assert jump.height_m == pytest.approx(9.80665 * 0.3**2 / 2)
    assert (jump.flight_s, jump.middle_s) == pytest.approx((0.6, 1.3))
