"""May somebody be called at this instant, and when does that change.

Rules are read off a wall clock: a moment is judged by what a clock in the zone shows. When clocks are set back, the
hour that is shown twice is judged alike both times; the hour that is skipped in spring does not exist.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DAY_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MIDNIGHT = 24 * 60
_HORIZON = timedelta(days=400)
_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})")


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` up to but not including `end`, minutes after midnight, beginning on each of `days` (Monday = 0).

    `start` is 0 to 1439, `end` 0 to 1440 (24:00). An `end` at or before `start` lies on the next day.
    """

    days: frozenset[int]
    start: int
    end: int

    def __post_init__(self) -> None:
        """Raises ValueError for minutes or days that no clock or calendar has."""
        if not self.days or not all(0 <= day < 7 for day in self.days):
            raise ValueError("a span needs days from 0 (Monday) to 6 (Sunday)")
        if not 0 <= self.start < MIDNIGHT or not 0 <= self.end <= MIDNIGHT:
            raise ValueError("a span starts from 00:00 to 23:59 and ends from 00:00 to 24:00")
        if self.start == self.end:
            raise ValueError("a span that ends when it starts is empty")


@dataclass(frozen=True, slots=True)
class Hours:
    """Weekly hours. No spans: always open, but on holidays.

    On a holiday (a date in the zone the hours are read in) everything is closed: the part of a span over midnight that
    falls on it, and the whole span that begins on it.
    """

    spans: tuple[Span, ...] = ()
    holidays: frozenset[date] = field(default_factory=frozenset)


Opening = tuple[Hours, ZoneInfo]
"""Hours and the zone they are read in."""


