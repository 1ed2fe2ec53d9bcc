"""Freezing and thawing from a telephone: a code is all that says who may."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from enum import StrEnum

from dialerd.domain.errors import Refused
from dialerd.domain.people import FAILURES_KEPT, pin_opens
from dialerd.service import freezes, passwords
from dialerd.settings import FreezeCodes
from dialerd.store import audit, people
from dialerd.store.database import Connection, Database
from dialerd.store.freezes import EVERYTHING
from dialerd.store.freezes import all as all_freezes

NAME = "(telephone)"
"""Under which wrong codes are counted: no user can have it."""


class Deed(StrEnum):
    """What a code stands for."""

    FROZEN = "frozen"
    THAWED = "thawed"


class WrongCode(Refused):
    """The code is none of them, or too many wrong ones came before it: then it was not looked at."""


def enter(
    database: Database,
    code: str,
    *,
    telephone: str,
    codes: FreezeCodes,
    campaigns: Collection[str],
    clock: Callable[[], datetime],
    max_send_delay: float,
) -> Deed:
    """Does what the code stands for, with everything. After a freeze no call leaves any more (service/freezes.py;
    `max_send_delay` is the engine's, in seconds). `telephone` is who calls, for the audit. To freeze what is frozen, or thaw
    what is not, changes nothing.

    Raises Refused when there are no codes, WrongCode.
    """
    if codes.pin is None:
        raise Refused("freezing by telephone has no PIN: give freeze.pin_file in dialerd.toml")
    with database.write() as conn:
        deed = _known(conn, code, telephone, codes, clock())
        thawed = deed is Deed.THAWED and all(freeze.campaign != EVERYTHING for freeze in all_freezes(conn))
    # Out here, so that the wrong code is on disk.
    if deed is None:
        raise WrongCode(f"wrong code from telephone {telephone}")
    actor, now = f"telephone {telephone}", clock()
    if deed is Deed.FROZEN:
        freezes.freeze(database, None, configured=campaigns, actor=actor, now=now, max_send_delay=max_send_delay)
    elif not thawed:
        freezes.unfreeze(database, None, configured=campaigns, actor=actor, now=now)
    return deed


def _known(conn: Connection, code: str, telephone: str, codes: FreezeCodes, now: datetime) -> Deed | None:
    found = people.failures(conn, NAME, f"telephone {telephone}", now - FAILURES_KEPT)
    until = pin_opens(found, NAME, f"telephone {telephone}", now)
    if until is not None:
        raise WrongCode(f"too many wrong codes; telephone {telephone} may try again at {until:%H:%M:%S} UTC")
    for deed, pin in ((Deed.FROZEN, codes.pin), (Deed.THAWED, codes.thaw_pin)):
        if pin is not None and passwords.same(code, pin.get_secret_value()):
            return deed
    people.note_failure(conn, NAME, f"telephone {telephone}", now)
    audit.add(conn, at=now, actor="nobody", action="freeze.refused", subject=f"telephone {telephone}")
    return None
