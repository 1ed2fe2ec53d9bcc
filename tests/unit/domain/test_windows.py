from __future__ import annotations

import re
import time as clock
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialerd.domain.windows import (
    MIDNIGHT,
    Hours,
    Span,
    day_start,
    is_open,
    next_change,
    next_open,
    next_open_in_all,
    parse_hours,
)

MINUTE = timedelta(minutes=1)
BERLIN = ZoneInfo("Europe/Berlin")
# Each zone with instants at which its clocks are set: half-hour zones, a half-hour change, a change at midnight,
# both hemispheres, and one that never changes.
CLOCK_CHANGES = {
    "Europe/Berlin": ["2026-03-29T01:00", "2026-10-25T01:00"],
    "America/New_York": ["2026-03-08T07:00", "2026-11-01T06:00"],
    "Australia/Lord_Howe": ["2026-04-04T15:00", "2026-10-03T15:30"],
    "Asia/Kolkata": ["2026-03-29T01:00"],
    "America/St_Johns": ["2026-03-08T05:30", "2026-11-01T04:30"],
    "America/Santiago": ["2026-04-05T03:00", "2026-09-06T04:00"],
    "Pacific/Apia": ["2026-01-01T00:00"],
}


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def open_by_the_book(hours: Hours, wall: datetime) -> bool:
    """The rule as docs tell it, on a wall clock reading: some span that began today or yesterday has not ended."""
    today = wall.date()
    if today in hours.holidays:
        return False
    if not hours.spans:
        return True
    minute = wall.hour * 60 + wall.minute
    for began, minutes in ((today, minute), (today - timedelta(days=1), minute + MIDNIGHT)):
        if began in hours.holidays:
            continue
        for span in hours.spans:
            length = (span.end - span.start) % MIDNIGHT or MIDNIGHT
            if began.weekday() in span.days and span.start <= minutes < span.start + length:
                return True
    return False


def minutes_after(now: datetime, days: int) -> list[datetime]:
    first = now.replace(second=0, microsecond=0) + MINUTE
    return [first + number * MINUTE for number in range(days * MIDNIGHT)]


quarters = st.integers(0, 16).map(lambda number: number * 15)


@st.composite
def any_span(draw):
    start = draw(quarters | st.integers(0, MIDNIGHT - 1))
    end = draw(quarters | st.integers(0, MIDNIGHT))
    days = draw(st.just(frozenset(range(7))) | st.frozensets(st.integers(0, 6), min_size=1))
    return Span(days, start, end if end != start else start + 1)


@st.composite
def zones_near_clock_changes(draw):
    name = draw(st.sampled_from(sorted(CLOCK_CHANGES)))
    change = utc(draw(st.sampled_from(CLOCK_CHANGES[name])))
    seconds = draw(st.integers(-7200, 7200) | st.integers(-30, 8).map(lambda number: number * 3600))
    return ZoneInfo(name), change + timedelta(seconds=seconds)


@st.composite
def hours_near(draw, now: datetime):
    found = draw(st.lists(any_span(), max_size=3))
    nearby = [now.date() + timedelta(days=number) for number in range(-1, 5)]
    return Hours(tuple(found), draw(st.frozensets(st.sampled_from(nearby), max_size=1)))


@given(st.data())
@settings(max_examples=150)
def test_answers_agree_with_a_minute_by_minute_reading_over_clock_changes(data):
    zone, now = data.draw(zones_near_clock_changes())
    hours = data.draw(hours_near(now))
    state = open_by_the_book(hours, now.astimezone(zone))
    assert is_open(hours, zone, now) is state

    minutes = minutes_after(now, days=8)
    flips = (minute for minute in minutes if open_by_the_book(hours, minute.astimezone(zone)) is not state)
    expected = next(flips, None)
    found = next_change(hours, zone, now)
    assert found == expected if expected is not None else found is None or found > minutes[-1]

    opening = next_open(hours, zone, now)
    if state:
        assert opening == now
    else:
        assert opening == found


@given(st.data())
@settings(max_examples=100)
def test_two_sets_of_hours_open_together_at_the_first_minute_that_is_in_both(data):
    zone, now = data.draw(zones_near_clock_changes())
    both = [data.draw(hours_near(now)), data.draw(hours_near(now))]
    now = now.replace(second=0)
    minutes = [now, *minutes_after(now, days=8)]
    together = (m for m in minutes if all(open_by_the_book(hours, m.astimezone(zone)) for hours in both))
    expected = next(together, None)
    found = next_open_in_all([(hours, zone) for hours in both], now)
    assert found == expected if expected is not None else found is None or found > minutes[-1]


def test_the_hour_that_spring_skips_is_never_open():
    hours = parse_hours(["sun 02:00-03:00"])
    now = utc("2026-03-28T12:00")
    assert next_open(hours, BERLIN, now) == datetime(2026, 4, 5, 2, 0, tzinfo=BERLIN)


def test_a_window_that_begins_in_the_skipped_hour_opens_when_the_clock_has_jumped():
    hours = parse_hours(["sun 02:30-05:00"])
    assert next_open(hours, BERLIN, utc("2026-03-28T12:00")) == utc("2026-03-29T01:00")


def test_the_hour_that_autumn_repeats_is_open_twice():
    hours = parse_hours(["sun 02:15-02:45"])
    now = utc("2026-10-24T12:00")
    changes = []
    for _ in range(4):
        now = next_change(hours, BERLIN, now)
        changes.append(now)
    assert changes == [
        utc("2026-10-25T00:15"),
        utc("2026-10-25T00:45"),
        utc("2026-10-25T01:15"),
        utc("2026-10-25T01:45"),
    ]


