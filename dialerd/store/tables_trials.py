"""The table of trials: calls to a telephone of one's own, the way a campaign's calls go."""

from __future__ import annotations

from sqlalchemy import Column, Index, Table, Text, and_

from dialerd.store.metadata import metadata
from dialerd.store.types import UtcDateTime

# Beside the ledger of attempts, so that nothing that counts attempts, or looks for a lead's, can come across them.
trials = Table(
    "trials",
    metadata,
    Column("id", Text, primary_key=True),
    Column("campaign", Text, nullable=False),
    Column("endpoint", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("begun_at", UtcDateTime, nullable=False),
    Column("taken_at", UtcDateTime),
    Column("placed_at", UtcDateTime),
    Column("answered_at", UtcDateTime),
    Column("destination", Text),
    Column("ended_at", UtcDateTime),
    Column("disposition", Text),
    Column("detail", Text, nullable=False, server_default=""),
    sqlite_with_rowid=False,
)

_wanted = and_(trials.c.taken_at.is_(None), trials.c.ended_at.is_(None))
# Engines look for these all the time, and nearly always there are none.
Index("trials_wanted", trials.c.begun_at, sqlite_where=_wanted, postgresql_where=_wanted)
