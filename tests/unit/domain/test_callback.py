"""When somebody wants to be called again: what is understood, and which instant it is."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dialerd.domain.callback import LATEST, instant_of, read_when, zone_of

BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")
NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


def at(text, zone=BERLIN, now=NOW):
    return instant_of(read_when(text), zone, now)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("90", NOW + timedelta(minutes=90)),
        ("0", NOW),
        ("2026-05-06T10:00", datetime(2026, 5, 6, 8, tzinfo=UTC)),
        (" 2026-05-06 10:00:30 ", datetime(2026, 5, 6, 8, 0, 30, tzinfo=UTC)),
        ("2026-05-06T10:00Z", datetime(2026, 5, 6, 10, tzinfo=UTC)),
        ("2026-05-06T10:00+05:30", datetime(2026, 5, 6, 4, 30, tzinfo=UTC)),
        ("2026-05-06T10:00-0400", datetime(2026, 5, 6, 14, tzinfo=UTC)),
    ],
)
def test_a_time_is_minutes_from_now_or_what_a_clock_shows(text, instant):
    assert at(text) == instant


UNREADABLE = [
    *("", "soon", "-5", "1e3", "1234567", "10:00", "2026-05-06", "2026-5-6T1:00", "2026-05-06T25:00"),
    *("2026-02-30T10:00", "2026-05-06T10:00 Europe/Berlin", "2026-05-06T10:00+99:00", "٩٠"),
]


@pytest.mark.parametrize("text", UNREADABLE)
def test_anything_else_is_refused_with_what_is_allowed(text):
    with pytest.raises(ValueError, match="a date and time such as 2026-12-01T10:00, or minutes from now such as 90"):
        read_when(text)


def test_a_time_that_is_over_is_refused_but_for_the_minute_it_took_to_say():
    assert at("2026-05-04T13:59:30") == NOW
    with pytest.raises(ValueError, match="is over"):
        at("2026-05-04T13:58")


def test_a_time_more_than_a_year_ahead_is_refused():
    assert at("2027-05-05T13:00") < NOW + LATEST
    with pytest.raises(ValueError, match="too far ahead"):
        at("2027-05-06T13:00")


def test_of_an_hour_that_is_shown_twice_the_first_is_meant():
    assert at("2026-10-25T02:30") == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_a_time_that_is_skipped_is_as_long_after_the_gap_began():
    assert at("2027-03-28T02:30") == datetime(2027, 3, 28, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("key", "zone"),
    [("America/New_York", NEW_YORK), ("America/Chicago|America/New_York", BERLIN), ("", BERLIN)],
)
def test_a_leads_zone_counts_when_it_is_certain(key, zone):
    assert zone_of(key, BERLIN) == zone
