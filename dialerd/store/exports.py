"""Reading a list's leads with all that is known of them, page by page, and which fields there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, text

from dialerd.store import selection
from dialerd.store.database import Connection
from dialerd.store.filters import LeadFilter
from dialerd.store.tables import lead_rows, leads, list_versions, lists


@dataclass(frozen=True, slots=True)
class ExportedLead:
    """A lead of a list's current version, with what the version says about it and where that stands."""

    lead_id: int
    list_name: str
    phone: str
    zone: str
    priority: int
    disposition: str
    attempts: int
    dials: int
    last_attempt_at: datetime | None
    due_at: datetime | None
    closed: str | None
    created_at: datetime
    version: int
    line: int
    file_name: str
    fields: Mapping[str, str]


def page(conn: Connection, list_id: int, wanted: LeadFilter, after: int, limit: int) -> list[ExportedLead]:
    """The leads of the list's current version that fit, in the order of its rows, those with ids above `after`."""
    statement: Select[Any] = (
        selection.live(list_id, wanted)
        .with_only_columns(*_COLUMNS, maintain_column_froms=True)
        .outerjoin(
            list_versions,
            and_(list_versions.c.list_id == lead_rows.c.list_id, list_versions.c.number == lead_rows.c.from_version),
        )
        .where(leads.c.id > after)
        .order_by(leads.c.id)
        .limit(limit)
    )
    return [ExportedLead(*row) for row in conn.execute(statement)]


def field_names(conn: Connection, list_id: int, after: int, limit: int) -> tuple[int, set[str]]:
    """The names of the fields in the next `limit` rows that versions of the list ever had, those with lead ids above
    `after`; and the id to go on from, 0 at the end.
    """
    values = {"list_id": list_id, "after": after, "limit": limit}
    last = conn.execute(_LAST, values).scalar()
    if last is None:
        return 0, set()
    names = conn.execute(_NAMES[conn.dialect.name], {"list_id": list_id, "after": after, "last": last}).scalars()
    return last, set(names)


_COLUMNS = (
    *(leads.c.id, lists.c.name, leads.c.phone, leads.c.zone, leads.c.priority, leads.c.disposition, leads.c.attempts),
    *(leads.c.dials, leads.c.last_attempt_at, leads.c.due_at, leads.c.closed, leads.c.created_at),
    *(lead_rows.c.from_version, lead_rows.c.line, list_versions.c.file_name, lead_rows.c.fields),
)
# By the leads' own index, which is in the order of ids; the rows are clustered by lead.
_LAST = text(
    "SELECT max(id) FROM (SELECT id FROM leads WHERE list_id = :list_id AND id > :after ORDER BY id LIMIT :limit) page"
)
_NAMES_SQL = """SELECT DISTINCT {name} FROM leads l JOIN lead_rows r ON r.lead_id = l.id AND r.list_id = l.list_id
 CROSS JOIN {each} WHERE l.list_id = :list_id AND l.id > :after AND l.id <= :last"""
_NAMES = {
    "sqlite": text(_NAMES_SQL.format(name="each.key", each="json_each(r.fields) each")),
    "postgresql": text(_NAMES_SQL.format(name="name", each="LATERAL json_object_keys(r.fields) name")),
}
