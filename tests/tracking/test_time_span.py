"""What lies in a span of time, and what does not."""

import pytest

from ppnet.errors import UserError
from tracking.time_span import ALL_TIME, TimeSpan

TIMES_S = [i / 30 for i in range(30)]


def test_the_start_belongs_to_a_span_and_the_end_does_not():
    span = TimeSpan(0.2, 0.5)
    assert [i for i, time_s in enumerate(TIMES_S) if span.contains(time_s)] == list(range(6, 15))
    assert list(span.indices(TIMES_S)) == list(range(6, 15))
    assert span.has_begun(7.0) and not span.has_begun(0.1)
    assert span.is_over(7.0) and not span.is_over(0.1)


def test_times_written_with_six_decimals_mean_the_frame():
    span = TimeSpan(0.333333, 0.666667)  # frames 10 and 20 of 30 a second
    assert list(span.indices(TIMES_S)) == list(range(10, 20))
    assert [i for i, time_s in enumerate(TIMES_S) if span.contains(time_s)] == list(range(10, 20))


@pytest.mark.parametrize("limit_s", [0.0, 0.1, 0.333333, 0.5, 2.0])
def test_spans_that_touch_share_no_frame_and_lose_none(limit_s):
    before, after = TimeSpan(None, limit_s).indices(TIMES_S), TimeSpan(limit_s, None).indices(TIMES_S)
    assert [*before, *after] == list(range(30))


def test_a_span_without_limits_holds_every_time():
    assert ALL_TIME.is_unlimited and ALL_TIME.contains(-5.0) and ALL_TIME.contains(1e9)
    assert list(ALL_TIME.indices(TIMES_S)) == list(range(30))
    assert ALL_TIME.clip(7.5) == 7.5


def test_what_two_spans_have_in_common():
    assert TimeSpan(1, 3).within(TimeSpan(2, None)) == TimeSpan(2, 3)
    assert ALL_TIME.within(TimeSpan(None, 4)) == TimeSpan(None, 4)
    assert TimeSpan(1, 2).within(TimeSpan(3, 4)).is_empty
    assert list(TimeSpan(1, 2).within(TimeSpan(3, 4)).indices(TIMES_S)) == []


def test_limits_not_given_are_those_of_another_span():
    assert TimeSpan(None, 2.0).or_else(TimeSpan(1.0, 9.0)) == TimeSpan(1.0, 2.0)
    assert TimeSpan(0.0, None).or_else(TimeSpan(1.0, None)) == TimeSpan(0.0, None)


def test_a_time_outside_is_brought_to_the_nearer_limit():
    assert [TimeSpan(1, 2).clip(time_s) for time_s in (0.0, 1.5, 3.0)] == [1, 1.5, 2]


def test_a_span_of_a_slowed_recording():
    assert TimeSpan(0.5, None).scaled(8.0) == TimeSpan(4.0, None)


def test_a_start_after_the_end_is_refused_in_words():
    with pytest.raises(UserError, match=r"The start \(2 s\) must come before the end \(1 s\)"):
        TimeSpan(2, 1).check()
    with pytest.raises(UserError):
        TimeSpan(1, 1).check()
    TimeSpan(1, 2).check()


@pytest.mark.parametrize("span", [TimeSpan(float("nan"), None), TimeSpan(None, float("inf")), TimeSpan(2, 1)])
def test_a_span_that_is_none_is_refused(span):
    with pytest.raises(UserError, match=r"start|end"):
        span.check()
