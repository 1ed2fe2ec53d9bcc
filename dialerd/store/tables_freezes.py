"""The table of freezes: what must not dial now, whatever state it is in."""

from __future__ import annotations

from sqlalchemy import Column, Table, Text

from dialerd.store.metadata import metadata
from dialerd.store.types import UtcDateTime

# One row for each campaign that is frozen, and one with the name "" when everything is.
freezes = Table(
    "freezes",
    metadata,
    Column("campaign", Text, primary_key=True),
    Column("since", UtcDateTime, nullable=False),
    Column("actor", Text, nullable=False),
    sqlite_with_rowid=False,
)
