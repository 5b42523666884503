"""The way that people have come."""

from dataclasses import replace

import numpy as np
import pytest

from tests.results import made_result
from tracking.drawing.trails import Trails
from tracking.types import FrameResult


def walked(count: int = 20) -> list[FrameResult]:
    """Somebody whose box trembles."""
    trembling = np.random.default_rng(3).normal(scale=8, size=(count, 1, 4)).astype(np.float32)
    results = [made_result(index, (1,), time_s=index / 30) for index in range(count)]
    return [
        replace(result, tracks=replace(result.tracks, boxes=result.tracks.boxes + by))
        for result, by in zip(results, trembling, strict=True)
    ]


def way_of(results: list[FrameResult]) -> np.ndarray:
    trails = Trails()
    for result in results:
        trails.add(result)
    return trails.lines()[1]


def test_it_follows_the_hips_and_not_the_box():
    results = walked()
    left, right = (results[0].skeleton.index(f"{side}_hip") for side in ("left", "right"))
    hips = np.array([result.smoothed.keypoints[0, [left, right]].mean(axis=0) for result in results])
    np.testing.assert_allclose(way_of(results), hips, rtol=1e-5)
    assert np.abs(np.diff(way_of(results), n=2, axis=0)).max() < 1


def test_of_who_has_no_hips_it_is_that_of_the_box():
    result = walked(1)[0]
    unseen = replace(result, states=np.zeros_like(result.states))
    assert not np.isfinite(unseen.known_keypoints).any()
    x1, y1, x2, y2 = result.tracks.boxes[0]
    assert way_of([unseen])[0] == pytest.approx(((x1 + x2) / 2, (y1 + y2) / 2))


@pytest.mark.parametrize("time_s", [1.2, -0.1])
def test_it_begins_again_where_time_jumps(time_s):
    *_, last = results = walked()
    elsewhere = replace(last, time_s=last.time_s + time_s)
    assert len(way_of(results)) == len(results) and len(way_of([*results, elsewhere])) == 1
