"""What follows from steps."""

import pytest

from tracking.answers.steps import Step, cadence_of


def test_one_time_between_two_feet_is_no_cadence():
    first, second, third = Step("left", 1.0), Step("right", 1.17, step_s=0.17), Step("left", 1.7, step_s=0.53)
    assert cadence_of([first]) is None
    assert cadence_of([first, second]) is None
    assert cadence_of([first, second, third]) == pytest.approx(60 / 0.35)
