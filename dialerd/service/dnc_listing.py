"""Do-not-call as people look through it."""

from __future__ import annotations

from collections.abc import Collection

from dialerd.service.names import require_campaign
from dialerd.store import dnc
from dialerd.store.database import Database
from dialerd.store.dnc import EntryFilter, StoredEntry


def entries(
    database: Database, wanted: EntryFilter, *, configured: Collection[str], limit: int = 50, after: int = 0
) -> list[StoredEntry]:
    """Entries in the order they came, at most `limit`, those behind the entry id `after`. Raises NotFound for a campaign
    nobody knows.
    """
    with database.read() as conn:
        if wanted.campaign is not None:
            require_campaign(conn, wanted.campaign, configured)
        return dnc.page(conn, wanted, after, limit)
