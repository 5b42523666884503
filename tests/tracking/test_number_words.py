"""Numbers and lists as people read them."""

import pytest

from tracking.number_words import listed


@pytest.mark.parametrize(
    ("words", "at_most", "sentence"),
    [
        ([], None, ""),
        (["nose"], None, "nose"),
        (["hip", "knee"], None, "hip and knee"),
        (["hip", "knee", "ankle"], 3, "hip, knee and ankle"),
        (["hip", "knee", "ankle"], 2, "hip, knee and 1 more"),
        (["hip", "knee", "ankle"], 1, "hip and 2 more"),
    ],
)
def test_lists_are_read_aloud(words, at_most, sentence):
    assert listed(words, at_most=at_most) == sentence
