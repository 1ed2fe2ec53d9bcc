"""Which of a campaign's numbers the called party sees."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

import phonenumbers


class Strategy(StrEnum):
    """How the next number is chosen. ROUND_ROBIN: in turn, in the order given. LEAST_RECENTLY_USED: whose last call is
    longest ago, whichever campaign made it. SAME_AREA_CODE: of the called party's area, else of its country, else any; of
    several the least recently used.
    """

    ROUND_ROBIN = "round_robin"
    LEAST_RECENTLY_USED = "least_recently_used"
    SAME_AREA_CODE = "same_area_code"


@dataclass(frozen=True, slots=True)
class Pool:
    """A campaign's caller IDs in E.164, at least one, each once. `sticky`: a lead that is called again sees the number it
    saw last, as long as it is in the pool.
    """

    numbers: tuple[str, ...]
    strategy: Strategy = Strategy.ROUND_ROBIN
    sticky: bool = False

    def __post_init__(self) -> None:
        if not self.numbers or len(set(self.numbers)) != len(self.numbers):
            raise ValueError("caller IDs: at least one, and each once")

    @property
    def first(self) -> str:
        """What who is called on trial sees: such a call has no lead and takes nobody's turn."""
        return self.numbers[0]


@dataclass(frozen=True, slots=True)
class Uses:
    """What was used before: `last` by this campaign; `when` says of a number how late it was used last by anybody, the
    greater the later, and nothing of one that was not used.
    """

    last: str | None = None
    when: Mapping[str, int] | None = None


def choose(pool: Pool, phone: str, uses: Uses, seen: str | None = None) -> str:
    """The caller ID for a call to `phone` (E.164). `seen` is what the lead saw last time, None at the first call."""
    if len(pool.numbers) == 1:
        return pool.first
    if pool.sticky and seen in pool.numbers:
        return seen
    match pool.strategy:
        case Strategy.ROUND_ROBIN:
            return _next(pool.numbers, uses.last)
        case Strategy.LEAST_RECENTLY_USED:
            return _oldest(pool.numbers, uses)
        case Strategy.SAME_AREA_CODE:
            return _oldest(_nearest(pool.numbers, phone), uses)


def _next(numbers: Sequence[str], last: str | None) -> str:
    place = numbers.index(last) + 1 if last in numbers else 0
    return numbers[place % len(numbers)]


def _oldest(numbers: Sequence[str], uses: Uses) -> str:
    when = uses.when or {}
    return min(numbers, key=lambda number: when.get(number, -math.inf))


def _nearest(numbers: Sequence[str], phone: str) -> Sequence[str]:
    """Those of the number's area, else of its country, else all."""
    for part in range(2):
        near = [number for number in numbers if phone.startswith(_beginnings(number)[part])]
        if near:
            return near
    return numbers


@cache
def _beginnings(number: str) -> tuple[str, str]:
    """The number up to its area code, and up to its country code. A number without an area code is like no other."""
    parsed = phonenumbers.parse(number)
    country = f"+{parsed.country_code}"
    length = phonenumbers.length_of_geographical_area_code(parsed)
    national = phonenumbers.national_significant_number(parsed)
    return (country + national[:length] if length else number), country