@lru_cache(maxsize=1024)
def find_zone(name: str) -> ZoneInfo | None:
    """The zone of that IANA name; None when there is none."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        return None


def parse_hours(texts: Sequence[str]) -> Hours:
    """Hours from texts such as "mon-fri 09:00-20:00", "sat,sun 10:00-18:00", "daily 22:00-02:00".

    Raises ValueError that quotes the faulty piece and says what is allowed.
    """
    return Hours(tuple(_parse_span(text) for text in texts))


def is_open(hours: Hours, zone: ZoneInfo, now: datetime) -> bool:
    """Whether `now` (aware) lies inside the hours by the wall clock of `zone`."""
    local = now.astimezone(zone)
    today = local.date()
    if today in hours.holidays:
        return False
    if not hours.spans:
        return True
    minute = local.hour * 60 + local.minute
    weekday = local.weekday()
    yesterday_counts = today - timedelta(days=1) not in hours.holidays
    return any(_covers(span, weekday, minute, yesterday_counts=yesterday_counts) for span in hours.spans)


def next_open(hours: Hours, zone: ZoneInfo, now: datetime) -> datetime | None:
    """The first instant at or after `now` that is open, in UTC; None when there is none within 400 days."""
    if is_open(hours, zone, now):
        return now.astimezone(UTC)
    return next_change(hours, zone, now)


def next_change(hours: Hours, zone: ZoneInfo, now: datetime) -> datetime | None:
    """The first instant strictly after `now` where `is_open` flips, in UTC; None when there is none within 400 days."""
    now = now.astimezone(UTC)
    state = is_open(hours, zone, now)
    for instant in _breakpoints(hours, zone, now):
        if is_open(hours, zone, instant) != state:
            return instant
    return None


def next_open_in_all(openings: Sequence[Opening], now: datetime) -> datetime | None:
    """The first instant at or after `now` at which every one is open, each in its own zone; None as for `next_open`."""
    return _next_open_in_all(tuple(openings), now)


# Many leads are judged at one instant by the same hours in the same zones.
@lru_cache(maxsize=4096)
def _next_open_in_all(openings: tuple[Opening, ...], now: datetime) -> datetime | None:
    instant = now.astimezone(UTC)
    while instant - now <= _HORIZON:
        closed = next(((hours, zone) for hours, zone in openings if not is_open(hours, zone, instant)), None)
        if closed is None:
            return instant
        opening = next_open(*closed, instant)
        if opening is None:
            return None
        instant = opening
    return None


def day_start(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a calendar day in `zone`, in UTC; where midnight is skipped, the end of the gap."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def local_instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """The instant, in UTC, at which clocks in `zone` show this time (naive): the first one of two, and where the time is
    skipped the one as long after the gap began.
    """
    return wall.replace(tzinfo=zone, fold=0).astimezone(UTC)


def _covers(span: Span, weekday: int, minute: int, *, yesterday_counts: bool) -> bool:
    if span.end > span.start:
        return weekday in span.days and span.start <= minute < span.end
    if weekday in span.days and minute >= span.start:
        return True
    return yesterday_counts and (weekday - 1) % 7 in span.days and minute < span.end


def _breakpoints(hours: Hours, zone: ZoneInfo, now: datetime) -> Iterator[datetime]:
    """Every instant after `now`, in order, where the wall clock passes a boundary or is set.

    Between two of them `is_open` cannot change.
    """
    if _whole_week(hours.spans) and all(holiday < now.date() - timedelta(days=1) for holiday in hours.holidays):
        return
    walls = [time()] + [time(minute // 60, minute % 60) for minute in _boundaries(hours.spans)]
    since_midnight = [timedelta(hours=wall.hour, minutes=wall.minute) for wall in walls]
    last_day = now.date() + _HORIZON
    start = datetime.combine(now.date(), time(), UTC)
    while start.date() <= last_day:
        end = start + timedelta(days=1)
        offset = _only_offset(zone, start)
        if offset is not None:
            instants = {start + (wall - offset) % timedelta(days=1) for wall in since_midnight}
        else:
            instants = {instant for instant in _shown(walls, zone, start.date()) if start <= instant < end}
            instants.update(_clock_changes(zone, start, end))
        yield from sorted(instant for instant in instants if instant > now)
        start = end


@lru_cache(maxsize=1024)
def _whole_week(spans: tuple[Span, ...]) -> bool:
    """Whether the spans leave no minute out. Then there is nothing to be searched for over more than a year."""
    return not spans or all(
        any(_covers(span, weekday, minute, yesterday_counts=True) for span in spans)
        for weekday in range(7)
        for minute in {0, *_boundaries(spans)}
    )


@lru_cache(maxsize=1024)
def _boundaries(spans: tuple[Span, ...]) -> frozenset[int]:
    return frozenset(minute % MIDNIGHT for span in spans for minute in (span.start, span.end))


def _shown(walls: Sequence[time], zone: ZoneInfo, utc_day: date) -> Iterator[datetime]:
    """When a clock in `zone` shows these times, first and second, on the local days that this UTC day touches."""
    for days in (-1, 0, 1):
        for wall in walls:
            local = datetime.combine(utc_day + timedelta(days=days), wall, zone)
            yield local.astimezone(UTC)
            yield local.replace(fold=1).astimezone(UTC)


# Zones times days of the horizon: those of a country with six of them.
@lru_cache(maxsize=4096)
def _only_offset(zone: ZoneInfo, start: datetime) -> timedelta | None:
    """The UTC offset of the 24 hours from `start`, when no clock is set in them nor within hours of them; else None. No
    zone goes to another offset and back within half a day.
    """
    found = {_offset(zone, start + timedelta(hours=hours)) for hours in (-6, 0, 12, 24, 30)}
    return found.pop() if len(found) == 1 else None


def _clock_changes(zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[datetime]:
    half = timedelta(hours=12)
    while start < end:
        if _offset(zone, start - timedelta(seconds=1)) != _offset(zone, start + half - timedelta(seconds=1)):
            yield _clock_change(zone, start - timedelta(seconds=1), start + half - timedelta(seconds=1))
        start += half


def _clock_change(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """The first whole second with another UTC offset than `before`; it lies in (before, after]."""
    old = _offset(zone, before)
    low, high = 0, int((after - before).total_seconds())
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(zone, before + timedelta(seconds=middle)) == old:
            low = middle
        else:
            high = middle
    return before + timedelta(seconds=high)


def _offset(zone: ZoneInfo, instant: datetime) -> timedelta | None:
    return instant.astimezone(zone).utcoffset()


def _parse_span(text: str) -> Span:
    pieces = text.split()
    if len(pieces) != 2:
        raise ValueError(f"{text!r}: write days, a space and hours, as in 'mon-fri 09:00-20:00'")
    days = _parse_days(text, pieces[0].lower())
    start_text, dash, end_text = pieces[1].partition("-")
    if not dash:
        raise ValueError(f"{text!r}: {pieces[1]!r} must be two times with a dash, as in '09:00-20:00'")
    start, end = _parse_clock(text, start_text), _parse_clock(text, end_text)
    if start == MIDNIGHT:
        raise ValueError(f"{text!r}: 24:00 is the end of a day; start at 00:00 of the next one")
    if start == end:
        raise ValueError(f"{text!r}: starts and ends at {start_text}; for the whole day write 00:00-24:00")
    return Span(days, start, end)


def _parse_days(text: str, piece: str) -> frozenset[int]:
    if piece == "daily":
        return frozenset(range(7))
    days: set[int] = set()
    for part in piece.split(","):
        first_text, dash, last_text = part.partition("-")
        first = _parse_day(text, first_text)
        last = _parse_day(text, last_text) if dash else first
        days.update((first + step) % 7 for step in range((last - first) % 7 + 1))
    return frozenset(days)


def _parse_day(text: str, name: str) -> int:
    if name not in DAY_NAMES:
        raise ValueError(f"{text!r}: {name!r} is no day; allowed are {', '.join(DAY_NAMES)} and daily")
    return DAY_NAMES.index(name)


def _parse_clock(text: str, clock: str) -> int:
    match = _CLOCK.fullmatch(clock)
    minutes = int(match[1]) * 60 + int(match[2]) if match and int(match[2]) < 60 else MIDNIGHT + 1
    if minutes > MIDNIGHT:
        raise ValueError(f"{text!r}: {clock!r} is no time of day; write HH:MM from 00:00 to 24:00")
    return minutes
