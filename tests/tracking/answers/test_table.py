"""Numbers as people read them."""

import pytest

from tests.tracking.answers.test_truth import METRES, motion_of
from tracking.answers.answers import AnswerRow, Answers, event_rows, moments_of, summary_rows
from tracking.answers.jumps import jumps_of
from tracking.answers.repetitions import repetitions_of
from tracking.answers.table import phrase_of, words_of


@pytest.mark.parametrize(
    ("quantity", "value", "unit", "words"),
    [
        ("flight time", 0.061, "s", "flight time 0.06 s"),
        ("flight time", -0.126, "s", "double support time 0.13 s"),
        ("range", 88.6, "deg", "range 89°"),
        ("step time, symmetry index", -12.4, "%", "step time, symmetry index \N{MINUS SIGN}12 %"),
        ("step time, symmetry index", -0.4, "%", "step time, symmetry index 0 %"),
    ],
)
def test_numbers_of_an_event(quantity, value, unit, words):
    assert phrase_of(AnswerRow(1, "Person 1", "step", 1, "left", 0.5, quantity, value, unit)) == words


@pytest.mark.parametrize(("name", "quantity"), [("squat-side", "range"), ("jump-30cm", "height")])
def test_the_report_shows_what_page_and_table_tell(name, quantity):
    motion = motion_of(name, "exact")
    jumps = jumps_of(motion)
    answers = Answers(1, "Ada", jumps=jumps, repetitions=repetitions_of(motion, jumps), metres_per_pixel=METRES)
    rows = [row for row in event_rows(answers) if row.quantity == quantity]
    assert rows and [(row.time_s, words_of(row)) for row in rows] == [
        (time_s, words.split()[-1] if row.unit == "deg" else " ".join(words.split()[-2:]))
        for row, (time_s, words) in zip(rows, moments_of(answers), strict=True)
    ]


def test_with_a_scale_the_summary_has_the_height_by_the_hips_too():
    jumps = jumps_of(motion_of("jump-30cm", "exact"))
    known = {row.quantity: row.value for row in summary_rows(Answers(1, "Ada", jumps=jumps, metres_per_pixel=METRES))}
    assert known["highest jump by hip"] == pytest.approx(0.27, abs=0.01)
    assert "highest jump by hip" not in {row.quantity for row in summary_rows(Answers(1, "Ada", jumps=jumps))}
