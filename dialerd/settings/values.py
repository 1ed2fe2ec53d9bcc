"""One value of a settings file at a time: what it may be, and words for what it is not.

Every reader takes what TOML gave (or the finished value, when code builds settings) and returns the finished value or
raises ValueError whose text says what is wrong and what is allowed; the file and the key are put before it later.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from difflib import get_close_matches
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import SecretStr

from dialerd.domain.allowed import NumberKind, read_countries, read_kinds
from dialerd.domain.errors import BadInput
from dialerd.domain.windows import Hours, parse_hours

Read = TypeVar("Read", bound=str)

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"(?:[0-9]+(?:\.[0-9]+)?(?:ms|s|m|h|d))+")
_DURATION_PART = re.compile(r"([0-9.]+)(ms|s|m|h|d)")
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")


E = TypeVar("E", bound=StrEnum)


class UnfitError(ValueError):
    """What was given will not do. A ValueError, since that is what pydantic collects."""


def shown(value: object) -> str:
    """The value as a message may show it: short, on one line, TOML's spelling for true and false."""
    text = str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def nearest(value: object, known: Iterable[str]) -> str:
    """What to add to a message when something known is spelled almost like this."""
    close = get_close_matches(str(value), list(known), n=1)
    return f"; did you mean {close[0]}?" if close else ""


def spell(seconds: float) -> str:
    """Seconds in the largest unit that keeps them whole: 86400 -> 1d, 90 -> 90s, 0.5 -> 500ms."""
    for unit, size in reversed(_UNITS.items()):
        if seconds >= size and math.isclose(seconds / size, round(seconds / size)):
            return f"{round(seconds / size)}{unit}"
    return f"{seconds:g}s"


def seconds(low: float, high: float) -> Callable[[object], float]:
    """A duration in seconds: a number of them, or text such as 500ms, 90s, 15m, 1h30m, 2d."""
    allowed = f"a number of seconds or text like 90s, 15m, 1h30m, from {spell(low)} to {spell(high)}"

    def read(value: object) -> float:
        if isinstance(value, str) and _DURATION.fullmatch(value):
            parts = _DURATION_PART.findall(value)
            result = math.fsum(float(number) * _UNITS[unit] for number, unit in parts)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            result = float(value)
        else:
            raise UnfitError(f"{shown(value)} is no duration; {allowed}")
        if not low <= result <= high:
            raise UnfitError(f"{shown(value)} is out of range; {allowed}")
        return result

    return read


