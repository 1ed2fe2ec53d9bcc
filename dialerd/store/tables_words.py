"""The table of facts that the dialplan attached to calls and their leads."""

from __future__ import annotations

from sqlalchemy import Column, Index, PrimaryKeyConstraint, Table, Text

from dialerd.store.metadata import metadata
from dialerd.store.types import BigId, UtcDateTime

# Like the ledger it stands alone: what was said in a call stays when its lead is deleted.
attributes = Table(
    "attributes",
    metadata,
    Column("attempt_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("lead_id", BigId, nullable=False),
    Column("value", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("attempt_id", "name"),
    sqlite_with_rowid=False,
)
Index("attributes_of_lead", attributes.c.lead_id, attributes.c.attempt_id)
