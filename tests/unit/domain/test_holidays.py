from __future__ import annotations

from datetime import date

import pytest

from dialerd.domain.holidays import YEARS, easter, holidays


def days(year, *texts):
    return sorted(day for day in holidays(texts) if day.year == year)


@pytest.mark.parametrize(
    ("year", "sunday"),
    [(2024, (3, 31)), (2025, (4, 20)), (2026, (4, 5)), (2027, (3, 28)), (2035, (3, 25)), (2038, (4, 25))],
)
def test_easter_is_when_it_is(year, sunday):
    assert easter(year) == date(year, *sunday)


def test_a_day_of_the_year_is_one_every_year():
    assert holidays(["12-25"]) == {date(year, 12, 25) for year in YEARS}


def test_a_leap_day_is_one_in_leap_years():
    assert {day.year for day in holidays(["02-29"])} == {year for year in YEARS if year % 4 == 0}


def test_what_is_observed_is_kept_on_the_days_beside_a_weekend_too():
    assert days(2026, "07-04 observed") == [date(2026, 7, 3), date(2026, 7, 4), date(2026, 7, 6)]
    assert days(2027, "07-04 observed") == [date(2027, 7, 4), date(2027, 7, 5)]
    assert days(2028, "07-04 observed") == [date(2028, 7, 4)]


def test_weekdays_of_a_month_are_counted_from_its_beginning_or_end():
    assert days(2026, "3 mon jan") == [date(2026, 1, 19)]
    assert days(2026, "last mon may") == [date(2026, 5, 25)]
    assert days(2026, "4 thu nov") == [date(2026, 11, 26)]
    assert days(2026, "5 fri feb") == []
    assert days(2026, "5 fri jan") == [date(2026, 1, 30)]


def test_days_are_counted_from_easter():
    assert days(2026, "easter-2", "easter", "Easter+39") == [date(2026, 4, 3), date(2026, 4, 5), date(2026, 5, 14)]


@pytest.mark.parametrize(
    "text", ["", "christmas", "13-01", "02-30", "1-1", "6 mon jan", "3 mon", "easter+", "12-25 kept"]
)
def test_what_is_no_holiday_is_refused_with_what_is_allowed(text):
    with pytest.raises(ValueError, match=r"no holiday; a date without quotes, or a text like '12-25'"):
        holidays([text])