def number(low: float, high: float, unit: str) -> Callable[[object], float]:
    """A number of something, whole or not; never NaN or infinite, since every comparison with NaN is false."""
    allowed = f"a number of {unit} from {low:g} to {high:g}"

    def read(value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise UnfitError(f"{shown(value)} is no number; {allowed}")
        if not low <= value <= high:
            raise UnfitError(f"{shown(value)} is out of range; {allowed}")
        return float(value)

    return read


def whole(low: int, high: int, what: str) -> Callable[[object], int]:
    """A whole number; `what` says of what, for the message."""
    allowed = f"{what} from {low} to {high}"

    def read(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise UnfitError(f"{shown(value)} is no whole number; {allowed}")
        if not low <= value <= high:
            raise UnfitError(f"{shown(value)} is out of range; {allowed}")
        return value

    return read


def one_of(*choices: str) -> Callable[[object], str]:
    """One of a few words."""

    def read(value: object) -> str:
        if value not in choices:
            raise UnfitError(f"{shown(value)} is none of them; {', '.join(choices)}")
        return str(value)

    return read


def one_of_enum(kind: type[E]) -> Callable[[object], E]:
    """One of the values of a StrEnum."""
    read_text = one_of(*kind)
    return lambda value: kind(read_text(value))


def switch(value: object) -> bool:
    """A TOML boolean, not 1, not "yes"."""
    if not isinstance(value, bool):
        raise UnfitError(f"{shown(value)} is no switch; true or false, without quotes")
    return value


def matching(pattern: str, allowed: str) -> Callable[[object], str]:
    """Text that the pattern matches as a whole."""
    compiled = re.compile(pattern)

    def read(value: object) -> str:
        if not isinstance(value, str) or not compiled.fullmatch(value):
            raise UnfitError(f"{shown(value)} will not do; {allowed}")
        return value

    return read


name = matching(_NAME.pattern, "1 to 64 of a-z, 0-9, - and _, beginning with a letter or digit")
e164 = matching(_E164.pattern, "a number in E.164, such as +12025550100")
host = matching(r"[A-Za-z0-9._:-]{1,253}", "a host name or an IP address")
line = matching(r"[^\x00-\x1f\x7f]{0,500}", "up to 500 characters on one line")


def e164s(value: object) -> tuple[str, ...]:
    """Numbers in E.164, at least one, each once."""
    numbers = [e164(item) for item in listed(value, 'a list of numbers in E.164, such as ["+12025550100"]')]
    twice = sorted({number for number in numbers if numbers.count(number) > 1})
    if twice:
        raise UnfitError(f"{', '.join(twice)} is there twice; each number once")
    return tuple(numbers)


def listening(value: object) -> str:
    """An address to listen on. Only addresses: what a name means is somebody else's decision."""
    try:
        return str(ip_address(_text(value)))
    except ValueError:
        raise UnfitError(f"{shown(value)} is no IP address; an address of this machine, such as 127.0.0.1") from None


def networks(value: object) -> tuple[IPv4Network | IPv6Network, ...]:
    """Addresses or networks in CIDR form; at least one."""
    allowed = 'a list of IP addresses or networks, such as ["127.0.0.1", "10.0.0.0/24"]'
    items = listed(value, allowed)
    try:
        return tuple(item if isinstance(item, IPv4Network | IPv6Network) else ip_network(_text(item)) for item in items)
    except ValueError as error:
        raise UnfitError(f"{error}; {allowed}") from None


def names(value: object) -> tuple[str, ...]:
    """A list of names, at least one, none twice."""
    items = tuple(name(item) for item in listed(value, 'a list of names, such as ["carrier"]'))
    if len(set(items)) < len(items):
        raise UnfitError(f"{shown(list(items))} names one twice; each name once")
    return items


def waits(value: object) -> tuple[float, ...]:
    """One duration or a list of them, in seconds."""
    read = seconds(1, 90 * 86400)
    return tuple(read(item) for item in value) if isinstance(value, list | tuple) and value else (read(value),)


def hours(value: object) -> Hours:
    """Opening hours as lines of text, at least one: `daily 00:00-24:00` says always, so that nothing says it silently."""
    if isinstance(value, Hours):
        return value
    return parse_hours([_text(item) for item in listed(value, 'a list of texts, such as ["mon-fri 09:00-20:00"]')])


def dates(value: object) -> frozenset[date]:
    """Dates, written without quotes in TOML."""
    if isinstance(value, frozenset | set | list | tuple):
        return frozenset(day(item) for item in value)
    raise UnfitError(f"{shown(value)} is no list; a list of dates without quotes, such as [2026-12-25]")


def day(value: object) -> date:
    """One date; a date with a time is refused, since the schedule has hours for that."""
    if type(value) is date:
        return value
    raise UnfitError(f"{shown(value)} is no date; a date without quotes, such as 2026-12-25")


def zone(value: object) -> ZoneInfo:
    """A zone of the IANA database by its name. Names are looked up, never opened as paths."""
    if isinstance(value, ZoneInfo):
        return value
    try:
        return ZoneInfo(_text(value))
    except (ValueError, OSError, ZoneInfoNotFoundError):
        hint = nearest(value, available_timezones())
        raise UnfitError(
            f"{shown(value)} is no time zone; a name of the IANA database, such as Europe/Berlin{hint}"
        ) from None


def countries(value: object) -> frozenset[str]:
    """A list of country codes, or an empty one."""
    return _told(read_countries, value, 'a list of countries, such as ["US", "CA"]')


def number_kinds(value: object) -> frozenset[NumberKind]:
    """A list of kinds of numbers, or an empty one."""
    return _told(read_kinds, value, 'a list of kinds, such as ["toll_free"]')


def _told(read: Callable[[Iterable[str]], frozenset[Read]], value: object, allowed: str) -> frozenset[Read]:
    if not isinstance(value, list | tuple | set | frozenset):
        raise UnfitError(f"{shown(value)} is no list; {allowed}")
    try:
        return read([_text(item) for item in value])
    except BadInput as error:
        raise UnfitError(f"{error}; {allowed}") from None


def folder(value: object) -> Path:
    """A path; relative ones are resolved against the settings file's folder by the loader."""
    if isinstance(value, Path):
        return value
    if not isinstance(value, str) or not value or "\0" in value:
        raise UnfitError(f"{shown(value)} is no path; a folder, absolute or relative to this file")
    return Path(value).expanduser()


def secret(value: object) -> SecretStr:
    """A password for AMI: printable ASCII, since it travels in a line protocol. Never shown in a message."""
    text = value.get_secret_value() if isinstance(value, SecretStr) else value
    if not isinstance(text, str) or not re.fullmatch(r"[!-~]{1,128}", text):
        raise UnfitError("will not do (not shown here); 1 to 128 printable ASCII characters without blanks, in quotes")
    return SecretStr(text)


def listed(value: object, allowed: str) -> Sequence[object]:
    """A list with something in it; `allowed` says of what, for the message."""
    if not isinstance(value, list | tuple) or not value:
        raise UnfitError(f"{shown(value)} is no list or an empty one; {allowed}")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise UnfitError(f"{shown(value)} is no text")
    return value
