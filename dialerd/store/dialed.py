"""Whether leads that a version brought were dialed since."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_, bindparam, or_, select

from dialerd.store.database import Connection
from dialerd.store.ids import new_attempt_id
from dialerd.store.tables import attempts, lead_rows, leads
from dialerd.store.types import UtcDateTime
from dialerd.store.versions import VersionRecord


def new_lead(conn: Connection, version: VersionRecord, *, since: datetime | None = None) -> str | None:
    """The number of a lead that the published version brought, or brought back, and that has an attempt since; None
    when there is none. With `since` only attempts begun then or later are looked at, and those that have not ended.
    """
    values = {
        "b_list_id": version.list_id,
        "version": version.number,
        "highest": version.highest_before,
        "published": version.published_at,
    }
    found: str | None
    if since is None:
        found = conn.scalar(_EVER, values)
    else:
        # Ids of attempts begin with their time.
        found = conn.scalar(_SINCE, {**values, "id": new_attempt_id(since)})
    return found


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
_brought = and_(
    lead_rows.c.list_id == bindparam("b_list_id"), lead_rows.c.from_version == bindparam("version"), ~_was_there
)
_then = or_(
    attempts.c.lead_id > bindparam("highest"),
    attempts.c.claimed_at >= bindparam("published", type_=UtcDateTime),
)
_EVER = (
    select(leads.c.phone)
    .join(lead_rows, lead_rows.c.lead_id == leads.c.id)
    .where(_brought, select(attempts.c.id).where(attempts.c.lead_id == leads.c.id, _then).exists())
    .limit(1)
)
_SINCE = (
    select(attempts.c.phone)
    .join(lead_rows, lead_rows.c.lead_id == attempts.c.lead_id)
    .where(_brought, _then, or_(attempts.c.ended_at.is_(None), attempts.c.id >= bindparam("id")))
    .limit(1)
)
