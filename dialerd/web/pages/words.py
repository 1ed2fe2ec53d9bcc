"""What pages print: numbers, shares, durations and times as people read them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import quote
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dialerd.domain.funnel import Part

NOTHING = "–"
_COMMANDS = re.compile(r"[:;] dialerd [a-z][^;]*|(?<= first), dialerd [a-z][^;]*|; `dialerd [^`]*` shows [^;]*")
_WAYS = tuple(
    (re.compile(way), here)
    for way, here in (
        (r"`dialerd list list` shows", "Lists shows"),
        (r"`dialerd campaign list` shows", "Campaigns shows"),
        (r"`dialerd list (show|versions) [^`]*` shows", "Versions shows"),
        (r"(with|at|see) `dialerd list (show|versions) [^`]*`", r"\1 the list's Versions"),
        (r"with `dialerd list cancel [^`]*`", "with Cancel the import"),
        (r"with `dialerd list undo [^`]*`", "with Undo the newest import"),
        (r"with `dialerd list rollback [^`]* (\w+)`", r"to version \1 under Versions"),
        (r"with dialerd lead edit [0-9]+", "on its page, with Edit"),
        (r", dialerd dnc remove [^;]*", ", take it off under Do-not-call"),
        (r", set a shorter --minimum-gap, or --force", ""),
        (r"; if it is a mistake, say so with --force", "; if it is a mistake, it can be reset on the server"),
        (
            r"by the same options (\([^)]*\)), or take it back with --undo",
            r"by the same choices \1, or Undo the last reset",
        ),
        (r"is given with --priority", "is given as its priority"),
        (r"give the archived one another name with --as", "archive or delete that one first"),
        (r"(rename one or )?choose (one|it) with --phone-column", "call one of them phone_number in the file"),
        (r"leave --sheet out", "leave the sheet empty"),
        (r"--encoding (?=[a-z0-9])", "the encoding "),
    )
)
PARTS = {
    Part.DIALABLE: "Dialable now",
    Part.RETRY: "Waiting for a retry",
    Part.HOURS: "Outside hours",
    Part.CAP: "At the cap",
    Part.IN_CALL: "In a call",
    Part.FINISHED: "Finished",
    Part.DO_NOT_CALL: "Do-not-call",
    Part.INVALID: "Invalid number",
    Part.WITHDRAWN: "Withdrawn",
}


def spoken(name: str | None) -> str:
    """A disposition, state or gate as people say it."""
    return NOTHING if not name else name.replace("_", " ").capitalize()


def count(number: int | None) -> str:
    """A whole number with commas."""
    return NOTHING if number is None else f"{number:,}"


def plain(text: str) -> str:
    """What a service says, with the pages and buttons that are here instead of the commands and options of a shell."""
    for way, here in _WAYS:
        text = way.sub(here, text)
    return _COMMANDS.sub("", text)


def several(number: int, what: str) -> str:
    """So many of them, as `1 lead` and `1,204 leads`."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def percent(share: float | None) -> str:
    """A share of 0 to 1."""
    return NOTHING if share is None else f"{share:.1%}"


def lasting(time: timedelta) -> str:
    """A duration as `2 d 3 h`, `4 min 10 s` or `12 s`; the two largest units that are not zero."""
    left = max(0, round(time.total_seconds()))
    parts = []
    for unit, seconds in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        number, left = divmod(left, seconds)
        if number:
            parts.append(f"{number} {unit}")
    return " ".join(parts[:2]) or "0 s"


def read_zone(name: str) -> ZoneInfo:
    """The zone a browser says it is in; UTC for what is none."""
    try:
        return ZoneInfo(name) if 0 < len(name) <= 64 else ZoneInfo("UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def moment(at: datetime | None, zone: ZoneInfo) -> str:
    """An instant by the clock of the zone."""
    return NOTHING if at is None else at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")


def moment_there(at: datetime | None, zone: ZoneInfo, there: str) -> str:
    """An instant by the viewer's clock, and beside it by the clock where the lead is: `there` is its zone, or several of
    which the first is meant, separated by bars. Without one, or in the viewer's own, the viewer's clock is enough.
    """
    first = there.partition("|")[0]
    if at is None or not first or first == zone.key:
        return moment(at, zone)
    local = at.astimezone(read_zone(first))
    return f"{moment(at, zone)} ({local:%H:%M} in {first})"


def clock_of(at: datetime) -> str:
    """The seconds of an instant as charts take them: ISO 8601 in UTC."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds")


def link(page: str, **asked: object) -> str:
    """The address of a page about something, whatever its name contains."""
    query = "&".join(f"{key}={quote(str(value), safe='')}" for key, value in asked.items() if value not in (None, ""))
    return f"{page}?{query}" if query else page
