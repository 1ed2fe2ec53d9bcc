"""Leads of other lists that a file names: looked up while it comes in, and what it says about them kept for later.

A version is all or nothing, and so is what comes of it elsewhere: nothing is taken over before the version is the current
one of its list (see store.spread).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, bindparam, delete, insert, or_, select

from dialerd.domain.importing import Scope
from dialerd.store.database import Connection
from dialerd.store.staged import StagedLead
from dialerd.store.tables import lead_rows, leads, lists, other_updates


@dataclass(frozen=True, slots=True)
class Other:
    """A live lead of another list, and what that list says about it: priority, zone, fields."""

    lead_id: int
    content: tuple[int, str, dict[str, str]]

    def differs(self, row: StagedLead) -> bool:
        """Whether the row says something else about it."""
        return self.content != (row.priority, row.zone, row.fields)


def look(conn: Connection, list_id: int, phones: Iterable[str], scope: Scope) -> Mapping[str, Sequence[Other]]:
    """The live leads that other lists in the scope have with these numbers, by number. Archived lists do not count."""
    found: dict[str, list[Other]] = {}
    if not scope.wide:
        return found
    statement = _IN_CAMPAIGN if scope is Scope.CAMPAIGN else _ANYWHERE
    rows = conn.execute(statement, {"b_list_id": list_id, "phones": list(phones)})
    for phone, lead_id, priority, zone, fields in rows:
        found.setdefault(phone, []).append(Other(lead_id, (priority, zone, fields)))
    return found


def keep(conn: Connection, list_id: int, version: int, rows: Sequence[tuple[int, StagedLead]]) -> None:
    """Keeps what the version's file says about these leads of other lists."""
    if rows:
        values = [
            {
                "list_id": list_id,
                "version": version,
                "lead_id": lead_id,
                "line": row.line,
                "priority": row.priority,
                "zone": row.zone,
                "fields": row.fields,
            }
            for lead_id, row in rows
        ]
        conn.execute(insert(other_updates), values)


def drop(conn: Connection, list_id: int, version: int, step: int) -> int:
    """Forgets up to `step` of what was kept; returns how many."""
    ids = list(conn.scalars(_SOME, {"b_list_id": list_id, "b_version": version, "step": step}))
    if ids:
        conn.execute(_DROP, {"b_list_id": list_id, "b_version": version, "ids": ids})
    return len(ids)


def is_any(conn: Connection, list_id: int, version: int) -> bool:
    """Whether something is kept."""
    return conn.scalar(_SOME, {"b_list_id": list_id, "b_version": version, "step": 1}) is not None


_phones: Any = bindparam("phones", expanding=True)
_ANYWHERE = (
    select(leads.c.phone, leads.c.id, lead_rows.c.priority, lead_rows.c.zone, lead_rows.c.fields)
    .join(lists, lists.c.id == leads.c.list_id)
    .join(
        lead_rows,
        and_(
            lead_rows.c.lead_id == leads.c.id,
            # "+ 0": by the lead, never by a walk through the list (see arming).
            lead_rows.c.list_id + 0 == leads.c.list_id,
            lead_rows.c.from_version <= lists.c.current_version,
            or_(lead_rows.c.to_version.is_(None), lead_rows.c.to_version > lists.c.current_version),
        ),
    )
    .where(leads.c.phone.in_(_phones), lists.c.id != bindparam("b_list_id"), lists.c.archived_at.is_(None))
    .order_by(leads.c.id)
)
_mine = lists.alias("mine")
_IN_CAMPAIGN = _ANYWHERE.where(
    lists.c.campaign == select(_mine.c.campaign).where(_mine.c.id == bindparam("b_list_id")).scalar_subquery()
)
_of_version = and_(other_updates.c.list_id == bindparam("b_list_id"), other_updates.c.version == bindparam("b_version"))
_SOME = select(other_updates.c.lead_id).where(_of_version).order_by(other_updates.c.lead_id).limit(bindparam("step"))
_DROP = delete(other_updates).where(_of_version, other_updates.c.lead_id.in_(bindparam("ids", expanding=True)))
