"""Holidays that come every year, from texts: "12-25", "07-04 observed", "3 mon jan", "last mon may", "easter+1"."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, timedelta

from dialerd.domain.windows import DAY_NAMES

YEARS = range(2020, 2061)
"""The years that holidays are known for."""

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_FIXED = re.compile(r"([0-9]{2})-([0-9]{2})( observed)?")
_WEEKDAY = re.compile(rf"([1-5]|last) ({'|'.join(DAY_NAMES)}) ({'|'.join(_MONTHS)})")
_EASTER = re.compile(r"easter([+-][0-9]{1,3})?")
_DAY = timedelta(days=1)
_SATURDAY, _SUNDAY = 5, 6


def holidays(texts: Iterable[str]) -> frozenset[date]:
    """All days of YEARS that the texts name.

    "12-25" is a month and a day; with " observed" also the Friday before when it is a Saturday and the Monday after when
    it is a Saturday or Sunday. "3 mon jan" is the third Monday in January, "last mon may" the last one in May.
    "easter", "easter-2", "easter+39" count from Easter Sunday of the Gregorian calendar. Raises ValueError that quotes
    the faulty text and says what is allowed.
    """
    return frozenset(day for text in texts for year in YEARS for day in _in_year(text.strip().lower(), year))


def easter(year: int) -> date:
    """Easter Sunday by the Gregorian computus (Meeus, Jones, Butcher)."""
    golden = year % 19
    century, rest = divmod(year, 100)
    epact = (19 * golden + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (rest // 4) - epact - rest % 4) % 7
    late = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)


def _in_year(text: str, year: int) -> list[date]:
    if match := _EASTER.fullmatch(text):
        return [easter(year) + int(match[1] or 0) * _DAY]
    if match := _WEEKDAY.fullmatch(text):
        day = _weekday(year, _MONTHS.index(match[3]) + 1, DAY_NAMES.index(match[2]), match[1])
        return [day] if day is not None else []
    if match := _FIXED.fullmatch(text):
        month, number = int(match[1]), int(match[2])
        # The 29th of February is a day that some years have.
        if 1 <= month <= len(_MONTHS) and 1 <= number <= _last_day(2024, month):
            fixed = date(year, month, number) if number <= _last_day(year, month) else None
            return [] if fixed is None else _observed(fixed) if match[3] else [fixed]
    raise ValueError(
        f"{text!r} is no holiday; a date without quotes, or a text like '12-25', '07-04 observed', '3 mon jan', "
        "'last mon may', 'easter', 'easter-2' or 'easter+39'"
    )


def _weekday(year: int, month: int, weekday: int, which: str) -> date | None:
    first = date(year, month, 1)
    days = [first + number * _DAY for number in range(_last_day(year, month))]
    found = [day for day in days if day.weekday() == weekday]
    place = len(found) if which == "last" else int(which)
    return found[place - 1] if place <= len(found) else None


def _observed(day: date) -> list[date]:
    if day.weekday() == _SATURDAY:
        return [day, day - _DAY, day + 2 * _DAY]
    return [day, day + _DAY] if day.weekday() == _SUNDAY else [day]


def _last_day(year: int, month: int) -> int:
    return (date(year + month // 12, month % 12 + 1, 1) - _DAY).day
