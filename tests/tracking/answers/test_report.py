"""What the page of a report says."""

import numpy as np
import pytest

from tracking.answers.report import MARGIN, PAGE_WH, _grid, _round_times


@pytest.mark.parametrize(
    ("begun_s", "end_s", "words"),
    [
        (0.0, 11.77, ["0 s", "2 s", "4 s", "6 s", "8 s", "10 s"]),
        (3.2, 3.97, ["3.2 s", "3.3 s", "3.4 s", "3.5 s", "3.6 s", "3.7 s", "3.8 s", "3.9 s"]),
        (58.0, 181.0, ["60 s", "80 s", "100 s", "120 s", "140 s", "160 s", "180 s"]),
    ],
)
def test_times_under_the_curve_are_round(begun_s, end_s, words):
    found = _round_times(begun_s, end_s)
    assert [text for _, text in found] == words
    assert [f"{time_s:g} s" for time_s, _ in found] == [f"{float(text[:-2]):g} s" for text in words]


@pytest.mark.parametrize(("count", "across"), [(1, 2), (3, 2), (4, 2), (5, 3), (6, 3)])
def test_few_pictures_are_larger_and_none_leaves_the_page(count, across):
    page, top = np.full((PAGE_WH[1], PAGE_WH[0], 3), 255, np.uint8), 500
    _grid(page, [("", np.zeros((300, 300, 3), np.uint8))] * count, top)
    dark = (page < 128).all(axis=2)
    first_row = dark[top + 5]
    assert first_row.sum() == pytest.approx(min(count, across) * (PAGE_WH[0] - 2 * MARGIN) / across, rel=0.12)
    columns, rows = np.flatnonzero(dark.any(axis=0)), np.flatnonzero(dark.any(axis=1))
    assert columns[0] >= MARGIN and columns[-1] < PAGE_WH[0] - MARGIN and rows[-1] < PAGE_WH[1] - MARGIN
