"""Attempt ids: UUIDv7 (RFC 9562), so that the order of ids is the order of claiming."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta

from uuid6 import UUID

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def new_attempt_id(now: datetime) -> str:
    """A UUIDv7 of the instant `now` as 36 characters. The 12 bits behind the millisecond hold its fraction
    (RFC 9562, 6.2, method 3), the 62 bits after them are random.
    """
    return _id(now, secrets.randbits(62))


def first_attempt_id(instant: datetime) -> str:
    """What no attempt id of this instant or later comes before, and all earlier ones do."""
    return _id(instant, 0)


def _id(now: datetime, low: int) -> str:
    milliseconds, microseconds = divmod((now - _EPOCH) // _MICROSECOND, 1000)
    bits = milliseconds << 80 | (microseconds * 4096 // 1000) << 64 | low
    return str(UUID(int=bits, version=7))
