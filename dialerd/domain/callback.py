"""When somebody wants to be called again: what was asked for, as an instant."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from dialerd.domain.places import read_place
from dialerd.domain.windows import find_zone, local_instant

LATEST = timedelta(days=366)
"""A call further ahead than this is a slip of the finger."""

# "is over" allows for the seconds a caller and a script take.
_LATE = timedelta(minutes=1)
_CLOCK = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([0-9]{2}:[0-9]{2}(?::[0-9]{2})?)(Z|[+-][0-9]{2}:?[0-9]{2})?")
_ALLOWED = "a date and time such as 2026-12-01T10:00, or minutes from now such as 90"

When = datetime | timedelta
"""What was asked for: an instant, a naive time on the clock of whoever asked, or how long from now."""


def read_when(text: str) -> When:
    """The time that the text names: 2026-12-01T10:00 (a space for the T, seconds, and an offset from UTC may be given),
    or a whole number of minutes from now. Raises ValueError that says what is allowed.
    """
    found = text.strip()
    if found.isascii() and found.isdigit() and len(found) <= 6:
        return timedelta(minutes=int(found))
    match = _CLOCK.fullmatch(found)
    if match is None:
        raise ValueError(f"{text[:40]!r} is no time; {_ALLOWED}")
    try:
        return datetime.fromisoformat(f"{match[1]}T{match[2]}{match[3] or ''}")
    except ValueError:
        raise ValueError(f"{text[:40]!r} is in no calendar; {_ALLOWED}") from None


def instant_of(when: When, zone: ZoneInfo, now: datetime) -> datetime:
    """The instant in UTC; a naive time is read off the clock of `zone`. Raises ValueError for one that is over, or more
    than LATEST ahead.
    """
    if isinstance(when, timedelta):
        at = now + when
    else:
        at = local_instant(when, zone) if when.tzinfo is None else when.astimezone(UTC)
    if at < now - _LATE:
        raise ValueError(f"{at:%Y-%m-%d %H:%M} UTC is over; a time that is still to come")
    if at > now + LATEST:
        raise ValueError(f"{at:%Y-%m-%d %H:%M} UTC is too far ahead; a time within the next {LATEST.days} days")
    return max(at, now)


def zone_of(zones: str, otherwise: ZoneInfo) -> ZoneInfo:
    """The zone of a lead by its zone key (domain.places): the one it is in, or `otherwise` when it may be in several or
    none is known.
    """
    names = read_place(zones).zones
    return (find_zone(names[0]) if len(names) == 1 else None) or otherwise
