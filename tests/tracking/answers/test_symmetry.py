"""Left against right."""

import numpy as np
import pytest

from ppnet.skeleton import COCO_17
from tracking.answers.motion import Motion
from tracking.answers.steps import Step
from tracking.answers.symmetry import Sides, sides_of


def test_the_index_is_positive_where_there_is_more_on_the_left() -> None:
    assert Sides("step time", 0.6, 0.4, "s").index_percent == pytest.approx(40)
    assert Sides("step time", 0.4, 0.6, "s").index_percent == pytest.approx(-40)
    assert Sides("range", 0.0, 0.0, "deg").index_percent == 0


def test_each_side_has_the_median_of_its_own_steps() -> None:
    left = [Step("left", time_s, toe_off_s=time_s + 0.7, step_s=step_s) for time_s, step_s in ((0, 0.5), (2, 0.6))]
    right = [Step("right", 1.0, toe_off_s=None, step_s=0.4)]
    nowhere = Motion(1, np.arange(30) / 10, np.full((30, 17, 2), np.nan), COCO_17)
    (found,) = sides_of(nowhere, [*left, *right])
    assert (found.quantity, found.left, found.right) == ("step time", pytest.approx(0.55), 0.4)
