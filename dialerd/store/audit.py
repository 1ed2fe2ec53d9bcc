"""Who did what, when. Written in the transaction of the deed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select

from dialerd.store.database import Connection
from dialerd.store.tables import audit


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One deed. `subject` is what it was done to, for example "campaign spring"."""

    entry_id: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail: Mapping[str, Any]


def add(
    conn: Connection,
    *,
    at: datetime,
    actor: str,
    action: str,
    subject: str,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Adds an entry. `detail` holds plain JSON values, never a secret."""
    conn.execute(_ADD, {"at": at, "actor": actor, "action": action, "subject": subject, "detail": dict(detail or {})})


def page(
    conn: Connection, *, subject: str | None = None, limit: int = 50, before: int | None = None
) -> list[AuditEntry]:
    """Entries, newest first; `before` is the last id of the page before."""
    statement = select(audit).order_by(audit.c.id.desc()).limit(limit)
    if subject is not None:
        statement = statement.where(audit.c.subject == subject)
    if before is not None:
        statement = statement.where(audit.c.id < before)
    return [AuditEntry(*row) for row in conn.execute(statement)]


_ADD = insert(audit)
