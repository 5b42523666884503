"""Which frames are tracked, and what is missing around them."""

import random
import sqlite3
from pathlib import Path

import pytest

from ppnet.errors import UserError
from tests.results import made_header, made_result
from tracking.session.session import Session
from tracking.session.tracked_parts import Gap, Part, TrackedParts

WHOLE = range(100)


def parts_of(*runs: tuple[int, int]) -> TrackedParts:
    """Tracked in this order, from one frame up to another."""
    parts = TrackedParts()
    for first, end in runs:
        for index in range(first, end):
            parts = parts.with_frame(index, index - 1)
    return parts


def test_what_is_missing_lies_before_between_and_behind_the_parts():
    parts = parts_of((20, 40), (60, 70))
    assert parts.parts == (Part(20, 39, is_open=True), Part(60, 69, is_open=True))
    assert parts.gaps(WHOLE) == (Gap(0, 20, None, 20), Gap(40, 60, 39, 60), Gap(70, 100, 69))
    assert parts.gaps(range(50, 65)) == (Gap(50, 60, None, 60),), "where limits begin nobody is known"
    assert parts.gaps(range(25, 35)) == ()
    assert TrackedParts().gaps(WHOLE) == (Gap(0, 100),)


def test_nothing_is_missing_in_front_of_what_began_with_the_source_or_was_joined():
    assert parts_of((0, 40)).gaps(WHOLE) == (Gap(40, 100, 39),)
    assert parts_of((20, 40)).joined_at(20).gaps(WHOLE) == (Gap(40, 100, 39),)


def test_parts_that_touch_are_two_until_they_are_joined():
    parts = parts_of((50, 100), (0, 50))
    assert parts.gaps(WHOLE) == (Gap(50, 50, 49, 50),)
    assert parts.joined_at(50).parts == (Part(0, 99),)
    assert parts.joined_at(50).joined_at(50) == parts.joined_at(50), "once is enough"


def test_a_frame_is_tracked_once():
    with pytest.raises(ValueError, match="tracked already"):
        parts_of((0, 10)).with_frame(5, 4)


def test_pictures_that_cannot_be_decoded_are_no_gap():
    assert parts_of((0, 10)).with_frame(15, 9).parts == (Part(0, 15),)


def test_what_has_come_since_is_each_frame_once():
    chance = random.Random(3)
    parts, seen, known = TrackedParts(), [], TrackedParts()
    todo = list(range(60))
    while todo:
        start = chance.choice(todo)
        for index in range(start, min(start + chance.randrange(1, 12), 60)):
            if parts.part_with(index) is not None:
                parts = parts.joined_at(index)
                break
            parts = parts.with_frame(index, index - 1)
            todo.remove(index)
        seen += [index for fresh in parts.beyond(known) for index in fresh]
        known = parts
    assert sorted(seen) == list(range(60))


def test_a_session_keeps_its_parts_and_its_order(tmp_path: Path):
    path = tmp_path / "a_session.ppnet"
    with Session.create(path, made_header()) as session:
        for index in (*range(50, 60), *range(10)):
            session.append(made_result(index), after=index - 1)
        assert session.newest_frame_index == 9 and session.last_frame_index == 59
    with Session.open(path, writable=True) as session:
        assert session.parts.parts == (Part(0, 9), Part(50, 59, is_open=True))
        assert [result.frame_index for result in session.results()] == [*range(10), *range(50, 60)]
        assert session.part_times() == ((0.0, 9 / 30), (50 / 30, 59 / 30))
        with pytest.raises(ValueError, match="already"):
            session.append(made_result(55), after=54)
        with pytest.raises(ValueError, match="comes after"):
            session.append(made_result(20))
        session.join(50)
    with Session.open(path) as session:
        assert session.parts.parts == (Part(0, 59),)


@pytest.mark.parametrize("noted", ["[70]", "[-3]", '["x"]', "[1e300]", "[" * 50, "[5, 5000]"])
def test_parts_that_make_no_sense_are_damage(tmp_path: Path, noted: str):
    path = tmp_path / "a_session.ppnet"
    with Session.create(path, made_header()) as session:
        for index in range(10):
            session.append(made_result(index))
    with sqlite3.connect(path) as database:
        database.execute("INSERT INTO meta VALUES ('open_parts', ?)", (noted,))
    with pytest.raises(UserError, match="damaged"):
        Session.open(path)
