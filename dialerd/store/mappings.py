"""Mapping templates: titles of columns to fields, under a name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete as delete_from
from sqlalchemy import insert, select, update

from dialerd.store.database import Connection
from dialerd.store.tables_mappings import mappings


@dataclass(frozen=True, slots=True)
class MappingRecord:
    """A template. `columns` are titles to fields; "-" leaves a column out."""

    name: str
    columns: Mapping[str, str]
    created_at: datetime
    changed_at: datetime
    changed_by: str


def save(conn: Connection, name: str, columns: Mapping[str, str], *, actor: str, now: datetime) -> bool:
    """Keeps the template under its name; True when it took the place of another."""
    values = {"columns": dict(columns), "changed_at": now, "changed_by": actor}
    if conn.execute(update(mappings).where(mappings.c.name == name).values(**values)).rowcount:
        return True
    conn.execute(insert(mappings).values(name=name, created_at=now, **values))
    return False


def get(conn: Connection, name: str) -> MappingRecord | None:
    """The template of that name, or None."""
    row = conn.execute(select(mappings).where(mappings.c.name == name)).one_or_none()
    return None if row is None else MappingRecord(*row)


def every(conn: Connection) -> list[MappingRecord]:
    """All templates by name."""
    return [MappingRecord(*row) for row in conn.execute(select(mappings).order_by(mappings.c.name))]


def delete(conn: Connection, name: str) -> None:
    """Forgets the template."""
    conn.execute(delete_from(mappings).where(mappings.c.name == name))
