"""Where people are seen best."""

from dataclasses import replace

import numpy as np

from tests.results import made_result
from tracking.best_views import best_views
from tracking.types import TrackState


def at(index, *boxes):
    return made_result(index, range(1, len(boxes) + 1), boxes=np.array(boxes, np.float32))


def test_large_whole_and_alone_is_best(sightings_of):
    small, large, cut = (200, 100, 250, 220), (200, 50, 300, 350), (-10, 50, 90, 350)
    covering = (210, 60, 310, 360)
    view = best_views(sightings_of([at(0, small), at(1, large), at(2, cut), at(3, large, covering)]))[1]
    assert view.frame_index == 1 and view.box == large
    assert view.time_s == made_result(1).time_s and view.quality > 0


def test_who_is_only_guessed_is_not_seen(sightings_of):
    result = at(0, (200, 50, 300, 350))
    guessed = replace(result, tracks=replace(result.tracks, states=np.array([TrackState.PREDICTED])))
    assert not best_views(sightings_of([guessed]))
