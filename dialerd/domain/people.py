"""People and their rights: roles, what a name and a password may be, and how many failed logins are too many."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from dialerd.domain.errors import BadInput

_NAME = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}")
SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 256
"""Argon2 reads every character, so that a longer one would only cost time."""

FAILURES_KEPT = timedelta(minutes=15)
"""How long a failed login counts."""
MOST_OF_ONE = 5
"""Failed logins under one name from one address."""
MOST_OF_ADDRESS = 20
"""From one address, under any names."""
MOST_OF_NAME = 50
"""Under one name from anywhere: high, because who knows a name must not be able to lock its owner out at leisure."""
MOST_WRONG_PINS = 15
"""From all telephones together, because their numbers can be forged: 1,440 a day, of the million that six digits make."""


class Role(StrEnum):
    """What somebody may do, the least first. Each may do what those before it may."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"

    def covers(self, needed: Role) -> bool:
        """Whether this role may do what `needed` may."""
        order = list(Role)
        return order.index(self) >= order.index(needed)


@dataclass(frozen=True, slots=True)
class Failure:
    """A failed login: when, under which name, from which address."""

    at: datetime
    name: str
    source: str


def check_name(what: str, name: str) -> str:
    """The name of a user or a token. Raises BadInput."""
    if not _NAME.fullmatch(name):
        raise BadInput(
            f"{what} {name[:40]!r}: must be 1 to 64 of a-z, 0-9, dot, underscore, @ and -, the first a letter or digit"
        )
    return name


def check_password(name: str, password: str) -> None:
    """Raises BadInput for a password that anybody would guess, or that nobody could have meant. Length is what makes a
    password strong, not a mixture of characters (NIST SP 800-63B, 3.1.1.2).
    """
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise BadInput(f"the password must have {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters")
    if "\0" in password or any("\ud800" <= char <= "\udfff" for char in password):
        raise BadInput("the password has a character that cannot be typed: NUL, or half of a pair")
    if len(set(password)) < 4 or name in password.lower() or "dialerd" in password.lower():
        raise BadInput("the password is too easy: neither the name, nor dialerd, nor a character repeated")


def login_opens(failures: Iterable[Failure], name: str, source: str, now: datetime) -> datetime | None:
    """When the next login under this name from this address may be tried; None: now."""
    recent = [failure for failure in failures if failure.at > now - FAILURES_KEPT]
    limits = (
        (MOST_OF_ONE, [each.at for each in recent if (each.name, each.source) == (name, source)]),
        (MOST_OF_ADDRESS, [each.at for each in recent if each.source == source]),
        (MOST_OF_NAME, [each.at for each in recent if each.name == name]),
    )
    return _opens(limits)


def pin_opens(failures: Iterable[Failure], name: str, source: str, now: datetime) -> datetime | None:
    """When the next PIN under this name from this telephone may be tried; None: now."""
    recent = [failure for failure in failures if failure.at > now - FAILURES_KEPT and failure.name == name]
    ours = [each.at for each in recent if each.source == source]
    return _opens([(MOST_OF_ONE, ours), (MOST_WRONG_PINS, [each.at for each in recent])])


def _opens(limits: Iterable[tuple[int, list[datetime]]]) -> datetime | None:
    # The limit is kept again when so many of them are forgotten that one more would fit.
    opens = [sorted(times)[-most] + FAILURES_KEPT for most, times in limits if len(times) >= most]
    return max(opens, default=None)
