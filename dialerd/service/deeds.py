"""The audit as people look at it: who did what to what, and from where."""

from __future__ import annotations

from dialerd.store import audit
from dialerd.store.audit import AuditEntry
from dialerd.store.database import Database


def deeds(
    database: Database, *, subject: str | None = None, limit: int = 50, before: int | None = None
) -> list[AuditEntry]:
    """Deeds, the newest first, at most `limit`, all or those done to `subject` (as "list spring"); `before` is the last id of
    the page before.
    """
    with database.read() as conn:
        return audit.page(conn, subject=subject, limit=limit, before=before)
