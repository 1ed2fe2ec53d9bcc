"""The audit as people look at it: who did what to what, before and after, from where, and what was refused."""

from __future__ import annotations

from dialerd.store import audit
from dialerd.store.audit import AuditEntry
from dialerd.store.database import Database


def deeds(
    database: Database,
    *,
    subject: str | None = None,
    actor: str | None = None,
    action: str | None = None,
    limit: int = 50,
    before: int | None = None,
) -> list[AuditEntry]:
    """Deeds, the newest first, at most `limit`: all, or those done to `subject` (as "list spring"), by `actor`, of this
    `action`; `before` is the last id of the page before.
    """
    with database.read() as conn:
        return audit.page(conn, subject=subject, actor=actor, action=action, limit=limit, before=before)
