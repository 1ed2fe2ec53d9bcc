"""Whether leads that a version brought, or a reset made fresh, were dialed since.

The answer for all of them takes as long as there are leads, and blocks nobody. Under a lock, where nobody can claim, only
what was begun since that answer is looked at again.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, bindparam, or_, select

from dialerd.store.database import Connection
from dialerd.store.ids import new_attempt_id
from dialerd.store.tables import attempts, lead_rows, leads, reset_leads
from dialerd.store.types import UtcDateTime
from dialerd.store.versions import VersionRecord

_SOME = 1000
_SKEW = {"sqlite": timedelta(seconds=5), "postgresql": timedelta(minutes=2)}
"""How far the clocks of two processes may be apart. Those that share SQLite are on one machine."""


def new_lead(conn: Connection, version: VersionRecord) -> str | None:
    """The number of a lead that the published version brought, or brought back, and that has an attempt since; None
    when there is none.
    """
    phone: str | None = conn.scalar(_EVER, _place(version))
    return phone


def new_lead_since(conn: Connection, version: VersionRecord, since: datetime) -> str | None:
    """As new_lead, but looks only at attempts begun then or later and at those that have not ended."""
    for ids in _recent(conn, since):
        phone: str | None = conn.scalar(_SINCE, {**_place(version), "ids": ids})
        if phone is not None:
            return phone
    return None


def reset_lead_since(conn: Connection, reset_id: int, since: datetime) -> bool:
    """Whether a lead of the reset was claimed for a call then or later, or is in one."""
    return any(conn.scalar(_RESET_SINCE, {"reset": reset_id, "ids": ids}) is not None for ids in _recent(conn, since))


def _recent(conn: Connection, since: datetime) -> Iterator[list[int]]:
    """The leads of attempts begun since, give or take what clocks may differ, or not ended; some at a time."""
    # Ids of attempts begin with their time. Two questions: each has an index, both at once would have none.
    begun = conn.scalars(_BEGUN, {"id": new_attempt_id(since - _SKEW[conn.dialect.name])}).all()
    ids = sorted({*begun, *conn.scalars(_OPEN)})
    for start in range(0, len(ids), _SOME):
        yield ids[start : start + _SOME]


def _place(version: VersionRecord) -> dict[str, Any]:
    return {
        "b_list_id": version.list_id,
        "version": version.number,
        "highest": version.highest_before,
        "published": version.published_at,
    }


_ids: Any = bindparam("ids", expanding=True)
_BEGUN = select(attempts.c.lead_id).where(attempts.c.id >= bindparam("id"))
_OPEN = select(attempts.c.lead_id).where(attempts.c.ended_at.is_(None))
_changed = lead_rows.alias("changed")
_was_there = (
    select(_changed.c.lead_id)
    .where(
        _changed.c.lead_id == lead_rows.c.lead_id,
        _changed.c.list_id + 0 == lead_rows.c.list_id,
        _changed.c.to_version == bindparam("version"),
    )
    .exists()
)
_version: Any = bindparam("version")
_list: Any = bindparam("b_list_id")
_then = or_(
    attempts.c.lead_id > bindparam("highest"),
    attempts.c.claimed_at >= bindparam("published", type_=UtcDateTime),
)
_EVER = (
    select(leads.c.phone)
    .join(lead_rows, lead_rows.c.lead_id == leads.c.id)
    .where(
        and_(lead_rows.c.list_id == _list, lead_rows.c.from_version == _version, ~_was_there),
        select(attempts.c.id).where(attempts.c.lead_id == leads.c.id, _then).exists(),
    )
    .limit(1)
)
# "+ 0": by the few leads, never by a walk through the list (see arming).
_SINCE = (
    select(attempts.c.phone)
    .join(lead_rows, lead_rows.c.lead_id == attempts.c.lead_id)
    .where(
        attempts.c.lead_id.in_(_ids),
        and_(lead_rows.c.list_id + 0 == _list, lead_rows.c.from_version + 0 == _version, ~_was_there),
        _then,
    )
    .limit(1)
)
_RESET_SINCE = (
    select(leads.c.id)
    .join(reset_leads, reset_leads.c.lead_id == leads.c.id)
    .where(leads.c.id.in_(_ids), reset_leads.c.reset_id == bindparam("reset"), leads.c.dials > reset_leads.c.dials)
    .limit(1)
)
