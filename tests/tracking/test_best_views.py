"""Where people are seen best, and who may be one person."""

from dataclasses import replace

import numpy as np
import pytest

from tests.results import made_header, made_result
from tracking.best_views import People, perhaps_the_same
from tracking.session.session import Session
from tracking.types import TrackState


def at(index, boxes, ids=None):
    return made_result(index, ids or tuple(range(1, len(boxes) + 1)), boxes=np.array(boxes, np.float32))


@pytest.fixture
def people_of(tmp_path):
    """Of results: what their session tells of everybody."""

    def of(results):
        with Session.create(tmp_path / "a_session.ppnet", made_header()) as session:
            for result in results:
                session.append(result)
            return People.of(session.sightings())

    return of


def test_large_whole_and_alone_is_best(people_of):
    small, large, cut = (200, 100, 250, 220), (200, 50, 300, 350), (-10, 50, 90, 350)
    covering = (210, 60, 310, 360)
    people = people_of([at(0, [small]), at(1, [large]), at(2, [cut]), at(3, [large, covering])])
    assert people.views[1].frame_index == 1 and people.views[1].box == large
    assert people.views[1].quality > 0


def test_who_is_only_guessed_is_not_seen(people_of):
    result = at(0, [(200, 50, 300, 350)])
    guessed = replace(result, tracks=replace(result.tracks, states=np.array([TrackState.PREDICTED])))
    people = people_of([guessed])
    assert not people.views and not people.stays


def walk(person, frames, start, speed, size=(60, 180)):
    for number, index in enumerate(frames):
        x = start + speed * number
        yield at(index, [(x, 100, x + size[0], 100 + size[1])], (person,))


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
def test_who_comes_where_somebody_was_lost(people_of, new, together):
    people = people_of([*walk(1, range(30), 100, 3), *new])
    assert perhaps_the_same(people.stays) == ([(1, 2)] if together else [])


def test_two_who_are_there_together_are_two(people_of):
    both = [at(index, [(100, 100, 160, 280), (140, 100, 200, 280)]) for index in range(30)]
    assert perhaps_the_same(people_of(both).stays) == []
