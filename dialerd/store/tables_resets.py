"""The tables of resets: which leads were made fresh again, and what they were before, so that it can be undone."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Float, ForeignKey, Index, Integer, PrimaryKeyConstraint, Table, Text

from dialerd.store.metadata import metadata
from dialerd.store.types import BigId, UtcDateTime

resets = Table(
    "resets",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("list_id", BigId, ForeignKey("lists.id", ondelete="CASCADE"), nullable=False),
    Column("state", Text, nullable=False),
    # The dispositions, sorted and joined by commas: an interrupted reset goes on only for the same ones.
    Column("dispositions", Text, nullable=False),
    Column("drip", Float),
    Column("leads", Integer, nullable=False, server_default="0"),
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", Text, nullable=False),
    CheckConstraint("state IN ('running', 'done', 'undoing', 'undone')", name="state"),
)
Index("resets_of_list", resets.c.list_id, resets.c.id)

reset_leads = Table(
    "reset_leads",
    metadata,
    Column("reset_id", BigId, ForeignKey("resets.id", ondelete="CASCADE"), nullable=False),
    Column("lead_id", BigId, nullable=False),
    Column("disposition", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("dials", Integer, nullable=False),
    Column("fresh_after", Integer, nullable=False),
    Column("due_at", UtcDateTime),
    Column("closed", Text),
    Column("waits_for", Text),
    PrimaryKeyConstraint("reset_id", "lead_id"),
    sqlite_with_rowid=False,
)
