"""The abandon meter: full pace far from the limit, slower near it, nothing at it, and again when calls are long enough ago."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialerd.domain.abandon import FREE, HOUR, MINUTE, SLOWEST, Answered, brake, meter, read
from dialerd.domain.compliance import Abandon
from dialerd.domain.verdicts import NoUntil, Yes

NOW = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
DAY = timedelta(days=1)
LIMIT = Abandon(percent=3.0, period=DAY, connect_within=timedelta(seconds=2))


def ago(hours, people, abandoned):
    return Answered(NOW - timedelta(hours=hours), people, abandoned)


def pace_at(people, abandoned):
    return meter(LIMIT, [ago(1, people, abandoned)], NOW).pace


def test_nothing_is_slowed_down_without_a_limit_or_without_calls():
    assert read((), lambda limit, since, span: pytest.fail("nobody needs to look"), NOW) == ()
    assert brake(()) is FREE
    assert brake((meter(LIMIT, [], NOW),)) is FREE


def test_up_to_half_of_what_is_allowed_is_free():
    assert pace_at(1000, 15) == 1.0


def test_then_it_gets_slower_in_a_straight_line_down_to_a_tenth():
    assert pace_at(1000, 18) == pytest.approx(0.82)
    assert pace_at(1000, 24) == pytest.approx(0.46)
    assert pace_at(10_000, 299) == pytest.approx(SLOWEST, abs=0.01)


def test_at_the_limit_nobody_is_called_because_the_next_one_would_be_beyond_it():
    assert pace_at(1000, 30) == 0.0
    stopped = brake((meter(LIMIT, [ago(1, 1000, 30)], NOW),))
    assert stopped.pace == 0
    assert stopped.verdict == NoUntil(NOW - HOUR + DAY, "30 of 1000 people abandoned in 24 h (3.0 %, 3 % at most)")


def test_it_says_how_many_of_the_abandoned_were_connected_too_late():
    found = meter(LIMIT, [Answered(NOW, 1000, 24, 6), Answered(NOW, 0, 1, 1)], NOW)
    assert (found.abandoned, found.late) == (25, 7)
    assert str(found) == "25 of 1000 people abandoned in 24 h, 7 of them not connected within 2 s (2.5 %, 3 % at most)"


def test_of_fewer_than_a_hundred_people_three_may_be_abandoned_before_it_stops():
    assert [pace_at(people, people) > 0 for people in (1, 2, 3)] == [True, True, False]


def test_a_limit_of_nought_percent_is_reached_by_one():
    none = Abandon(percent=0, period=DAY, connect_within=timedelta())
    assert [meter(none, [ago(1, 500, n)], NOW).pace for n in (0, 1)] == [1.0, 0.0]


def test_what_is_longer_ago_than_the_period_does_not_count():
    assert meter(LIMIT, [ago(24, 10, 10), ago(23.9, 200, 1)], NOW).people == 200


def test_it_goes_on_as_soon_as_enough_abandoned_calls_are_longer_ago_than_the_period():
    calls = [ago(20, 0, 0), ago(10, 400, 2), ago(5, 100, 6), ago(1, 500, 22)]
    stopped = meter(LIMIT, calls, NOW)
    assert stopped.clears == NOW - timedelta(hours=1) + DAY, "without the first 500 there are 22 of 500"
    assert meter(LIMIT, calls, stopped.clears).pace > 0


def test_of_several_limits_the_strictest_counts():
    month = Abandon(percent=3.0, period=timedelta(days=30), connect_within=timedelta())
    calls = [ago(48, 1000, 35), ago(1, 1000, 16)]
    found = read((LIMIT, month), lambda _limit, since, span: [each for each in calls if each.until > since], NOW)
    assert [each.pace > 0 for each in found] == [True, True]
    slow = brake(found)
    assert isinstance(slow.verdict, Yes)
    assert slow.pace == min(each.pace for each in found) < 1
    assert "in 30 days" in slow.why


def test_a_month_is_looked_at_by_the_hour_and_a_day_by_the_minute():
    month = Abandon(percent=3.0, period=timedelta(days=30), connect_within=timedelta())
    asked = []
    read((LIMIT, month), lambda _limit, since, span: asked.append((since, span)) or [], NOW)
    assert asked == [(NOW - DAY, MINUTE), (NOW - 30 * DAY, HOUR)]


@given(
    st.lists(
        st.tuples(st.integers(0, 60), st.integers(1, 300), st.integers(0, 20)),
        max_size=30,
        unique_by=lambda row: row[0],
    ),
    st.sampled_from([0.0, 0.5, 3.0, 10.0]),
)
def test_it_dials_before_no_later_than_the_instant_it_says_and_at_that_instant(rows, percent):
    limit = Abandon(percent=percent, period=DAY, connect_within=timedelta())
    calls = sorted((ago(hours, people, min(people, gone)) for hours, people, gone in rows), key=lambda row: row.until)
    found = meter(limit, calls, NOW)
    assert (found.clears is None) == (found.pace > 0)
    if found.clears is not None:
        assert meter(limit, calls, found.clears).pace > 0
        leaving = [each.until + DAY for each in calls if NOW < each.until + DAY < found.clears]
        assert all(meter(limit, calls, at).pace == 0 for at in leaving)
