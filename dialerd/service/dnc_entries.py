"""Do-not-call as people look at it: its entries, a page at a time."""

from __future__ import annotations

from collections.abc import Collection

from dialerd.service.names import require_campaign
from dialerd.store import dnc
from dialerd.store.database import Database
from dialerd.store.dnc import EntryFilter, StoredEntry


def page(
    database: Database, wanted: EntryFilter, *, configured: Collection[str], limit: int = 50, after: int = 0
) -> list[StoredEntry]:
    """Entries that fit in the order in which they came, expired ones too; `after` is the last id of the page before.

    Raises NotFound for a campaign nobody knows.
    """
    with database.read() as conn:
        if wanted.campaign is not None:
            require_campaign(conn, wanted.campaign, configured)
        return dnc.page(conn, wanted, after, limit)
