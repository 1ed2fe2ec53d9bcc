"""The table of what is known of trunks beside their configuration: which of them are not asked now, and why."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Table, Text

from dialerd.store.metadata import metadata
from dialerd.store.types import UtcDateTime

# One row for each breaker that is not closed. Each node has its own way to the carrier, so each has its own breakers.
trunk_breakers = Table(
    "trunk_breakers",
    metadata,
    Column("node", Text, primary_key=True),
    Column("trunk", Text, primary_key=True),
    Column("phase", Text, nullable=False),
    Column("blame", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("next_probe_at", UtcDateTime),
    CheckConstraint("phase IN ('open', 'probing', 'stopped')", name="phase"),
    sqlite_with_rowid=False,
)
