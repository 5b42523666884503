"""When people came and went, and who may be one person by that."""

from dataclasses import replace

import numpy as np
import pytest

from tests.results import made_result
from tracking.stays import perhaps_the_same, stays_of
from tracking.types import TrackState


def walk(person, frames, start, speed, size=(60, 180)):
    for number, index in enumerate(frames):
        x = start + speed * number
        yield made_result(index, (person,), boxes=np.array([(x, 100, x + size[0], 100 + size[1])], np.float32))


def test_a_stay_goes_from_the_first_to_the_last_frame_in_which_somebody_is_seen(sightings_of):
    *seen, last = walk(7, (3, 4, 9, 10), 100, 2)
    guessed = replace(last, tracks=replace(last.tracks, states=np.array([TrackState.PREDICTED])))
    stay = stays_of(sightings_of([*seen, guessed]))[7]
    assert (stay.first_s, stay.last_s, stay.frames) == (seen[0].time_s, seen[-1].time_s, 3)
    assert stay.first.tolist() == [100, 100, 160, 280] and stay.last.tolist() == [104, 100, 164, 280]


@pytest.mark.parametrize(
    ("new", "together"),
    [
        (walk(2, range(45, 75), 200, 2), True),
        (walk(2, range(45, 75), 900, 2), False),  # too far for half a second
        (walk(2, range(45, 75), 200, 2, size=(120, 360)), False),  # twice as large
        (walk(2, range(45, 48), 200, 2), False),  # hardly seen
        (walk(2, range(800, 830), 200, 2), False),  # long after
    ],
)
def test_who_comes_where_somebody_was_lost(sightings_of, new, together):
    stays = stays_of(sightings_of([*walk(1, range(30), 100, 3), *new]))
    assert perhaps_the_same(stays) == ([(1, 2)] if together else [])


def test_two_who_are_there_together_are_two(sightings_of):
    boxes = np.array([(100, 100, 160, 280), (140, 100, 200, 280)], np.float32)
    both = [made_result(index, (1, 2), boxes=boxes) for index in range(30)]
    assert perhaps_the_same(stays_of(sightings_of(both))) == []
