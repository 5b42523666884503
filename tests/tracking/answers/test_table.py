"""Numbers as people read them."""

import pytest

from tracking.answers.answers import AnswerRow
from tracking.answers.table import phrase_of


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