def test_a_window_over_midnight_belongs_to_the_day_it_begins_on():
    hours = parse_hours(["fri 22:00-02:00"])
    assert is_open(hours, BERLIN, datetime(2026, 7, 4, 1, 59, tzinfo=BERLIN))
    assert not is_open(hours, BERLIN, datetime(2026, 7, 3, 1, 0, tzinfo=BERLIN))


def test_a_holiday_closes_what_falls_on_it_and_what_begins_on_it():
    hours = Hours(parse_hours(["daily 22:00-02:00"]).spans, frozenset({date(2026, 12, 25)}))
    assert is_open(hours, BERLIN, datetime(2026, 12, 24, 23, 59, tzinfo=BERLIN))
    assert not is_open(hours, BERLIN, datetime(2026, 12, 25, 1, 0, tzinfo=BERLIN))
    assert not is_open(hours, BERLIN, datetime(2026, 12, 25, 23, 0, tzinfo=BERLIN))
    assert not is_open(hours, BERLIN, datetime(2026, 12, 26, 1, 0, tzinfo=BERLIN))
    assert is_open(hours, BERLIN, datetime(2026, 12, 26, 22, 0, tzinfo=BERLIN))


def test_windows_that_touch_do_not_close_between_them():
    hours = parse_hours(["mon 09:00-24:00", "tue 00:00-12:00"])
    now = datetime(2026, 7, 6, 10, 0, tzinfo=BERLIN)
    assert next_change(hours, BERLIN, now) == datetime(2026, 7, 7, 12, 0, tzinfo=BERLIN)


def test_no_spans_means_always_open_but_for_holidays():
    now = utc("2026-07-06T10:00")
    assert is_open(Hours(), BERLIN, now)
    assert next_change(Hours(), BERLIN, now) is None
    holiday = Hours(holidays=frozenset({date(2026, 7, 8)}))
    assert next_change(holiday, BERLIN, now) == datetime(2026, 7, 8, tzinfo=BERLIN)


def test_hours_closed_by_holidays_for_more_than_400_days_do_not_open():
    now = utc("2026-01-01T12:00")
    years = frozenset(date(2026, 1, 1) + timedelta(days=number) for number in range(420))
    assert next_open(Hours(parse_hours(["daily 09:00-10:00"]).spans, years), BERLIN, now) is None


def test_hours_that_never_meet_are_found_out_quickly():
    started = clock.process_time()
    pair = [parse_hours(["mon 09:00-10:00"]), parse_hours(["mon 10:00-11:00"])]
    assert next_open_in_all([(hours, BERLIN) for hours in pair], utc("2026-01-01T12:00")) is None
    assert clock.process_time() - started < 2


def test_a_day_begins_where_the_gap_ends_when_midnight_is_skipped():
    assert day_start(date(2026, 9, 6), ZoneInfo("America/Santiago")) == utc("2026-09-06T04:00")
    assert day_start(date(2026, 7, 1), BERLIN) == utc("2026-06-30T22:00")


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("mon-fri 09:00-20:00", Span(frozenset(range(5)), 540, 1200)),
        ("sat,sun 10:00-18:00", Span(frozenset({5, 6}), 600, 1080)),
        ("daily 22:00-02:00", Span(frozenset(range(7)), 1320, 120)),
        ("fri-mon 0:00-24:00", Span(frozenset({4, 5, 6, 0}), 0, MIDNIGHT)),
        ("Mon,wed-thu 08:30-00:00", Span(frozenset({0, 2, 3}), 510, 0)),
    ],
)
def test_hours_are_read(text, span):
    assert parse_hours([text]) == Hours((span,))


@pytest.mark.parametrize(
    ("text", "piece", "allowed"),
    [
        ("mon-fri", "'mon-fri'", "days, a space and hours"),
        ("", "''", "days, a space and hours"),
        ("funday 09:00-20:00", "'funday'", "mon, tue, wed, thu, fri, sat, sun and daily"),
        ("mon- 09:00-20:00", "''", "mon, tue"),
        ("mon 09:00", "'09:00'", "two times with a dash"),
        ("mon 25:00-26:00", "'25:00'", "from 00:00 to 24:00"),
        ("mon 09:60-10:00", "'09:60'", "from 00:00 to 24:00"),
        ("mon 09:00-24:01", "'24:01'", "from 00:00 to 24:00"),
        ("mon 9-17", "'9'", "HH:MM"),
        ("mon ٠٩:00-17:00", "'٠٩:00'", "HH:MM"),
        ("mon 24:00-02:00", "24:00", "00:00 of the next"),
        ("mon 09:00-09:00", "09:00", "00:00-24:00"),
    ],
)
def test_faulty_hours_are_named_with_what_is_allowed(text, piece, allowed):
    with pytest.raises(ValueError, match=re.escape(repr(text))) as caught:
        parse_hours(["mon 09:00-10:00", text])
    assert piece in str(caught.value)
    assert allowed in str(caught.value)


@pytest.mark.parametrize("parts", [((), 0, 60), ((7,), 0, 60), ((0,), -1, 60), ((0,), 0, 1441), ((0,), 60, 60)])
def test_a_span_that_no_week_has_cannot_be_made(parts):
    days, start, end = parts
    with pytest.raises(ValueError, match="a span"):
        Span(frozenset(days), start, end)


def test_asking_when_hours_open_is_cheap():
    hours = parse_hours(["sun 03:00-04:00"])
    now = utc("2026-07-06T10:00")
    started = clock.process_time()
    for _ in range(200):
        next_open(hours, BERLIN, now)
    assert (clock.process_time() - started) / 200 < 0.003
