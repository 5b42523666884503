"""Whether somebody who comes moves as somebody did who was lost."""

from dataclasses import replace

import numpy as np
import pytest

from ppnet.skeleton import COCO_17, MPII_16
from tests.tracking.figures import Walker, straight
from tracking.answers.motion import Motion
from tracking.movement import ALIKE, Movement, difference

LOST_S, CAME_S = 2.0, 3.5
WALKER = Walker(straight(200.0, 90.0))


def moving(walker, *, at_start, wild=0.0, rate=30):
    times = np.arange(CAME_S, CAME_S + 2, 1 / rate) if at_start else np.arange(0, LOST_S, 1 / rate)
    points = np.array([walker.keypoints(time_s) for time_s in times])
    chance = np.random.default_rng(3)
    points += chance.normal(0, 0.008 * walker.height, points.shape)
    astray = chance.random(points.shape[:2]) < wild
    points[astray] += chance.normal(0, walker.height, (int(astray.sum()), 2))
    return Movement.of(Motion(1, times, points, COCO_17), at_start=at_start)


@pytest.mark.parametrize("rate", [10, 30])
def test_who_goes_on_moves_alike_although_some_joints_are_astray(rate):
    lost = moving(WALKER, at_start=False, wild=0.08, rate=rate)
    assert lost.velocity == pytest.approx((90, 0), abs=20) and lost.time_s == pytest.approx(LOST_S, abs=0.11)
    assert difference(lost, moving(WALKER, at_start=True, wild=0.08, rate=rate)) < 0.6


def test_the_way_and_the_body_count():
    lost, came = (moving(WALKER, at_start=at_start) for at_start in (False, True))
    x = WALKER.path(CAME_S)[0]
    turned = moving(Walker(straight(x + 90 * CAME_S, -90.0)), at_start=True)
    elsewhere = moving(Walker(straight(x + 300 + 90 * CAME_S, -90.0)), at_start=True)
    larger = moving(replace(WALKER, height=390.0), at_start=True)
    both = replace(elsewhere, size=larger.size, limbs=came.limbs + 0.1)
    apart = [difference(lost, new) for new in (came, turned, elsewhere, both)]
    assert apart == sorted(apart) and apart[0] < 0.6 and apart[2] < ALIKE < apart[3]
    assert apart[0] < difference(lost, larger) < ALIKE


def test_each_of_a_team_is_told_from_the_others():
    team = [
        Walker(straight(200 + 60 * number, speed, y=600.0 + 12 * number), 280 + 12 * number, stride_s=1 + 0.03 * number)
        for number, speed in enumerate((90.0, 60.0, -50.0, 110.0, -80.0))
    ]
    lost = [moving(walker, at_start=False) for walker in team]
    came = [moving(walker, at_start=True) for walker in team]
    apart = np.array([[difference(one, other) for other in came] for one in lost])
    assert apart.argmin(axis=1).tolist() == apart.argmin(axis=0).tolist() == list(range(len(team)))


def test_what_is_not_known_does_not_count():
    nobody = Movement.of(Motion(1, np.arange(3.0), np.full((3, 17, 2), np.nan), COCO_17), at_start=True)
    lost = moving(WALKER, at_start=False)
    assert difference(lost, nobody) == 1.0
    came = moving(WALKER, at_start=True)
    assert difference(lost, replace(came, limbs=np.full(4, np.nan), size=np.nan)) == 1.0
    names = [name.removeprefix("l_") for name in MPII_16.keypoints]
    points = np.random.default_rng(1).uniform(0, 100, (20, len(names), 2))
    assert len(Movement.of(Motion(1, np.arange(20) / 30, points, MPII_16), at_start=True).limbs) == 4
