"""Of a recording whose frames come at a variable rate this is said; of dropped frames and rounded times it is not."""

from dataclasses import replace
from itertools import accumulate

import pytest

from tests.results import SOURCE, made_header, made_result
from tracking.export.formats import export
from tracking.rate_words import rate_words
from tracking.session.edited_session import EditedSession
from tracking.session.session import Session


def recorded(folder, steps_s, *, indices=None, is_live=False):
    header = made_header(source=replace(SOURCE, is_live=is_live))
    session = Session.create(folder / "a_session.ppnet", header)
    for place, time_s in enumerate(accumulate(steps_s, initial=3.0)):
        session.append(made_result(place if indices is None else indices[place], time_s=time_s))
    session.finish()
    return session


@pytest.mark.parametrize(
    ("steps_s", "words"),
    [
        ([1 / 30] * 20 + [1 / 10] * 20, "15 fps on average (10 to 30)"),
        ([1 / 15, 1 / 24, 1 / 30] * 30, "21.18 fps on average (15 to 30)"),
        ([1 / 30] * 100, "30 fps"),
        ([0.033, 0.033, 0.034] * 30, "30 fps"),  # as Matroska rounds them
        ([0.004, 0.004, 0.004, 0.004, 0.005] * 30, "30 fps"),
        ([1 / 30] * 150 + [2 / 30] + [1 / 30] * 150, "30 fps"),  # one was dropped
        ([], "30 fps"),
    ],
)
def test_what_is_said_of_the_rate(tmp_path, steps_s, words):
    with recorded(tmp_path, steps_s) as session:
        assert rate_words(session.header.source, session, "fps") == words


def test_frames_that_are_not_tracked_yet_are_no_long_step(tmp_path):
    with recorded(tmp_path, [1 / 30] * 5 + [2.0] + [1 / 30] * 5, indices=[*range(6), *range(66, 72)]) as session:
        assert rate_words(session.header.source, session, "fps") == "30 fps"


def test_before_all_frames_are_known_it_is_what_the_file_states(tmp_path):
    with recorded(tmp_path, [1 / 30, 1 / 10] * 20) as session:
        session.go_on()
        assert rate_words(session.header.source, session, "fps") == "30 fps"


def test_a_camera_claims_its_rate_only(tmp_path):
    with recorded(tmp_path, [1 / 30, 1 / 10] * 20, is_live=True) as session:
        assert rate_words(session.header.source, session, "fps") == "30 fps"


def test_the_methods_paragraph_tells_it(tmp_path):
    with recorded(tmp_path, [1 / 30] * 20 + [1 / 10] * 20) as session:
        text = export(EditedSession(session), "methods", tmp_path / "methods.txt").read_text(encoding="utf-8")
    assert "(640 × 480 pixels, 15 frames per second on average (10 to 30))" in text
