"""Who did what, when. Written in the transaction of the deed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select

from dialerd.store.database import Connection
from dialerd.store.tables import audit


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One deed. `subject` is what it was done to, for example "campaign spring"; `source` from where it was: an address,
    "shell", or None for the engine and the dialplan.
    """

    entry_id: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail: Mapping[str, Any]
    source: str | None = None


_SOURCE: ContextVar[str | None] = ContextVar("source of deeds", default=None)


@contextmanager
def coming_from(source: str) -> Iterator[None]:
    """Every deed in the block, and in threads that take its context along, is written down as coming from there."""
    before = _SOURCE.set(source)
    try:
        yield
    finally:
        _SOURCE.reset(before)


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
    row = {"at": at, "actor": actor, "action": action, "subject": subject, "detail": dict(detail or {})}
    conn.execute(_ADD, {**row, "source": _SOURCE.get()})


def page(
    conn: Connection,
    *,
    subject: str | None = None,
    actor: str | None = None,
    action: str | None = None,
    limit: int = 50,
    before: int | None = None,
) -> list[AuditEntry]:
    """Entries that fit all that is given, newest first; `before` is the last id of the page before."""
    statement = select(audit).order_by(audit.c.id.desc()).limit(limit)
    for column, wanted in ((audit.c.subject, subject), (audit.c.actor, actor), (audit.c.action, action)):
        if wanted is not None:
            statement = statement.where(column == wanted)
    if before is not None:
        statement = statement.where(audit.c.id < before)
    return [AuditEntry(*row) for row in conn.execute(statement)]


def since(conn: Connection, entry_id: int, limit: int) -> list[AuditEntry]:
    """Entries behind this one, oldest first."""
    statement = select(audit).where(audit.c.id > entry_id).order_by(audit.c.id).limit(limit)
    return [AuditEntry(*row) for row in conn.execute(statement)]


def last(conn: Connection) -> int:
    """The id of the newest entry; 0 when there is none."""
    return conn.scalar(select(func.max(audit.c.id))) or 0


_ADD = insert(audit)
