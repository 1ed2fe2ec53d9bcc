"""Rows of a file whose numbers are on do-not-call: they make no leads, and change none that are there."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from dialerd.domain.dnc import stopping
from dialerd.store import dnc
from dialerd.store.database import Connection
from dialerd.store.staged import StagedLead
from dialerd.store.tables import leads, lists, version_known


def sort_out(
    conn: Connection, list_id: int, rows: Sequence[StagedLead], now: datetime
) -> tuple[list[StagedLead], list[StagedLead]]:
    """The rows that may become leads of the list, and those that do-not-call stops for its campaign or for all, in order."""
    if not dnc.has_any(conn):
        return list(rows), []
    campaign = conn.scalar(select(lists.c.campaign).where(lists.c.id == list_id))
    stopped = stopped_for(conn, {row.phone for row in rows}, campaign, now)
    if not stopped:
        return list(rows), []
    return [row for row in rows if row.phone not in stopped], [row for row in rows if row.phone in stopped]


def stopped_for(conn: Connection, phones: Collection[str], campaign: str | None, now: datetime) -> frozenset[str]:
    """Those of the numbers that the campaign (None: a list of none) may not call now."""
    if not dnc.has_any(conn):
        return frozenset()
    covering = dnc.covering(conn, phones)
    return frozenset(
        phone for phone, entries in covering.items() if stopping(entries, phone, campaign, now) is not None
    )


def name_known(conn: Connection, list_id: int, version: int, stopped: Sequence[StagedLead]) -> None:
    """Notes that the file names these leads of the list, so that a replacement does not withdraw them."""
    if not stopped:
        return
    ids = conn.scalars(_IDS, {"b_list_id": list_id, "phones": sorted({row.phone for row in stopped})}).all()
    if ids:
        values = [{"list_id": list_id, "version": version, "lead_id": lead_id} for lead_id in ids]
        conn.execute(_NAME[conn.dialect.name], values)


_phones: Any = bindparam("phones", expanding=True)
# "+ 0": by the numbers, never by a walk through the list.
_IDS = select(leads.c.id).where(leads.c.phone.in_(_phones), leads.c.list_id + 0 == bindparam("b_list_id"))
_NAME: dict[str, Any] = {
    "sqlite": sqlite.insert(version_known).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(version_known).on_conflict_do_nothing(),
}
